'use strict';
/**
 * Runs the naive twins of the race and crash tests. Each twin asserts what its original asserts, over code without the
 * guard that the original proves; so each has to go red. A green one means that its original proves nothing, a broken one
 * that the variant itself does not: it found nothing to change, or did not get as far. Installs first where needed.
 */
const { spawnSync } = require('node:child_process');
const { existsSync, mkdtempSync, readFileSync, rmSync } = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const { checkNode, ensureInstalled } = require('./ensure-installed.cjs');

checkNode();

const root = path.resolve(__dirname, '..');
/** Failures of the surroundings: time that ran out, a server that did not start or answer. */
const BROKEN =
  /Exceeded timeout|did not start|ended before it was ready|ECONNREFUSED|ESRCH|fetch failed|Cannot find module/;
/** A variant that did not find what it changes. */
const NOTHING = /A naive variant has nothing to change: .*/;
function main() {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'mainstay-naive-'));
  const output = path.join(folder, 'result.json');
  try {
    const { status, stderr } = spawnSync(
      process.execPath,
      [
        'node_modules/jest/bin/jest.js',
        '-c',
        'test/naive/jest.config.cjs',
        '--json',
        `--outputFile=${output}`,
        '--maxWorkers=2',
        ...process.argv.slice(2),
      ],
      { cwd: root, stdio: ['ignore', 'ignore', 'pipe'], encoding: 'utf8', maxBuffer: 1 << 28 },
    );
    if (!existsSync(output)) throw new Error(`Jest ended with ${status} and no report:\n${stderr.slice(-4_000)}`);
    const report = JSON.parse(readFileSync(output, 'utf8'));
    let green = 0;
    let red = 0;
    for (const file of report.testResults) {
      const name = path.relative(root, file.name);
      if (file.assertionResults.length === 0) {
        console.log(`  BROKEN  ${name}: ${String(file.message).split('\n')[0]}`);
        green += 1;
      }
      for (const test of file.assertionResults) {
        const message = String(test.failureMessages[0] ?? '').replace(/\u001b\[\d+m/g, '');
        // A twin that did not get as far as its assertions proves nothing.
        const verdict =
          test.status !== 'failed' ? 'GREEN' : NOTHING.test(message) || BROKEN.test(message) ? 'BROKEN' : 'red';
        if (verdict === 'red') red += 1;
        else green += 1;
        const lines = message.split('\n').filter((line) => line.trim() !== '');
        const differences = lines.slice(0, 12).filter((line) => /^\s*[-+]\s/.test(line));
        const told = differences.length > 0 ? differences : lines.slice(0, 3);
        const why = NOTHING.exec(message)?.[0] ?? told.map((line) => line.trim()).join('  ');
        console.log(`  ${verdict.padEnd(6)}  ${name}: ${test.fullName}${why ? `   ${why}` : ''}`);
      }
    }
    console.log(`\n${red} naive variants went red as they must, ${green} did not.`);
    process.exitCode = green === 0 && red > 0 ? 0 : 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

ensureInstalled()
  .then(main)
  .catch((error) => {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  });
