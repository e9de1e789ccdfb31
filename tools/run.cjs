'use strict';
/**
 * `npm run tour` and `npm run bench`: installs and builds where needed, then becomes `dist/<name>/main.js` in the same
 * process. `node tools/run.cjs <tour|bench> [words of its own]`
 */
const fs = require('node:fs');
const path = require('node:path');
const { checkNode, ensureInstalled } = require('./ensure-installed.cjs');

checkNode();

const say = (line) => process.stderr.write(`${line}\n`);

async function main() {
  const { build, isStale, root } = require('./build.cjs');
  const [name = ''] = process.argv.splice(2, 1);
  if (!['tour', 'bench'].includes(name)) throw new Error(`Say tour or bench; not "${name}".`);
  await ensureInstalled({ say });
  if (isStale()) {
    const { compiled, ms } = await build();
    say(`Built ${compiled} files in ${(ms / 1000).toFixed(1)} s.`);
  }
  const entry = path.join(root, 'dist', name, 'main.js');
  if (!fs.existsSync(entry))
    throw new Error(`${path.relative(root, entry)} is missing: this is no clone with sources.`);
  process.argv[1] = entry;
  require(entry);
}

main().catch((error) => {
  say(error.message);
  process.exitCode = 1;
});
