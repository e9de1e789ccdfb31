import { spawn, type ChildProcess } from 'node:child_process';
import path from 'node:path';
import { Module } from '@nestjs/common';
import { Client, type PoolClient } from 'pg';
import { asTenant, testApp, type TestApp } from '../../../test/support/app';
import { CACHE, testDatabase, type TestDatabase } from '../../../test/support/cluster';
import { eventually } from '../../../test/support/eventually';
import { describeWithRedis, startRedis, type TestRedis } from '../../../test/support/redis';
import { currentContext, maybeContext } from '../context/request-context';
import { Database } from '../database/database';
import { UnitOfWork } from '../database/unit-of-work';
import { newId } from '../ids/ids';
import { Deliveries } from './deliveries';
import { DeliveryWorker } from './delivery-worker';
import { GiveUp, RetryLater } from './job-errors';
import type { HandedJob } from './job-queue';
import { JOB_TIMINGS, JobRunner, type JobTimings } from './job-runner';
import { PortableQueue, QueueConnection } from './queue-connection';
import { Queues } from './queues';
import { QueuesModule } from './queues.module';
import { Job, NotYet, type RunningJob, type Runs } from './reaction';

const ROOT = path.resolve(__dirname, '../../..');
/** Of workers that are killed: their jobs are taken over at once. */
const SHORT: JobTimings = { lockMs: 1_000, stalledCheckMs: 500 };
/** Of the worker that lives: a pause of this process does not take a job away from it. */
const TIMINGS: JobTimings = { ...SHORT, lockMs: 60_000 };

interface Note {
  id: string;
  attempt: number;
  body: string;
  tenantId: string | null;
  requestId: string;
  system: boolean;
  inTransaction: boolean;
}
const runs: Note[] = [];
const runsOf = (body: string): Note[] => runs.filter((run) => run.body === body);
/** What the next runs of a body do before they succeed. */
const plans = new Map<string, (() => Promise<void>)[]>();

abstract class Noting implements Runs<{ body: string }> {
  async run({ body }: { body: string }, job: RunningJob): Promise<void> {
    const context = currentContext();
    runs.push({
      ...job,
      body,
      tenantId: context.tenantId,
      requestId: context.requestId,
      system: context.principal.kind === 'system',
      inTransaction: maybeContext()?.transaction !== undefined,
    });
    await plans.get(body)?.shift()?.();
  }
}
@Job({ name: 'things.note', queue: 'mail', attempts: 3 })
class NoteJob extends Noting {}
@Job({ name: 'things.crash', queue: 'maintenance' })
class CrashJob extends Noting {}

@Module({ providers: [NoteJob, CrashJob] })
class ThingsModule {}
const timings = {
  module: class TimingsModule {},
  global: true,
  providers: [{ provide: JOB_TIMINGS, useValue: TIMINGS }],
  exports: [JOB_TIMINGS],
};

