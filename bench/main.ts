import { copyFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { productEnv, residentMb, ROOT, startDatabase, startEnvironment, startProcess } from './environment';
import { keep, keepSection, routeTable, table, type Measure, type RouteCost } from './report';
import { seedLarge } from './seed-large';
import { audit } from './scenarios/audit';
import { chat } from './scenarios/chat';
import { checkout } from './scenarios/checkout';
import { crossedOrders } from './scenarios/crossed-orders';
import { decisions } from './scenarios/decisions';
import { deliveries } from './scenarios/deliveries';
import { files } from './scenarios/files';
import { importing, IMPORTS } from './scenarios/import';
import { ingest } from './scenarios/ingest';
import { jobs } from './scenarios/jobs';
import { large, largeText } from './scenarios/large';
import { mixed } from './scenarios/mixed';
import { ledger } from './scenarios/ledger';
import { localTimes } from './scenarios/local-times';
import { push } from './scenarios/push';
import { login, reads } from './scenarios/reads';
import { roads } from './scenarios/roads';
import { ROUTE_PLANS, routePlans } from './scenarios/route-plans';
import { routes } from './scenarios/routes';
import { sockets } from './scenarios/sockets';
import { makeWorld } from './world';
import { INGEST } from './ingest-floor';

const SHOP = ['routes', 'reads', 'login', 'checkout', 'mixed'] as const;
const SCENARIOS = [
  'decisions',
  'start',
  ...SHOP,
  'deliveries',
  'jobs',
  'audit',
  'ledger',
  'sockets',
  'chat',
  'push',
  'files',
  'import',
  'large',
  'mobility',
  'ingest',
] as const;
type Scenario = (typeof SCENARIOS)[number];
/** Run when they are named. */
const ON_REQUEST: ReadonlySet<Scenario> = new Set(['large', 'import', 'mobility', 'ingest']);

const say = (text: string): void => void process.stdout.write(`${text}\n`);

/** A whole number of `--name=100000`. */
function numberOf(args: string[], name: string, otherwise: number): number {
  const given = args.find((arg) => arg.startsWith(`--${name}=`));
  if (given === undefined) return otherwise;
  const value = Number(given.slice(name.length + 3));
  if (!Number.isInteger(value) || value < 1) throw new Error(`--${name} is a whole number from 1 on.`);
  return value;
}

/**
 * `npm run bench [-- scenario ...] [-- --quick]`: measures Mainstay beside the bare floor in one run, prints a table,
 * and keeps a full run in `bench/RESULTS.md`. `large`, `import`, `ingest` and `mobility` (which has `ingest` in it) take minutes
 * and run when they are named; in full, `large` and `import` keep a section of their own there. They go with `--products=`, `--orders=` and `--minutes=` of taking positions; `seed-large` fills a shop of a running installation as `large` does.
 */
async function main(args: string[]): Promise<void> {
  const quick = args.includes('--quick');
  const size = {
    products: numberOf(args, 'products', quick ? 5_000 : 100_000),
    orders: numberOf(args, 'orders', quick ? 20_000 : 1_000_000),
  };
  if (args[0] === 'seed-large') {
    const slug = args.find((arg) => arg.startsWith('--organization='))?.slice('--organization='.length);
    return seedLarge(slug, size, say);
  }
  const wanted = args.filter((arg): arg is Scenario => (SCENARIOS as readonly string[]).includes(arg));
  const unknown = args.filter(
    (arg) => !/^--(?:quick$|products=|orders=|minutes=)/.test(arg) && !(SCENARIOS as readonly string[]).includes(arg),
  );
  if (unknown.length > 0) {
    process.stderr.write(`Unknown scenario ${unknown.join(', ')}; there are ${SCENARIOS.join(', ')}, and --quick.\n`);
    process.exitCode = 2;
    return;
  }
  const run = (name: Scenario): boolean => (wanted.length === 0 ? !ON_REQUEST.has(name) : wanted.includes(name));
  const startedAt = new Date();
  /** Whether what is kept in sections of their own is measured as it is meant to be. */
  const full = !quick && !args.some((arg) => /^--(?:products|orders)=/.test(arg));
  const measures: Measure[] = [];
  let costs: RouteCost[] = [];
  const add = (found: Measure[]): void => {
    measures.push(...found);
    for (const m of found)
      say(
        `  ${m.scenario}: ${m.value.toFixed(1)} ${m.unit}${m.ratio === undefined ? '' : `, ratio ${m.ratio.toFixed(2)}`}${m.note ? ` (${m.note})` : ''}`,
      );
  };
  // Nothing but this process is needed: first, before others compete for the machine.
  if (run('decisions')) {
    add(decisions());
    if (wanted.length > 0 && wanted.every((name) => name === 'decisions')) return void say(`\n${table(measures)}`);
  }
  if (run('mobility')) {
    if (!process.env.MAINSTAY_BENCH_DATA)
      say('MAINSTAY_BENCH_DATA names no folder with `tsplib` and `solomon`: plans of routes are not compared.');
    const found: Measure[] = [];
    const note = (measure: Measure): void => {
      found.push(measure);
      add([measure]);
    };
    routePlans(quick, note);
    await roads(quick, note);
    if (!quick && process.env.MAINSTAY_BENCH_DATA)
      keepSection(ROOT, 'Plans of routes and roads', ROUTE_PLANS, found, startedAt);
  }
  if (run('ingest') || run('mobility')) {
    const minutes = args.some((arg) => arg.startsWith('--minutes=')) ? numberOf(args, 'minutes', 1) : null;
    const found: Measure[] = [];
    await ingest(quick, minutes, (measure) => {
      found.push(measure);
      add([measure]);
    });
    if (!quick && minutes === null) keepSection(ROOT, 'Positions that come in', INGEST, found, startedAt);
    if (wanted.every((name) => ['mobility', 'ingest', 'decisions'].includes(name)))
      return void say(`\n${table(measures)}`);
  }
  say('Starting PostgreSQL, Mainstay and the floor ...');
  // Kernel scenarios first, on a database of their own: a running product would claim their deliveries.
  if ((['deliveries', 'jobs', 'audit', 'ledger', 'sockets', 'chat', 'push', 'files'] as const).some(run)) {
    const postgres = await startDatabase();
    try {
      if (run('deliveries')) add(await deliveries(postgres));
      if (run('jobs')) add(await jobs(postgres));
      if (run('audit')) add(await audit(postgres, quick));
      if (run('ledger')) add(await ledger(postgres, quick));
      if (run('sockets')) add(await sockets(postgres, quick, say));
      if (run('chat')) add(await chat(postgres, quick));
      if (run('push')) {
        add(await push(postgres, quick ? 1_000 : 10_000));
        add(await localTimes(postgres, quick));
      }
      if (run('files')) add(await files(postgres, quick));
    } finally {
      await postgres.stop();
    }
    if (!(['start', ...SHOP, 'import', 'large'] as const).some(run)) {
      say(`\n${table(measures)}`);
      return;
    }
  }
  const environment = await startEnvironment();
  try {
    if (run('start')) {
      const again = await startProcess('again', 'dist/main.js', productEnv(environment.postgres), '/health/live');
      await pause(5_000);
      const idle = residentMb(again.pid);
      await again.stop();
      add([
        { scenario: 'warm start', unit: 's', value: again.startMs / 1_000, aim: '< 5', met: again.startMs < 5_000 },
        { scenario: 'memory idle, all roles', unit: 'MB RSS', value: idle, aim: '< 200', met: idle < 200 },
      ]);
    }
    if (SHOP.some(run)) {
      say('Filling the shop ...');
      const world = await makeWorld(environment);
      if (run('routes')) {
        costs = await routes(world);
        say(`\n${routeTable(costs)}\n`);
      }
      if (run('reads')) add(await reads(environment, world, quick ? 2 : 6));
      if (run('login')) add(await login(environment, world, quick ? 2 : 6));
      if (run('checkout')) {
        add(await checkout(environment, world, quick ? 220 : 1_020));
        add([await crossedOrders(environment, world, quick ? 150 : 600)]);
      }
      if (run('mixed')) add(await mixed(environment, world, quick ? 10 : 30));
    }
    if (run('import')) {
      const rows = numberOf(args, 'products', quick ? 2_000 : 50_000);
      const found = await importing(environment, rows, say);
      add(found);
      if (full) keepSection(ROOT, 'Imports', IMPORTS, found, startedAt);
    }
    if (run('large')) {
      say('Filling a small and a large shop ...');
      const found: Measure[] = [];
      await large(environment, size, quick ? 30 : 100, say, (measure) => {
        found.push(measure);
        add([measure]);
      });
      if (full) keepSection(ROOT, 'A large shop', largeText(size), found, startedAt);
    }
  } finally {
    await environment.close();
  }
  say(`\n${table(measures)}`);
  if (wanted.length === 0 && !quick) {
    keep(ROOT, measures, costs, startedAt);
    // What the table says, for programs: kept in git beside it.
    copyFileSync(path.join(ROOT, '.cache/bench.json'), path.join(ROOT, 'bench/results.json'));
    say('\nKept in bench/RESULTS.md and bench/results.json.');
  }
}

main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exit(1);
});
