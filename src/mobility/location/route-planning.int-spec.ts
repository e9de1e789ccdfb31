import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { Client } from 'pg';
import { asTenant, testApp, type TestApp } from '../../../test/support/app';
import { eventually } from '../../../test/support/eventually';
import { clock } from '../../kernel/clock/clock';
import { UnitOfWork } from '../../kernel/database/unit-of-work';
import { newId } from '../../kernel/ids/ids';
import { PlanSlot } from './adapters/plan-slot';
import { RouteOptimizer } from './adapters/route-optimizer';
import { AskForRoutesCommand, CancelRouteJobCommand } from './commands/ask-for-routes';
import { RunRouteJobCommand, RunRouteJobHandler } from './commands/run-route-job';
import { RouteJobRepository } from './data/route-job.repository';
import type { RouteRequest } from './domain/optimization/request';
import { FindRouteJobQuery, type RouteJobFacts } from './contracts/route-plans';
import { TravelTimesQuery } from './contracts/travel-times';
import { MOST_OPEN_JOBS } from './domain/route-job';
import { FailLostRouteJob } from './reactions/fail-lost-route-job';
import { TrafficBook } from './queries/traffic-book';
import { RoutePlanningModule } from './route-planning.module';

const REQUEST: RouteRequest = {
  vehicles: [
    { id: 'a', capacity: [3], start: { x: 0, y: 0 } },
    { id: 'b', capacity: [3], start: { x: 0, y: 0 } },
  ],
  stops: [1, 2, 3, 4, 5, 6, 7].map((k) => ({ id: `s${k}`, x: k % 2 ? k : -k, y: 0, demand: [1] })),
  options: { iterations: 300, seed: 5 },
};
const ENDLESS: RouteRequest = { ...REQUEST, options: { seconds: 100 } };