function behaves(start: () => Promise<{ env: Record<string, string>; stop: () => Promise<void> }>): void {
  let database: TestDatabase;
  let store: Awaited<ReturnType<typeof start>>;
  let app: TestApp;
  const tenant = newId();

  const ask = (body: string, job: typeof NoteJob | typeof CrashJob = NoteJob): Promise<void> =>
    asTenant(tenant, () => app.get(UnitOfWork).run(async (tx) => tx.job(job, { body })));
  const rows = () =>
    app
      .get(Database)
      .readAs<{ id: string; state: string; attempts: number; error: string | null }>(
        tenant,
        `select id, state, attempts, last_error as error from kernel.deliveries where tenant_id = $1 order by id`,
        [tenant],
      );

  beforeAll(async () => {
    store = await start();
    database = await testDatabase({ fresh: true });
    app = await testApp([ThingsModule, timings, QueuesModule], { database, env: store.env });
    app.get(DeliveryWorker).start();
    await app.get(JobRunner).start();
  });
  afterAll(async () => {
    await app?.get(DeliveryWorker).stop();
    await app?.close();
    await store?.stop();
  });
  beforeEach(() => {
    runs.length = 0;
    plans.clear();
  });

  it('runs a job of a committed transaction as Mainstay itself in its tenant, outside of any transaction', async () => {
    await ask('once');
    await eventually(() => runsOf('once').length > 0);
    const [run] = runsOf('once');
    expect(run).toMatchObject({ attempt: 1, tenantId: tenant, system: true, inTransaction: false, requestId: run.id });
    await eventually(async () => (await rows()).length === 0);
    const counts = await app.get(Queues).counts();
    expect(Object.keys(counts)).toEqual([
      'mail',
      'push',
      'stock-alerts',
      'payment-webhooks',
      'payments',
      'maintenance',
      'imports',
      'files',
    ]);
    expect(counts.mail).toMatchObject({ waiting: 0, failed: 0 });
  });

  it('knows nothing of a job whose transaction was rolled back', async () => {
    await asTenant(tenant, () =>
      app.get(UnitOfWork).run(async (tx) => {
        tx.job(NoteJob, { body: 'never' });
        throw new Error('rolled back');
      }),
    ).catch(() => undefined);
    await ask('after');
    await eventually(() => runsOf('after').length > 0);
    expect(runsOf('never')).toHaveLength(0);
  });

  it('tries again when the provider says so, notes the reason meanwhile, and forgets the delivery in the end', async () => {
    let goOn = (): void => undefined;
    const noted = new Promise<void>((resolve) => (goOn = resolve));
    plans.set('flaky', [() => Promise.reject(new RetryLater('busy, come back', 1)), () => noted]);
    await ask('flaky');
    await eventually(async () => (await rows())[0]?.attempts === 1);
    expect((await rows())[0]).toMatchObject({ state: 'handed', error: 'busy, come back' });
    goOn();
    await eventually(() => runsOf('flaky').length === 2);
    expect(runsOf('flaky').map((run) => run.attempt)).toEqual([1, 2]);
    await eventually(async () => (await rows()).length === 0);
  });

  it('buries a job after its last attempt, and runs it again when its delivery is replayed', async () => {
    plans.set(
      'poor',
      Array.from({ length: 3 }, () => () => Promise.reject(new RetryLater('still busy', 0))),
    );
    await ask('poor');
    await eventually(async () => (await rows())[0]?.state === 'dead');
    const [dead] = await rows();
    expect(dead).toMatchObject({ attempts: 3, error: 'still busy' });
    expect(runsOf('poor')).toHaveLength(3);
    await eventually(async () => (await app.get(Queues).counts()).mail.failed === 1);
    await app.get(Deliveries).replay({ id: dead.id });
    await eventually(() => runsOf('poor').length === 4);
    await eventually(async () => (await rows()).length === 0);
    expect((await app.get(Queues).counts()).mail.failed).toBe(0);
  });

  it('buries at once what must not be tried again', async () => {
    plans.set('refused', [() => Promise.reject(new GiveUp('no such address'))]);
    await ask('refused');
    await eventually(async () => (await rows())[0]?.state === 'dead');
    const [dead] = await rows();
    expect(dead).toMatchObject({ attempts: 1, error: 'no such address' });
    await app.get(Deliveries).finish([{ tenantId: tenant, id: dead.id }]);
    expect(runsOf('refused')).toHaveLength(1);
  });

  it('puts a job off without counting an attempt', async () => {
    plans.set('early', [() => Promise.reject(new NotYet('facts are missing', 0.2))]);
    await ask('early');
    await eventually(() => runsOf('early').length === 2);
    expect(runsOf('early').map((run) => run.attempt)).toEqual([1, 1]);
    await eventually(async () => (await rows()).length === 0);
  });

  it('runs an id once, however often it is handed over, and runs a burst completely', async () => {
    const job = (id: string, again = {}) => ({
      id,
      name: 'things.note',
      data: { tenantId: tenant, payload: { body: 'burst' }, traceparent: null, ...again },
      attempts: 3,
    });
    const ids = Array.from({ length: 300 }, () => newId());
    const queues = app.get(Queues);
    // While they run, and when most have ended and their queue has forgotten them.
    const handAgain = () =>
      queues.addBulk(
        'mail',
        ids.map((id) => job(id, { again: true })),
      );
    await queues.addBulk(
      'mail',
      ids.map((id) => job(id)),
    );
    await handAgain();
    await eventually(() => runsOf('burst').length >= 300);
    await handAgain();
    await eventually(
      async () => (await queues.counts()).mail.waiting === 0 && (await queues.counts()).mail.active === 0,
    );
    expect(runsOf('burst')).toHaveLength(300);
    expect(new Set(runsOf('burst').map((run) => run.id)).size).toBe(300);
  });

  it('waits for the running job when it stops, and loses none that waits', async () => {
    let release: () => void = () => undefined;
    plans.set('long', [() => new Promise<void>((resolve) => (release = resolve))]);
    await ask('long');
    await eventually(() => runsOf('long').length === 1);
    let stopped = false;
    const stopping = app
      .get(JobRunner)
      .stop()
      .then(() => (stopped = true));
    await ask('meanwhile');
    await eventually(async () => (await app.get(Queues).counts()).mail.waiting === 1);
    expect(stopped).toBe(false);
    release();
    await stopping;
    expect(runsOf('meanwhile')).toHaveLength(0);
    expect((await rows()).length).toBe(1);
    await app.get(JobRunner).start();
    await eventually(() => runsOf('meanwhile').length === 1);
    expect(runsOf('long')).toHaveLength(1);
    await eventually(async () => (await rows()).length === 0);
  });

  describe('kill -9 of a worker', () => {
    let child: ChildProcess | undefined;
    afterEach(() => void child?.kill('SIGKILL'));

    /** Starts a worker whose job never ends, kills it once the job runs, and returns what it said. */
    const killAtWork = async (): Promise<string> => {
      child = spawn(process.execPath, [path.join(ROOT, 'test/support/job-worker.cjs')], {
        stdio: ['ignore', 'pipe', 'inherit'],
        env: {
          PATH: process.env.PATH,
          NODE_ENV: 'test',
          LOG_LEVEL: 'error',
          DATABASE_URL: database.appUrl,
          MAINSTAY_OWNER_DATABASE_URL: database.ownerUrl,
          MAINSTAY_DATA_DIR: path.join(CACHE, 'test-data'),
          TEST_JOB_TIMINGS: JSON.stringify(SHORT),
          ...store.env,
        },
      });
      let output = '';
      child.stdout!.on('data', (chunk: Buffer) => (output += chunk.toString()));
      await eventually(() => output.includes('running'), { timeoutMs: 60_000 });
      const gone = new Promise((resolve) => child!.once('exit', resolve));
      child.kill('SIGKILL');
      await gone;
      return output;
    };
    beforeEach(() => app.get(JobRunner).stop());

    it('leaves its running job to another worker, which runs it once', async () => {
      await ask('crash', CrashJob);
      const output = await killAtWork();
      expect(runsOf('crash')).toHaveLength(0);
      await app.get(JobRunner).start();
      await eventually(() => runsOf('crash').length === 1);
      expect(output).toContain(`running ${runsOf('crash')[0].id}`);
      await eventually(async () => (await rows()).length === 0);
      expect(runsOf('crash')).toHaveLength(1);
    });

    it('buries a job whose workers vanish again and again, until somebody replays it', async () => {
      await ask('poison', CrashJob);
      for (let i = 0; i < 4; i++) await killAtWork();
      await app.get(JobRunner).start();
      await eventually(async () => (await rows())[0]?.state === 'dead');
      expect((await rows())[0].error).toContain('stalled');
      expect(runsOf('poison')).toHaveLength(0);
      await app.get(Deliveries).replay({ state: 'dead' });
      await eventually(() => runsOf('poison').length === 1);
      await eventually(async () => (await rows()).length === 0);
    }, 180_000);
  });
}

