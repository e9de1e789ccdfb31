import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { Client } from 'pg';
import { newId } from '../../src/kernel/ids/ids';
import { FenceIndex } from '../../src/mobility/location/data/fence-index';
import { holds, regionOf } from '../../src/mobility/location/domain/region';
import { positionsOf } from '../../src/mobility/location/domain/shape';
import { positionId } from '../../src/mobility/location/domain/fix';
import {
  cpuSeconds,
  memoryOf,
  productEnv,
  residentMb,
  startDatabase,
  startProcess,
  type RunningServer,
} from '../environment';
import { bareInserts, floorTable, type Told } from '../ingest-floor';
import { agentOf, exchange, quantile } from '../load';
import { CITY, FENCES, madeFences, REGION, Traffic } from '../made-traffic';
import type { Measure } from '../report';

const BATCH = 500;
/** Requests at once: as many as may wait of one organization. */
const AT_ONCE = 8;
const TRACKERS = 1_000;
const EMAIL = 'bench@example.com';
const PASSWORD = 'correct horse battery staple';
/** After so many seconds a client asks for a new access token, which lives ten minutes. */
const RENEW_SECONDS = 300;

const now = (): number => Number(process.hrtime.bigint()) / 1e9;

/** How a batch of 500 is made up: of so many trackers, each with its share. */
const SHAPES: readonly (readonly [name: string, trackers: number, reach: number])[] = [
  ['10 each of 50 trackers', 50, REGION],
  ['one each of 500 trackers', 500, REGION],
  ['500 of one tracker', 1, REGION],
  ['10 each of 50 trackers, fences thirteen times as dense', 50, CITY],
];

/** Positions by HTTP, with 10,000 fences to be watched, beside the bare insert of the same rows. */
export async function ingest(quick: boolean, minutes: number | null, add: (measure: Measure) => void): Promise<void> {
  add(lookUps(quick));
  const postgres = await startDatabase();
  const env = productEnv(postgres);
  const admin = new Client({ connectionString: inApp(postgres.superuserUrl, postgres.appUrl) });
  await admin.connect();
  let server: RunningServer | null = null;
  const postmaster = await postmasterOf(admin);
  try {
    server = await startProcess('ingest', 'dist/main.js', env, '/health/live');
    const desk = await Desk.open(server.url, admin, REGION);
    const city = await Desk.open(server.url, admin, CITY);
    await floorTable(admin);
    const seconds = quick ? 4 : 15;
    for (const [name, trackers, reach] of SHAPES) {
      const of = reach === CITY ? city : desk;
      const traffic = new Traffic(of.trackers, reach);
      await of.tell(traffic, trackers, quick ? 2 : 5);
      const before = await of.events();
      // Both take turns, so that what the machine does besides falls on both.
      const [floor, ours]: number[][] = [[], []];
      const times: number[] = [];
      let [busy, stored, made, told] = [0, 0, 0, 0];
      for (let turn = 0; turn < 3; turn++) {
        floor.push(await bareInserts(admin, desk.tenantId, () => traffic.batch(BATCH, trackers), seconds / 3));
        const before = [cpuSeconds(server.pid), familySeconds(postmaster), ownSeconds()];
        const taken = await of.tell(traffic, trackers, seconds / 3);
        busy += cpuSeconds(server.pid) - before[0];
        stored += familySeconds(postmaster) - before[1];
        made += ownSeconds() - before[2];
        told += taken.times.length * BATCH;
        ours.push(taken.rate);
        times.push(...taken.times);
      }
      const [value, bare] = [median(ours), median(floor)];
      const main = name === SHAPES[0][0];
      add({
        scenario: `positions by HTTP, ${FENCES.toLocaleString('en')} fences, batches of ${BATCH}: ${name}`,
        unit: 'positions/s',
        value,
        p50: quantile(times, 0.5),
        p95: quantile(times, 0.95),
        p99: quantile(times, 0.99),
        floor: bare,
        ratio: value / bare,
        ...(main ? { aim: '>= 0.5', met: value / bare >= 0.5 } : {}),
        note: `CPU for each: ${micros(busy / told)} of the server, ${micros(stored / told)} of PostgreSQL, ${micros(made / told)} of the load generator; ${(await of.events()) - before} events at fences; floor: unnest insert of the same batches by bare pg, one connection`,
      });
    }
    add(await desk.forLong(server, minutes ?? (quick ? 0.2 : 10)));
    const killed = server;
    server = null;
    const { acknowledged, rows } = await desk.tellUntilKilled(killed, quick ? 40 : 400);
    server = await startProcess('ingest-again', 'dist/main.js', env, '/health/live');
    const { lost } = await desk.missing(acknowledged);
    if (lost > 0) throw new Error(`${lost} acknowledged positions are gone.`);
    add({
      scenario: 'positions acknowledged before SIGKILL that are gone after it',
      unit: `of ${acknowledged.size.toLocaleString('en')}`,
      value: lost,
      aim: '0',
      met: lost === 0,
      note: `${rows.toLocaleString('en')} positions were sent; what was not answered may be there or not`,
    });
  } finally {
    await server?.stop();
    await admin.end();
    await postgres.stop();
  }
}

