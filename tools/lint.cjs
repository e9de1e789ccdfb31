'use strict';
/**
 * ESLint, then Prettier in check mode (`--fix`: both write). ESLint runs without its cache, whose answers would be stale
 * where a rule asks for types of another file.
 */
const { spawnSync } = require('node:child_process');
const path = require('node:path');

const root = path.resolve(__dirname, '..');
const fix = process.argv.includes('--fix');
const bin = (name, script) => path.join(root, 'node_modules', name, script);

const steps = [
  [bin('eslint', 'bin/eslint.js'), '.', ...(fix ? ['--fix'] : [])],
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