describe('plans of routes', () => {
  let app: TestApp;
  let commands: CommandBus;
  let sql: Client;
  let tenant: string;

  beforeAll(async () => {
    app = await testApp([RoutePlanningModule]);
    commands = app.get(CommandBus);
    sql = new Client({ connectionString: app.database.superuserUrl });
    await sql.connect();
  });
  afterAll(async () => {
    await sql.end();
    await app.close();
  });
  beforeEach(() => {
    tenant = newId();
  });
  afterEach(() => clock.setOffset(0));

  const inTenant = <T>(work: () => Promise<T>, id = tenant): Promise<T> => asTenant(id, work);
  const ask = async (request = REQUEST): Promise<string> =>
    (await inTenant(() => commands.execute(new AskForRoutesCommand(request)))).jobId;
  const run = (id: string): Promise<void> => inTenant(() => commands.execute(new RunRouteJobCommand(id)));
  const read = (id: string): Promise<RouteJobFacts> =>
    inTenant(() => app.get(QueryBus).execute(new FindRouteJobQuery({ id })));
  const cancel = (id: string): Promise<RouteJobFacts> =>
    inTenant(() => commands.execute(new CancelRouteJobCommand(id)));
  const set = (id: string, what: string): Promise<unknown> =>
    sql.query(`update location.route_jobs set ${what} where id = $1`, [id]);
  const refused = (code: string): unknown => expect.objectContaining({ code });
  /** Its thread has a first plan: that it is active says its row a moment before there is a thread. */
  const underWay = (id: string): Promise<unknown> => eventually(async () => (await read(id)).progress > 0);

  it('are asked for, made in a thread and read, the same for the same seed', async () => {
    const [one, two] = [await ask(), await ask()];
    expect(await read(one)).toMatchObject({ state: 'queued', progress: 0, solution: null });
    await run(one);
    await run(two);
    const job = await read(one);
    expect(job).toMatchObject({ state: 'completed', progress: 100, failure: null, solution: { metric: 'euclidean' } });
    expect(job.solution?.unassigned).toEqual([{ id: expect.any(String) as string, reason: 'capacity' }]);
    expect(job.solution?.routes.flatMap(({ stops }) => stops)).toHaveLength(6);
    expect((await read(two)).solution).toEqual(job.solution);
    await run(one); // handed over twice
    expect(await read(one)).toEqual(job);
    await expect(cancel(one)).rejects.toEqual(refused('location.route-job-ended'));
  });

  it('are made one at a time, of organizations in turn, while the queue goes on with what else there is', async () => {
    const other = newId();
    const asked = async (request: RouteRequest, id = tenant): Promise<string> =>
      (await inTenant(() => commands.execute(new AskForRoutesCommand(request)), id)).jobId;
    const [endless, second, foreign] = [await asked(ENDLESS), await asked(REQUEST), await asked(REQUEST, other)];
    const runOf = (id: string, owner = tenant): Promise<void> =>
      inTenant(() => commands.execute(new RunRouteJobCommand(id)), owner);
    const putOff = (seconds: number): unknown => expect.objectContaining({ name: 'NotYet', delaySeconds: seconds });
    const running = run(endless);
    // With a thread at work it ends at once when it is cancelled, before who was put off meanwhile is forgotten.
    await underWay(endless);
    await expect(runOf(second)).rejects.toEqual(putOff(4));
    await expect(runOf(foreign, other)).rejects.toEqual(putOff(2));
    // Another process would be free, and still makes no second plan of the organization at once.
    const elsewhere = new RunRouteJobHandler(
      app.get(UnitOfWork),
      app.get(RouteJobRepository),
      app.get(RouteOptimizer),
      new PlanSlot(),
      app.get(TrafficBook),
    );
    const there = (id: string, owner: string): Promise<void> =>
      inTenant(() => elsewhere.execute(new RunRouteJobCommand(id)), owner);
    await expect(there(second, tenant)).rejects.toEqual(putOff(4));
    await cancel(endless);
    await running;
    await expect(runOf(second)).rejects.toEqual(putOff(2));
    await runOf(foreign, other);
    await runOf(second);
    expect((await read(second)).state).toBe('completed');
  });

  it('belong to one organization', async () => {
    const id = await ask();
    const stranger = newId();
    const reading = inTenant(() => app.get(QueryBus).execute(new FindRouteJobQuery({ id })), stranger);
    await expect(reading).rejects.toEqual(refused('location.route-job-not-found'));
    const ending = inTenant(() => commands.execute(new CancelRouteJobCommand(id)), stranger);
    await expect(ending).rejects.toEqual(refused('location.route-job-not-found'));
  });

  it('are refused with what is wrong in them', async () => {
    await expect(ask({ ...REQUEST, stops: [] })).rejects.toEqual(refused('location.route-request-invalid'));
  });

  it('wait in bounds, also when many are asked for at once', async () => {
    const asked = await Promise.allSettled(Array.from({ length: MOST_OPEN_JOBS + 3 }, () => ask()));
    const reasons = asked.filter((one) => one.status === 'rejected').map(({ reason }) => reason as unknown);
    expect(reasons).toEqual(Array.from({ length: 3 }, () => refused('location.too-many-route-jobs')));
  });

  it('are cancelled while they wait, and while they run with what was found', async () => {
    const waiting = await ask();
    expect(await cancel(waiting)).toMatchObject({ state: 'cancelled', solution: null });
    await run(waiting);
    expect(await cancel(waiting)).toMatchObject({ state: 'cancelled', solution: null });

    const id = await ask(ENDLESS);
    const running = run(id);
    await underWay(id);
    expect((await cancel(id)).state).toBe('active');
    await running;
    const ended = await read(id);
    expect(ended).toMatchObject({ state: 'cancelled', solution: { routes: expect.any(Array) as unknown } });
    expect(ended.progress).toBeLessThan(100);
  });

  it('are taken up again when their worker vanished, and what it still says does not count', async () => {
    const id = await ask();
    await set(id, `state = 'active', attempt = 1, progress = 40, started_at = now(), heard_at = now()`);
    await run(id);
    const job = await read(id);
    expect(job.state).toBe('completed');
    const late = { ...job.solution!, distance: -1 };
    const repository = app.get(RouteJobRepository);
    await inTenant(() => app.get(UnitOfWork).run((tx) => repository.finish(tx, id, 1, late)));
    expect(await inTenant(() => app.get(UnitOfWork).run((tx) => repository.note(tx, id, 1, 50)))).toBe(false);
    expect(await read(id)).toEqual(job);

    const deadly = await ask();
    await set(deadly, `state = 'active', attempt = 3, started_at = now(), heard_at = now()`);
    await run(deadly);
    expect(await read(deadly)).toMatchObject({ state: 'failed', failure: 'workers-vanished', solution: null });
  });

  it('are tried again when the process ends under them', async () => {
    const id = await ask(ENDLESS);
    const running = expect(run(id)).rejects.toThrow('ended before it had a plan');
    await underWay(id);
    await app.get(RouteOptimizer).onApplicationShutdown();
    await running;
    expect((await read(id)).state).toBe('active');
    await set(id, `request = jsonb_set(request, '{options}', '{"iterations": 5}')`);
    await run(id);
    expect((await read(id)).state).toBe('completed');
  });

  it('fail honestly when the thread cannot make them', async () => {
    const id = await ask();
    await set(id, `request = '{"vehicles": 7}'`);
    await run(id);
    expect(await read(id)).toMatchObject({ state: 'failed', failure: 'too-much-for-the-optimizer' });
  });

  it('do not stay open for ever when nobody works on them', async () => {
    const fire = (id: string): Promise<void> =>
      inTenant(() => app.get(UnitOfWork).run((tx) => app.get(FailLostRouteJob).fire({ jobId: id }, tx)));
    const [silent, heard, waiting] = [await ask(), await ask(), await ask()];
    await set(silent, `state = 'active', attempt = 1, started_at = now(), heard_at = now() - interval '6 minutes'`);
    await set(heard, `state = 'active', attempt = 1, started_at = now(), heard_at = now()`);
    for (const id of [silent, heard, waiting]) await fire(id);
    expect(await read(silent)).toMatchObject({ state: 'failed', failure: 'lost' });
    expect([(await read(heard)).state, (await read(waiting)).state]).toEqual(['active', 'queued']);
    clock.setOffset(86_500);
    await fire(waiting);
    expect(await read(waiting)).toMatchObject({ state: 'failed', failure: 'lost' });
  });
});

describe('driving times', () => {
  it('are guessed along great circles where no roads are known, and say so', async () => {
    const app = await testApp([RoutePlanningModule]);
    const lisbon = { lat: 38.7169, lng: -9.1399 };
    const porto = { lat: 41.1496, lng: -8.6109 };
    const asked = new TravelTimesQuery({ origin: lisbon, destinations: [lisbon, porto] });
    const times = await asTenant(newId(), () => app.get(QueryBus).execute(asked));
    await app.close();
    // 274.2 km as the crow flies.
    expect(times).toEqual({ seconds: [0, 25_648], metres: [0, 356_508], source: 'great_circle' });
  });
});
