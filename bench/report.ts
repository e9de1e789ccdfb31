import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import path from 'node:path';

/** One measured line: Mainstay beside the bare floor of the same run, where there is one. */
export interface Measure {
  scenario: string;
  unit: string;
  value: number;
  p50?: number;
  p95?: number;
  p99?: number;
  floor?: number;
  /** value / floor; higher is better */
  ratio?: number;
  aim?: string;
  met?: boolean;
  note?: string;
}

/** What one request of a route asks of the database. */
export interface RouteCost {
  route: string;
  trips: number;
  statements: number;
  commits: number;
}

const show = (value: number | undefined, digits = 1): string =>
  value === undefined ? '' : value >= 100 ? Math.round(value).toLocaleString('en') : value.toFixed(digits);

/** The measures as a Markdown table. */
export function table(measures: Measure[]): string {
  const rows = [
    ['scenario', 'Mainstay', 'unit', 'p50 ms', 'p95 ms', 'p99 ms', 'floor', 'ratio', 'aim', 'met', 'note'],
    ...measures.map((m) => [
      m.scenario,
      show(m.value),
      m.unit,
      show(m.p50),
      show(m.p95),
      show(m.p99),
      show(m.floor),
      m.ratio === undefined ? '' : m.ratio.toFixed(2),
      m.aim ?? '',
      m.met === undefined ? '' : m.met ? 'yes' : 'NO',
      m.note ?? '',
    ]),
  ];
  return markdown(rows);
}

/** The routes as a Markdown table. */
export const routeTable = (costs: RouteCost[]): string =>
  markdown([
    ['route', 'trips', 'statements', 'commits'],
    ...costs.map(({ route, trips, statements, commits }) => [route, ...[trips, statements, commits].map(String)]),
  ]);

function markdown(rows: string[][]): string {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const line = (row: string[]): string => `| ${row.map((cell, i) => cell.padEnd(widths[i])).join(' | ')} |`;
  return [
    line(rows[0]),
    `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`,
    ...rows.slice(1).map(line),
  ].join('\n');
}

/**
 * What bounds a scenario that misses its aim, by the beginning of its name: from profiles of the server's thread
 * (`--cpu-prof`) and of its statements, on two cores that load generator, server and PostgreSQL share.
 */
const BOUNDS: readonly (readonly [scenario: string, why: string])[] = [
  [
    'memory idle',
    'Of it some 105 MB are live objects (what decorators, routes, validators and the document of the API hold), 54 MB the program file of Node ' +
      'itself, mapped; the rest is what allocators keep. It grows with the number of routes, not with tenants.',
  ],
  [
    'list 20 products',
    'Bytes: each of the twenty rows carries options, prices and dates, which are read, mapped and serialised on one thread. ' +
      'A third of its time is system calls, a tenth the garbage collector. The statement itself costs PostgreSQL what it costs the floor.',
  ],
  [
    'product by id',
    'The way of a request: about 145 µs of one thread, of which more than half are system calls and Node itself; the floor needs 75. ' +
      'Guard, rights, tenant wall and problem pages together are the difference. It shrinks with fewer layers, not with better SQL: one trip is made.',
  ],
  [
    'login',
    'One argon2id takes 13 ms of a core on both sides, and both cores are busy with it. Besides, a sign-in counts the try before it verifies, ' +
      'looks at factors and policies, takes the user’s lock, writes session, device, token, history and audit in one durable commit, and its ' +
      'audit entry is sealed: four trips and about 5 ms of the thread. On more cores the thread and the hashes no longer take from each other.',
  ],
  [
    'checkout',
    'Work of the processor, not waiting: 26 statements (25 for a known customer) in 11 trips and three durable commits (order, stock and intent; the double of the provider; ' +
      'outcome and completion), and behind the answer some 50 more: nine reactions (books, stock, letters, pushes), two jobs of the queue, a webhook, ' +
      'a letter, five entries of the trail. Three fifths of the CPU time are PostgreSQL’s, two fifths the thread’s. ADR 19 and 83 tell what was saved.',
  ],
  [
    'sockets: persisted message',
    'The commit and the work before it, not the pushes: nine tenths of the time until members have a message go by before it is acknowledged, which is ' +
      'after the commit. A message is one durable transaction (two trips, six statements with its entry in the audit trail, one fsync) where the echo stores ' +
      'nothing, then one notification with the whole event to the other process, which reads nothing again; what is pushed is serialised once a process. ' +
      'The two processes take some four times the CPU of the echo, half of it for the message itself and a quarter for the pushes, and PostgreSQL 1.4 times ' +
      'on top: with the load generator that is most of two cores, and what comes at once waits. One trip less took no CPU away. ' +
      'The p99 follows what else the two cores do: with 60 % of them busy in all it was 55 ms (echo 9), with 88 % 173 ms, with 99 % 570 ms. In the first of these ' +
      'a trip to the database takes up to 25 ms at its p99, a flush of the log 0.9 ms on average (4.5 ms on a full machine), the collector stops a process for 5 ms at a time, some ' +
      'six times in five seconds; between processes and in the pushes there is little: acknowledgements have a p99 of 47 ms.',
  ],
  [
    'sockets: a reader that takes nothing',
    'What is kept for one reader is bounded, and the reader is cut off; the heap of a busy process moves by some megabytes between two collections besides.',
  ],
  ['mixed load', 'Checkouts (above) take most of the two cores; reads queue behind them.'],
];

