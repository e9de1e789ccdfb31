'use strict';
/**
 * The test files of a whole run, gathered into groups (ADR 28). Jest gives each test file a registry of its own, in
 * which Nest, TypeORM and all sources are evaluated anew: 1-3 s of CPU and some 20 MB that never come back. Files of a
 * group share one registry, each within a `describe` of its own name. Single files run as they always did.
 */
const fs = require('node:fs');
const path = require('node:path');

const root = path.resolve(__dirname, '../..');
const folder = path.join(root, '.cache', 'groups');

/** Files that change their process for good, or whose work is best balanced alone. */
const ALONE = [
  'src/kernel/telemetry/tracing.int-spec.ts',
  'src/kernel/telemetry/logger.int-spec.ts',
  'src/kernel/messaging/queues.int-spec.ts',
  'src/kernel/database/embedded-postgres.int-spec.ts',
  'test/arch/generator.int-spec.ts',
  'test/arch/api-document.spec.ts',
];

/** Files that speak to the two servers of `pair()`: in one group, so that one Jest worker starts them once, and ends them. */
const PAIR = [
  'src/access/identity/http/mfa.e2e-spec.ts',
  'src/access/organizations/http/corporate.e2e-spec.ts',
  'src/engagement/chat/http/chat-endurance.e2e-spec.ts',
  'src/engagement/chat/http/chat.e2e-spec.ts',
  'src/kernel/clock/clock.e2e-spec.ts',
  'test/flows/completion-race.e2e-spec.ts',
  'test/flows/oversell.e2e-spec.ts',
  'test/flows/rights-over-processes.e2e-spec.ts',
  'test/flows/session-races.e2e-spec.ts',
];

/** About so many lines of context tests make one group. */
const LINES = 10_000;

function testFiles(under = ['src', 'test'], found = []) {
  for (const place of under) {
    for (const entry of fs.readdirSync(path.join(root, place), { withFileTypes: true })) {
      const file = `${place}/${entry.name}`;
      if (entry.isDirectory()) testFiles([file], found);
      else if (/\.(spec|int-spec|e2e-spec)\.ts$/.test(entry.name)) found.push(file);
    }
  }
  return found;
}

/** @returns {{groups: Map<string, string[]>, alone: string[]}} */
function plan() {
  const groups = new Map();
  const alone = [];
  const join = (name, file) => groups.set(name, [...(groups.get(name) ?? []), file]);
  let [number, lines] = [1, 0];
  const files = testFiles().sort();
  const lost = [...ALONE, ...PAIR].filter((file) => !files.includes(file));
  if (lost.length > 0) throw new Error(`test/groups/groups.cjs names what is not there: ${lost.join(', ')}`);
  for (const file of files) {
    if (PAIR.includes(file)) join('pair', file);
    else if (ALONE.includes(file)) alone.push(file);
    // Of a context, over HTTP to the server of its Jest worker; flows have servers of their own.
    else if (file.endsWith('.e2e-spec.ts')) {
      if (file.startsWith('src/access/')) join('http-access', file);
      else if (file.startsWith('src/')) join('http', file);
      else alone.push(file);
    } else if (file.endsWith('.int-spec.ts')) {
      const length = fs.readFileSync(path.join(root, file), 'utf8').split('\n').length;
      if (lines > 0 && lines + length > LINES) [number, lines] = [number + 1, 0];
      lines += length;
      join(`contexts-${number}`, file);
    } else join(file.startsWith('test/') ? 'rules' : 'domain', file);
  }
  return { groups, alone };
}

const source = (name, files) => `'use strict';
const { group } = require(${JSON.stringify(path.join(root, 'test/groups/group.ts'))});
${files.map((file) => `group(${JSON.stringify(file)}, () => require(${JSON.stringify(path.join(root, file))}));`).join('\n')}
${name === 'pair' ? `afterAll(require(${JSON.stringify(path.join(root, 'test/support/server.ts'))}).endPair, 30_000);` : ''}
`;

/** Writes one entry per group. @returns {string[]} every file that Jest is to run, absolute */
function write() {
  const { groups, alone } = plan();
  fs.mkdirSync(folder, { recursive: true });
  const entries = [...groups].map(([name, files]) => {
    const entry = path.join(folder, `${name}.group.js`);
    fs.writeFileSync(entry, source(name, files));
    return entry;
  });
  return [...entries, ...alone.map((file) => path.join(root, file))];
}

module.exports = { plan, write };
