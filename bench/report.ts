import { mkdirSync, writeFileSync } from 'node:fs';
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

/** Writes `bench/RESULTS.md` and the same as JSON under `.cache/`. */
export function keep(root: string, measures: Measure[], costs: RouteCost[], startedAt: Date): void {
  const machine = `${cpus().length} cores (${cpus()[0].model.trim()}), ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.versions.node}`;
  const text = `# Bench

\`npm run bench\` on ${startedAt.toISOString().slice(0, 10)}: ${machine}. Load generator, server and PostgreSQL share these cores.
The floor is a bare Fastify with bare \`pg\` on the same database, measured in the same run; a ratio of 1 means that Mainstay costs nothing on top.

${table(measures)}

## SQL of each route

One request with warm caches: trips to the database, statements (those that open, close and name the tenant included), commits.

${routeTable(costs)}
`;
  writeFileSync(path.join(root, 'bench/RESULTS.md'), text);
  mkdirSync(path.join(root, '.cache'), { recursive: true });
  writeFileSync(
    path.join(root, '.cache/bench.json'),
    JSON.stringify({ at: startedAt, machine, measures, routes: costs }, null, 2),
  );
}
