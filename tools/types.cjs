'use strict';
/** `npm run typecheck`: the native TypeScript compiler over all that tsconfig.json names, on one thread. */
const path = require('node:path');
const { spawnSync } = require('node:child_process');

const root = path.resolve(__dirname, '..');

/**
 * For checkers of types (Go). Several threads look at what they share anew, and take half as much CPU again. What a run
 * makes it needs to its end, so that a quarter of its time went into looking for garbage: now only beyond 3 GB (it takes 2).
 */
const CHECKER = { GOMAXPROCS: '1', GOGC: 'off', GOMEMLIMIT: '3GiB' };

module.exports = { CHECKER };

if (require.main === module) {
  const tsc = path.join(root, 'node_modules/typescript-native/bin/tsc');
  const { status } = spawnSync(process.execPath, [tsc, '--noEmit', '-p', 'tsconfig.json', '--singleThreaded'], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, ...CHECKER },
  });
  process.exitCode = status ?? 1;
}
