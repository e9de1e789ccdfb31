'use strict';
/** `npm run dev`: the server, built and started again whenever a source changes. A change that does not compile keeps the running one. */
const fs = require('node:fs');
const path = require('node:path');
const { spawn } = require('node:child_process');
const { checkNode, ensureInstalled } = require('./ensure-installed.cjs');
const { build, FOLDERS, root } = require('./build.cjs');

checkNode();

const say = (line) => process.stderr.write(`${line}\n`);
let server = null;
let ending = false;
let timer = null;
let working = Promise.resolve();

function start() {
  server = spawn(process.execPath, ['--enable-source-maps', path.join(root, 'dist', 'main.js')], {
    cwd: root,
    stdio: 'inherit',
  });
  server.once('exit', (code) => {
    server = null;
    if (ending) process.exit(code ?? 0);
    else if (code) say(`The server ended with code ${code}; it starts again at the next change.`);
  });
}

async function stop() {
  const running = server;
  if (!running) return;
  running.removeAllListeners('exit');
  const ended = new Promise((done) => running.once('exit', done));
  running.kill('SIGTERM');
  await ended;
  server = null;
}

async function rebuild() {
  try {
    const { compiled, removed, ms } = await build();
    if (compiled + removed === 0 && server) return;
    say(`Built ${compiled} files in ${(ms / 1000).toFixed(1)} s.`);
  } catch (error) {
    say(error.message);
    return;
  }
  await stop();
  if (!ending) start();
}

function changed() {
  clearTimeout(timer);
  timer = setTimeout(() => (working = working.then(rebuild)), 100);
}

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => {
    ending = true;
    if (!server) process.exit(0);
    // Ctrl-C may have reached the server already: it takes a signal that comes again at once for the same one.
    else server.kill(signal);
  });
}

ensureInstalled({ say })
  .then(() => {
    for (const folder of FOLDERS) {
      if (fs.existsSync(path.join(root, folder))) fs.watch(path.join(root, folder), { recursive: true }, changed);
    }
    return (working = rebuild());
  })
  .catch((error) => {
    say(error.message);
    process.exit(1);
  });
