'use strict';
/** ESLint, then Prettier in check mode (`--fix`: both write). Cached under .cache/, so that a second run is quick. */
const { spawnSync } = require('node:child_process');
const path = require('node:path');

const root = path.resolve(__dirname, '..');
const fix = process.argv.includes('--fix');
const bin = (name, script) => path.join(root, 'node_modules', name, script);

const steps = [
  [bin('eslint', 'bin/eslint.js'), '.', '--cache', '--cache-location', '.cache/eslint/', ...(fix ? ['--fix'] : [])],
  [
    bin('prettier', 'bin/prettier.cjs'),
    '.',
    fix ? '--write' : '--check',
    '--log-level',
    fix ? 'error' : 'warn',
    '--cache',
    '--cache-location',
    '.cache/prettier.json',
  ],
];
let failed = false;
for (const args of steps) {
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
  if (status !== 0) failed = true;
}
if (!failed) process.stdout.write('Lint and format: nothing to complain about.\n');
process.exitCode = failed ? 1 : 0;