describe('queues on PostgreSQL', () => {
  behaves(() => Promise.resolve({ env: {}, stop: () => Promise.resolve() }));

  it('stay behind their own role, in one pool of at most twelve connections', async () => {
    const database = await testDatabase({ fresh: true });
    const app = await testApp([ThingsModule, QueuesModule], { database });
    await app.get(JobRunner).start();
    const admin = new Client({ connectionString: database.superuserUrl });
    await admin.connect();
    const owners = await admin.query<{ owner: string }>(
      `select distinct pg_get_userbyid(relowner) as owner from pg_class c join pg_namespace n on n.oid = relnamespace where nspname = 'bullmq'`,
    );
    expect(owners.rows).toEqual([{ owner: 'mainstay_queue' }]);
    const connections = await admin.query<{ n: number }>(
      `select count(*)::int as n from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()
        and application_name not like 'mainstay listener'`,
    );
    expect(connections.rows[0].n).toBeLessThanOrEqual(12 + 10);
    await admin.end();
    await expect(app.get(Database).readPlatform('select 1 from bullmq.job')).rejects.toMatchObject({ code: '42501' });
    await app.close();
  });
});

describe('a queue on PostgreSQL', () => {
  it('takes jobs again after its first connection failed, one by one and many at once', async () => {
    const database = await testDatabase({ fresh: true });
    const app = await testApp([ThingsModule, QueuesModule], { database });
    const connection = app.get<QueueConnection>(QueueConnection as never);
    const pool = connection.pool!;
    let away = true;
    const connect = (): Promise<PoolClient> =>
      away ? Promise.reject(new Error('timeout exceeded when trying to connect')) : pool.connect();
    const shaky = Object.assign(Object.create(pool) as typeof pool, { connect, query: pool.query.bind(pool) });
    const queue = new PortableQueue('mail', { connection: shaky as never });
    const queues = new Queues(connection, [queue]);
    const jobs = (count: number): HandedJob[] =>
      Array.from({ length: count }, () => ({
        id: newId(),
        name: 'things.note',
        data: { tenantId: newId(), payload: {}, traceparent: null },
        attempts: 1,
      }));
    await expect(queues.addBulk('mail', jobs(1))).rejects.toThrow('timeout');
    await expect(queues.counts()).rejects.toThrow('timeout');
    away = false;
    await queues.addBulk('mail', jobs(3));
    await queues.addBulk('mail', jobs(40));
    expect((await queues.counts()).mail.waiting).toBe(43);
    await queue.close();
    await app.close();
  });
});

describeWithRedis('queues on Redis', () => {
  behaves(async () => {
    const redis: TestRedis = await startRedis();
    return { env: { REDIS_URL: redis.url }, stop: () => redis.stop() };
  });
});