/** The aims that were missed, each with what bounds it; empty where all were met. */
function shortfalls(measures: Measure[]): string {
  const missed = measures.filter(({ met }) => met === false);
  if (missed.length === 0) return '';
  const lines = missed.map(({ scenario, ratio, value, unit, aim }) => {
    const why = BOUNDS.find(([name]) => scenario.startsWith(name))?.[1] ?? 'Not looked into yet.';
    return `- **${scenario}** (${ratio === undefined ? `${show(value)} ${unit}` : ratio.toFixed(2)}, aim ${aim}). ${why}`;
  });
  return `\n## What bounds what falls short\n\n${lines.join('\n')}\n`;
}

const machine = (): string =>
  `${cpus().length} cores (${cpus()[0].model.trim()}), ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.versions.node}`;

/** Sections that runs on request keep: a full run leaves them as they are. */
const SECTION = /<!-- kept: (.+) -->\n[^]*?<!-- end of \1 -->\n/g;

/** The page of results with a section replaced, or added at its end. */
export function withSection(page: string, title: string, text: string): string {
  const section = `<!-- kept: ${title} -->\n## ${title}\n\n${text}\n<!-- end of ${title} -->\n`;
  const there = [...page.matchAll(SECTION)].find(([, name]) => name === title);
  return there ? page.replace(there[0], () => section) : `${page.trimEnd()}\n\n${section}`;
}

/** A new page of results with the sections of the one before. */
export const withSectionsOf = (before: string, page: string): string =>
  [page.trimEnd(), ...[...before.matchAll(SECTION)].map(([section]) => section.trimEnd())].join('\n\n') + '\n';

const pageOf = (root: string): string => path.join(root, 'bench/RESULTS.md');
const readPage = (root: string): string =>
  existsSync(pageOf(root)) ? readFileSync(pageOf(root), 'utf8') : '# Bench\n';

/** Keeps what a run on request measured as a section of its own in `bench/RESULTS.md`. */
export function keepSection(root: string, title: string, about: string, measures: Measure[], startedAt: Date): void {
  const text = `Measured on ${startedAt.toISOString().slice(0, 10)}: ${machine()}. ${about}\n\n${table(measures)}\n`;
  writeFileSync(pageOf(root), withSection(readPage(root), title, text));
}

/** Writes `bench/RESULTS.md` and the same as JSON under `.cache/`; sections that other runs keep there stay. */
export function keep(root: string, measures: Measure[], costs: RouteCost[], startedAt: Date): void {
  const text = `# Bench

\`npm run bench\` on ${startedAt.toISOString().slice(0, 10)}: ${machine()}. Load generator, server and PostgreSQL share these cores.
The floor is a bare Fastify with bare \`pg\` on the same database, measured in the same run; a ratio of 1 means that Mainstay costs nothing on top.

${table(measures)}
${shortfalls(measures)}
## SQL of each route

One request with warm caches: trips to the database, statements (those that open, close and name the tenant included), commits.

${routeTable(costs)}
`;
  writeFileSync(pageOf(root), withSectionsOf(readPage(root), text));
  mkdirSync(path.join(root, '.cache'), { recursive: true });
  writeFileSync(
    path.join(root, '.cache/bench.json'),
    JSON.stringify({ at: startedAt, machine: machine(), measures, routes: costs }, null, 2),
  );
}
