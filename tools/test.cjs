'use strict';
/**
 * `npm test`: installs if needed, builds, runs all Jest tests (in groups, ADR 28) and beside them, in the time that they
 * leave, lint, types, dependency rules and deployment files; ends with one summary. With arguments
 * (`npm test -- src/kernel/money`) it runs only those tests, file by file.
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

/** Steps beside the tests, one after another. */
const CHECKS = [
  { name: 'types', args: ['tools/types.cjs'] },
  { name: 'dependency rules', args: ['tools/rules.cjs'] },
  { name: 'deployment files', args: ['tools/lint-deploy.cjs'] },
  { name: 'lint and format', args: ['tools/lint.cjs'] },
];

/** Runs one step quietly; its output is shown only when it fails. */
function run({ name, args, behind = false }) {
  const from = performance.now();
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    // Tests wait for each other and for their servers; the steps take what is left, and hold nobody up.
    if (behind && child.pid) os.setPriority(child.pid, os.constants.priority.PRIORITY_LOW);
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
  // A third on two cores brings nothing: PostgreSQL and the servers of the tests compute as much as the tests do.
  const workers = String(Math.max(1, Math.min(2, os.availableParallelism())));
  const args = ['node_modules/jest/bin/jest.js', '--ci', `--maxWorkers=${workers}`, '--json', `--outputFile=${report}`];
  if (paths.length === 0) args.push('--config', 'test/groups/jest.config.cjs');
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

async function checks() {
  const results = [];
  for (const step of CHECKS) results.push(await run({ ...step, behind: true }));
  return results;
}

async function main() {
  const from = performance.now();
  checkNode();
  await ensureInstalled({ say });
  fs.mkdirSync(path.dirname(report), { recursive: true });
  const results = [await run({ name: 'build', args: ['tools/build.cjs', '--quiet'] })];
  if (results[0].ok) {
    const redis = spawnSync('redis-server', ['--version'], { stdio: 'ignore' }).status === 0;
    if (!redis) say('  note    no redis-server on this machine: tests of the Redis mode are skipped');
    const [checked, tested] = await Promise.all([only.length === 0 ? checks() : [], jest(only)]);
    results.push(...checked, tested);
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