const micros = (seconds: number): string => `${(seconds * 1e6).toFixed(0)} µs`;
const ownSeconds = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};

const statOf = (pid: string | number): string[] =>
  readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ');

/** The process that all others of PostgreSQL are children of. */
async function postmasterOf(admin: Client): Promise<number> {
  const { rows } = await admin.query<{ pid: number }>('select pg_backend_pid() as pid');
  return Number(statOf(rows[0].pid)[1]);
}

/** Seconds that a process and its children have computed, also those that have ended. */
function familySeconds(pid: number): number {
  const ended = statOf(pid).slice(13, 15).map(Number);
  let sum = cpuSeconds(pid) + (ended[0] + ended[1]) / 100;
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      if (Number(statOf(name)[1]) === pid) sum += cpuSeconds(Number(name));
    } catch {
      // It ended meanwhile.
    }
  }
  return sum;
}

const median = (values: readonly number[]): number => quantile([...values], 0.5);

/** The database of the application, as a superuser sees it. */
function inApp(superuserUrl: string, appUrl: string): string {
  const url = new URL(superuserUrl);
  url.pathname = new URL(appUrl).pathname;
  return url.href;
}

/** The index alone, in this process: which of 10,000 fences hold a place, and the same by looking at each. */
function lookUps(quick: boolean): Measure {
  const shapes = madeFences(CITY);
  const began = now();
  const fences = shapes.map((shape, i) => ({
    id: String(i).padStart(5, '0'),
    region: regionOf(shape),
    dwellSeconds: null,
    watch: null,
    version: 1,
    since: 0,
    positions: positionsOf(shape),
  }));
  const index = new FenceIndex(fences);
  const built = now() - began;
  const traffic = new Traffic(
    Array.from({ length: TRACKERS }, () => randomUUID()),
    CITY,
  );
  const places = Array.from({ length: quick ? 100 : 400 }, () => traffic.batch(BATCH, BATCH)).flat();
  const around = (place: Told): string[] =>
    index
      .near(place, null)
      .filter(({ region }) => holds(region, place))
      .map(({ id }) => id);
  const started = now();
  let held = 0;
  for (const place of places) held += around(place).length;
  const took = now() - started;
  for (const place of places.slice(0, 1_000)) {
    const plain = fences.filter(({ region }) => holds(region, place)).map(({ id }) => id);
    if (plain.join() !== around(place).sort().join())
      throw new Error('The index finds other fences than a plain scan.');
  }
  return {
    scenario: `fences: one of ${places.length.toLocaleString('en')} places against ${FENCES.toLocaleString('en')} shapes`,
    unit: 'look-ups/s',
    value: places.length / took,
    aim: '>= 50,000',
    met: places.length / took >= 50_000,
    note: `${held.toLocaleString('en')} hits, the same as by a plain scan of the first 1,000; shapes and index made in ${Math.round(built * 1_000)} ms`,
  };
}

/** An organization with trackers and fences, and how it is told of positions. */
class Desk {
  private readonly agent = agentOf(AT_ONCE);
  private token: Promise<string>;
  private tokenSince = now();

  private constructor(
    private readonly url: string,
    token: string,
    private readonly renewed: () => Promise<string>,
    readonly tenantId: string,
    readonly trackers: readonly string[],
    private readonly admin: Client,
  ) {
    this.token = Promise.resolve(token);
  }

  static async open(url: string, admin: Client, reach: number): Promise<Desk> {
    const agent = agentOf(AT_ONCE);
    const call = async <T>(path: string, body: object, token?: string): Promise<T> => {
      const headers: Record<string, string> = token ? { authorization: `Bearer ${token}` } : {};
      const answer = await exchange(agent, { url: `${url}/api/v1${path}`, headers, body });
      if (answer.status >= 300) throw new Error(`${path}: ${answer.status} ${answer.body.slice(0, 300)}`);
      return JSON.parse(answer.body) as T;
    };
    const login = { email: EMAIL, password: PASSWORD };
    const { accessToken: first } = await call<{ accessToken: string }>('/auth/login', login);
    const made = await call<{ id: string; slug: string }>('/organizations', { name: 'Bench fleet' }, first);
    const signIn = async (): Promise<string> =>
      (await call<{ accessToken: string }>('/auth/login', { ...login, organization: made.slug })).accessToken;
    const accessToken = await signIn();
    const trackers: string[] = [];
    while (trackers.length < TRACKERS) {
      const some = Array.from({ length: AT_ONCE }, (_, n) => ({ name: `Van ${trackers.length + n}` }));
      const entered = await Promise.all(some.map((body) => call<{ id: string }>('/trackers', body, accessToken)));
      trackers.push(...entered.map(({ id }) => id));
    }
    // Past the API, which would take its time with ten thousand.
    const shapes = madeFences(reach);
    await admin.query(
      `insert into location.geofences (tenant_id, id, name, shape, positions, dwell_seconds, since, created_at)
       select $1, f.id, 'Fence', f.shape, f.positions, f.dwell, '2020-01-01', now() from unnest($2::uuid[], $3::jsonb[], $4::int[], $5::int[])
         as f(id, shape, positions, dwell)`,
      [
        made.id,
        shapes.map(() => newId()),
        shapes.map((shape) => JSON.stringify(shape)),
        shapes.map((shape) => positionsOf(shape)),
        shapes.map((_, i) => (i % 3 === 0 ? 300 : null)),
      ],
    );
    await admin.query('analyze location.geofences');
    return new Desk(url, accessToken, signIn, made.id, trackers, admin);
  }

