'use strict';
/**
 * `npm test`: installs if needed, builds, checks lint, types, dependency rules and deployment files, then runs all Jest
 * tests, and ends with one summary. With arguments (`npm test -- src/kernel/money`) it runs only those tests.
 * Asks nothing and needs no terminal.
 */
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { spawn, spawnSync } = require('node:child_process');
const { checkNode, ensureInstalled } = require('./ensure-installed.cjs');

const root = path.resolve(__dirname, '..');
const report = path.join(root, '.cache', `jest-${process.pid}.json`);
const only = process.argv.slice(2);
const say = (line = '') => process.stdout.write(`${line}\n`);
const seconds = (from) => `${((performance.now() - from) / 1000).toFixed(1)} s`;

/** Steps before the tests; the ones of a row run side by side. */
const CHECKS = [
  [
    { name: 'lint and format', args: ['tools/lint.cjs'] },
    { name: 'types', args: ['node_modules/typescript/bin/tsc', '--noEmit', '-p', 'tsconfig.json'] },
  ],
  [
    { name: 'dependency rules', args: ['tools/rules.cjs'] },
    { name: 'deployment files', args: ['tools/lint-deploy.cjs'] },
  ],
];

/** Runs one step quietly; its output is shown only when it fails. */
function run({ name, args }) {
  const from = performance.now();
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    const output = [];
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => output.push(chunk));
    child.once('error', (error) => resolve({ name, ok: false, note: error.message }));
    child.once('close', (code) => {
      const ok = code === 0;
      const took = seconds(from);
      say(`  ${ok ? 'ok    ' : 'FAILED'}  ${name} (${took})`);
      if (!ok) say(Buffer.concat(output).toString().trimEnd());
      resolve({ name, ok, note: took });
    });
  });
}

/** Runs Jest with its own progress on the terminal. */
function jest(paths) {
  const from = performance.now();
  const workers = String(Math.max(1, Math.min(2, os.availableParallelism())));
  const args = ['node_modules/jest/bin/jest.js', '--ci', `--maxWorkers=${workers}`, '--json', `--outputFile=${report}`];
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [...args, ...paths], { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
    child.once('error', (error) => resolve({ name: 'tests', ok: false, note: error.message }));
    child.once('close', (code) => resolve({ name: 'tests', ok: code === 0, note: `${counts()}, ${seconds(from)}` }));
  });
}

function counts() {
  try {
    const result = JSON.parse(fs.readFileSync(report, 'utf8'));
    const parts = [`${result.numPassedTests} passed`, `${result.numFailedTests} failed`];
    if (result.numPendingTests) parts.push(`${result.numPendingTests} skipped`);
    const broken = result.numRuntimeErrorTestSuites ? `, ${result.numRuntimeErrorTestSuites} files could not run` : '';
    return `${parts.join(', ')} in ${result.numTotalTestSuites} files${broken}`;
  } catch {
    return 'no report';
  } finally {
    fs.rmSync(report, { force: true });
  }
}

async function main() {
  const from = performance.now();
  checkNode();
  await ensureInstalled({ say });
  fs.mkdirSync(path.dirname(report), { recursive: true });
  const results = [await run({ name: 'build', args: ['tools/build.cjs', '--quiet'] })];
  if (results[0].ok) {
    if (only.length === 0) for (const row of CHECKS) results.push(...(await Promise.all(row.map(run))));
    const redis = spawnSync('redis-server', ['--version'], { stdio: 'ignore' }).status === 0;
    if (!redis) say('  note    no redis-server on this machine: tests of the Redis mode are skipped');
    results.push(await jest(only));
  }
  say();
  for (const { name, ok, note } of results) say(`${ok ? 'ok    ' : 'FAILED'}  ${name.padEnd(18)}${note}`);
  const ok = results.every((result) => result.ok);
  say(`${ok ? 'All is well' : 'Not well'} after ${seconds(from)}.`);
  process.exitCode = ok ? 0 : 1;
}

main().catch((error) => {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
});
