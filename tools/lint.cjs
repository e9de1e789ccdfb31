'use strict';
/**
 * ESLint (the house's own rules), oxlint (the four rules that ask the type checker, .oxlintrc.json: its checker is the native
 * one, in a third of the time), then Prettier in check mode (`--fix`: all write).
 */
const { spawnSync } = require('node:child_process');
const path = require('node:path');
const { CHECKER } = require('./types.cjs');

const root = path.resolve(__dirname, '..');
const fix = process.argv.includes('--fix');
const bin = (name, script) => path.join(root, 'node_modules', name, script);

/** TypeScript that tsconfig.json knows; other files have no types to ask for. */
const TYPED = ['src', 'migrations', 'test', 'tour', 'bench', ...(fix ? ['--fix'] : [])];
const steps = [
  [bin('eslint', 'bin/eslint.js'), '.', ...(fix ? ['--fix'] : [])],
  [bin('oxlint', 'bin/oxlint'), '--type-aware', '--tsconfig', 'tsconfig.json', '--threads=1', ...TYPED],
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
  const { status } = spawnSync(process.execPath, args, {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, ...CHECKER },
  });
  if (status !== 0) failed = true;
}
if (!failed) process.stdout.write('Lint and format: nothing to complain about.\n');
process.exitCode = failed ? 1 : 0;