  private async post(positions: readonly Told[]): Promise<{ status: number; milliseconds: number }> {
    if (now() - this.tokenSince > RENEW_SECONDS) {
      this.tokenSince = now();
      this.token = this.renewed();
    }
    const headers = { authorization: `Bearer ${await this.token}` };
    return exchange(this.agent, { url: `${this.url}/api/v1/location/positions`, headers, body: { positions } });
  }

  /** For so long (seconds). @throws Error when one is not taken */
  async tell(traffic: Traffic, trackers: number, seconds: number): Promise<{ rate: number; times: number[] }> {
    const times: number[] = [];
    const sent: Promise<void>[] = [];
    const started = now();
    const one = async (): Promise<void> => {
      while (now() - started < seconds) {
        const { status, milliseconds } = await this.post(traffic.batch(BATCH, trackers));
        if (status !== 200) throw new Error(`positions: ${status}`);
        times.push(milliseconds);
      }
    };
    for (let n = 0; n < AT_ONCE; n++) sent.push(one());
    await Promise.all(sent);
    return { rate: (times.length * BATCH) / (now() - started), times };
  }

  /** The heap of the server while it takes positions for minutes: what is in use at the lowest of each tenth of the time. */
  async forLong(server: RunningServer, minutes: number): Promise<Measure> {
    const traffic = new Traffic(this.trackers, REGION);
    const samples: number[] = [];
    const stop = new AbortController();
    const watch = (async () => {
      while (!stop.signal.aborted) {
        samples.push((await memoryOf(server.url)).used);
        await pause(500, undefined, { signal: stop.signal }).catch(() => undefined);
      }
    })();
    const { rate } = await this.tell(traffic, SHAPES[0][1], minutes * 60);
    stop.abort();
    await watch;
    const tenth = Math.max(1, Math.floor(samples.length / 10));
    const lows = Array.from({ length: 10 }, (_, i) => Math.min(...samples.slice(i * tenth, (i + 1) * tenth)));
    const [early, late] = [median(lows.slice(1, 4)), median(lows.slice(7))];
    return {
      scenario: `heap while positions come in for ${minutes} min`,
      unit: 'MB more at the end than at the beginning',
      value: late - early,
      aim: '<= 15',
      met: late - early <= 15,
      note: `${early.toFixed(0)} MB, then ${late.toFixed(0)} MB, ${Math.round(residentMb(server.pid))} MB resident, at ${Math.round(rate).toLocaleString('en')} positions/s`,
    };
  }

  /** Kills the server after so many answers, with requests under way. @returns ids of what was acknowledged */
  async tellUntilKilled(server: RunningServer, answers: number): Promise<{ acknowledged: Set<string>; rows: number }> {
    const traffic = new Traffic(this.trackers, REGION);
    const acknowledged = new Set<string>();
    let [answered, rows] = [0, 0];
    const one = async (): Promise<void> => {
      for (;;) {
        const batch = traffic.batch(BATCH, SHAPES[0][1]);
        rows += batch.length;
        const answer = await this.post(batch).catch(() => null);
        if (answer?.status !== 200) return;
        for (const { trackerId, fixTime } of batch) acknowledged.add(positionId(trackerId, fixTime));
        if (++answered === answers) process.kill(server.pid, 'SIGKILL');
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, one));
    if (answered < answers)
      throw new Error(`The server was not killed: it answered ${answered} times and then refused.`);
    return { acknowledged, rows };
  }

  /** Events at fences so far. */
  async events(): Promise<number> {
    const sql = 'select count(*)::int as n from location.fence_events where tenant_id = $1';
    return (await this.admin.query<{ n: number }>(sql, [this.tenantId])).rows[0].n;
  }

  /** How many of these are not in the table. */
  async missing(ids: ReadonlySet<string>): Promise<{ lost: number }> {
    const [row] = (
      await this.admin.query<{ lost: number }>(
        `select count(*)::int as lost from unnest($2::uuid[]) as a(id) where not exists (
           select from location.positions p where p.tenant_id = $1 and p.id = a.id)`,
        [this.tenantId, [...ids]],
      )
    ).rows;
    return row;
  }
}
