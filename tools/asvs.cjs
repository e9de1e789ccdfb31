'use strict';
/**
 * `npm run asvs [-- --quick]`: runs the checks of test/asvs and the tests that its table names, over the built product, and
 * prints every row of the table: pass, FAIL, or why it is not applicable yet. Exit code 1 on any failing row.
 */
const { spawnSync } = require('node:child_process');
const { mkdtempSync, readFileSync, rmSync } = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { ensureInstalled } = require('./ensure-installed.cjs');
const { ROWS } = require('../test/asvs/table.cjs');

const root = path.resolve(__dirname, '..');

/** Results of all tests, by file. */
function run(argv) {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'mainstay-asvs-'));
  const output = path.join(folder, 'result.json');
  try {
    const quick = argv.includes('--quick');
    spawnSync(
      process.execPath,
      [
        'node_modules/jest/bin/jest.js',
        '-c',
        'test/asvs/jest.config.cjs',
        '--json',
        `--outputFile=${output}`,
        // What is timed must have the machine to itself.
        '--maxWorkers=1',
        ...argv.filter((word) => word !== '--quick'),
      ],
      { cwd: root, stdio: ['ignore', 'ignore', 'inherit'], env: { ...process.env, ASVS_QUICK: String(quick) } },
    );
    const { testResults } = JSON.parse(readFileSync(output, 'utf8'));
    return new Map(testResults.map((file) => [path.relative(root, file.name).split(path.sep).join('/'), file]));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What speaks against a row; empty when it passes. */
function faultsOf({ by }, files) {
  return by.flatMap(([name, part]) => {
    const file = files.get(name);
    if (!file) return [`${name} was not run`];
    const tests = file.assertionResults.filter((test) => test.fullName.includes(part) && test.status !== 'skipped');
    if (tests.length === 0)
      return [`${name} has no test "${part}"${file.message ? `: ${String(file.message).split('\n')[0]}` : ''}`];
    return tests
      .filter((test) => test.status !== 'passed')
      .map((test) => {
        const why = String(test.failureMessages[0] ?? test.status).replace(/\u001b\[\d+m/g, '');
        return `${test.title}: ${why
          .split('\n')
          .filter((line) => line.trim())
          .slice(0, 8)
          .join(' | ')
          .slice(0, 600)}`;
      });
  });
}

async function main(argv) {
  await ensureInstalled({ dev: true });
  const files = run(argv);
  let failed = 0;
  let passed = 0;
  let later = 0;
  for (const row of ROWS) {
    const faults = row.later ? [] : faultsOf(row, files);
    for (const id of row.ids) {
      const verdict = row.later ? 'not applicable yet' : faults.length > 0 ? 'FAIL' : 'pass';
      if (row.later) later += 1;
      else if (faults.length > 0) failed += 1;
      else passed += 1;
      console.log(`${id.padEnd(7)} ${verdict.padEnd(5)} ${row.what}${row.later ? `: ${row.later}` : ''}`);
    }
    for (const fault of faults) console.log(`        ${fault}`);
  }
  console.log(`\n${passed} pass, ${failed} fail, ${later} not applicable yet.`);
  process.exitCode = failed > 0 ? 1 : 0;
}

main(process.argv.slice(2)).catch((error) => {
  process.stderr.write(`${error.stack}\n`);
  process.exitCode = 1;
});
