'use strict';
/**
 * `npm start`: checks Node, installs and builds where needed, then becomes the server (same process, so that a signal
 * meets nobody in between). With a shipped dist/ and no sources it only starts.
 */
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
  const { build, isStale } = require('./build.cjs');
  const stale = isStale();
  await ensureInstalled({ dev: stale, say });
  if (stale) {
    const { compiled, ms } = await build();
    say(`Built ${compiled} files in ${(ms / 1000).toFixed(1)} s.`);
  }
  require('../dist/main.js');
}

main().catch((error) => {
  say(error.message);
  process.exit(1);
});
