'use strict';
/**
 * `npm start`: checks Node, installs and builds where needed, then becomes the server (same process, so that a signal
 * meets nobody in between). With a shipped dist/ and no sources it only starts.
 */
const path = require('node:path');
const { spawnSync } = require('node:child_process');
const { checkNode, ensureInstalled } = require('./ensure-installed.cjs');

checkNode();

const say = (line) => process.stderr.write(`${line}\n`);

/** npm that is killed outright takes nobody with it: ending with it is ours to do. */
function followParent() {
  if (!process.env.npm_lifecycle_event) return;
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) process.kill(process.pid, 'SIGTERM');
  }, 500).unref();
}

async function main() {
  followParent();
  const { isStale } = require('./build.cjs');
  const { isPacked } = require('./pack.cjs');
  const stale = isStale();
  await ensureInstalled({ dev: stale, say });
  if (stale || !isPacked()) {
    // In a process of its own: the compiler's memory would stay with the server.
    const built = spawnSync(process.execPath, [path.join(__dirname, 'build.cjs')], { encoding: 'utf8' });
    if (built.status !== 0) throw new Error(`The build failed.\n${built.stdout}${built.stderr}`);
    const [, files, seconds] = /(\d+) files \(([\d.]+) s\)/.exec(built.stdout) ?? [];
    if (stale) say(`Built ${files ?? 'all'} files in ${seconds ?? '?'} s.`);
  }
  require('../dist/main.js');
}

main().catch((error) => {
  say(error.message);
  process.exit(1);
});
