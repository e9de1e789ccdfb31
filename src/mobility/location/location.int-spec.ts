import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { Client } from 'pg';
import { asTenant, testApp, type TestApp } from '../../../test/support/app';
import { RecordedRealtimeModule, SENT } from '../../../test/support/realtime';
import { clock } from '../../kernel/clock/clock';
import { ListQuery } from '../../kernel/http/pagination';
import { UnitOfWork } from '../../kernel/database/unit-of-work';
import { newId } from '../../kernel/ids/ids';
import { AssignTrackerCommand, FindTrackersQuery } from './contracts/trackers';
import { LatestPositionsQuery, PositionsOfTrackerQuery, TripsOfTrackerQuery } from './contracts/tracks';
import { ChangeGeofenceCommand, CreateGeofenceCommand, DeleteGeofenceCommand } from './commands/manage-fences';
import { ChangeTrackerCommand, ChangeTrackerKeyCommand, CreateTrackerCommand } from './commands/manage-trackers';
import { PositionWriter } from './commands/position-writer';
import { RecordPositionsCommand } from './commands/record-positions';
import { ReplayTrackCommand } from './commands/replay-track';
import { TrackRepository } from './data/track.repository';
import { positionId, readFix, type Fix } from './domain/fix';
import { fromMetres } from './domain/geodesy';
import { LocationSchedule } from './jobs/location-schedule';
import { LocationModule } from './location.module';
import { ListFenceEventsQuery } from './queries/fences';
import { HistoryQuery, type TrackView } from './queries/history';
import { ListLatestPositionsQuery } from './queries/latest';
import { TrackerOfKeyQuery } from './queries/trackers';

const HOME = { lat: 48.2, lng: 16.37 };
const page = () => Object.assign(new ListQuery(), { limit: 100 });

describe('location', () => {
  let app: TestApp;
  let commands: CommandBus;
  let queries: QueryBus;
  let sql: Client;
  let tenant: string;
  let start: number;

  beforeAll(async () => {
    // No worker: the round over dwells and replays is made when a test says so, and not beside it.
    app = await testApp([RecordedRealtimeModule, LocationModule], { env: { MAINSTAY_ROLES: 'api' } });
    commands = app.get(CommandBus);
    queries = app.get(QueryBus);
    sql = new Client({ connectionString: app.database.superuserUrl });
    await sql.connect();
  });
  afterAll(async () => {
    await sql.end();
    await app.close();
  });
  beforeEach(() => {
    tenant = newId();
    start = clock.nowMs() - 7_200_000;
    SENT.length = 0;
  });
  afterEach(() => clock.setOffset(0));

  const inside = <T>(work: () => Promise<T>): Promise<T> => asTenant(tenant, work);
  const tracker = () => inside(() => commands.execute(new CreateTrackerCommand('Van', null)));
  const draw = (radius: number, dwellSeconds: number | null = null) =>
    inside(() =>
      commands.execute(
        new CreateGeofenceCommand({
          name: 'Depot',
          shape: { type: 'circle', center: [HOME.lng, HOME.lat], radius },
          dwellSeconds,
        }),
      ),
    );
  const at = (seconds: number, x: number, more: object = {}) => ({
    fixTime: new Date(start + seconds * 1000).toISOString(),
    ...fromMetres(HOME, { x, y: 0 }),
    accuracy: 5,
    ...more,
  });
  const tell = (trackerId: string, positions: unknown[]) =>
    inside(() => commands.execute(new RecordPositionsCommand(tenant, positions, trackerId)));
  const rows = async <R>(text: string): Promise<R[]> => (await sql.query(text, [tenant])).rows as R[];
  const count = async (of: string): Promise<number> =>
    (await rows<{ n: number }>(`select count(*)::int as n from location.${of} and tenant_id = $1`))[0].n;
  const events = async (superseded = false) =>
    (await inside(() => queries.execute(new ListFenceEventsQuery(Object.assign(page(), { sort: 'at' }), superseded))))
      .data;
  const history = (trackerId: string, view: TrackView = 'filtered') =>
    inside(() => queries.execute(new HistoryQuery({ trackerId, view })));
  /** There and through the fence, then away: an enter and an exit. */
  const visit = () => Array.from({ length: 60 }, (_, i) => at(i * 10, -600 + i * 20 + (i % 7)));

  it('keeps each position once, and names the bad ones of a batch', async () => {
    const { id, key } = await tracker();
    expect(await queries.execute(new TrackerOfKeyQuery(key))).toEqual({ tenantId: tenant, trackerId: id });
    const batch = [
      at(0, 0),
      { ...at(10, 0), lat: 95 },
      at(20, 5),
      at(20, 5),
      null,
      { ...at(30, 0), trackerId: newId() },
    ];
    expect(await tell(id, batch)).toEqual({
      accepted: 2,
      duplicates: 1,
      rejected: [
        { index: 1, reason: 'coordinates-invalid' },
        { index: 4, reason: 'not-an-object' },
        { index: 5, reason: 'tracker-unknown' },
      ],
    });
    expect(await tell(id, [at(0, 0), at(20, 5)])).toEqual({ accepted: 0, duplicates: 2, rejected: [] });
    expect(await count('positions where true')).toBe(2);
    expect(SENT.filter(({ event }) => event === 'position')).toHaveLength(0);
  });

  it('knows a tracker by its present key alone, and takes nothing of one that is not active, or of another organization', async () => {
    const { id, key } = await tracker();
    const { key: next } = await inside(() => commands.execute(new ChangeTrackerKeyCommand(id)));
    await expect(queries.execute(new TrackerOfKeyQuery(key))).rejects.toMatchObject({
      code: 'location.tracker-key-unknown',
    });
    await inside(() => commands.execute(new ChangeTrackerCommand(id, { active: false })));
    await expect(queries.execute(new TrackerOfKeyQuery(next))).rejects.toMatchObject({
      code: 'location.tracker-key-unknown',
    });
    expect((await tell(id, [at(0, 0)])).rejected).toEqual([{ index: 0, reason: 'tracker-unknown' }]);
    tenant = newId();
    expect((await tell(id, [at(0, 0)])).rejected).toEqual([{ index: 0, reason: 'tracker-unknown' }]);
    await expect(history(id)).rejects.toMatchObject({ code: 'location.tracker-not-found' });
  });

  it('writes what many requests tell at once in few commits, and answers each for itself', async () => {
    const trackers = await Promise.all([tracker(), tracker(), tracker()]);
    const answers = await Promise.all(
      Array.from({ length: 60 }, (_, i) =>
        tell(trackers[i % 3].id, [at(i * 10, i), i % 6 === 0 ? {} : at(i * 10 + 5, i)]),
      ),
    );
    expect(answers.every(({ rejected }, i) => rejected.length === (i % 6 === 0 ? 1 : 0))).toBe(true);
    const kept = answers.reduce((sum, { accepted }) => sum + accepted, 0);
    expect(kept).toBe(110);
    expect(await count('positions where true')).toBe(110);
    const [{ n }] = await rows<{ n: number }>(
      'select count(distinct xmin::text)::int as n from location.positions where tenant_id = $1',
    );
    expect(n).toBeLessThan(20);
  });

  it('one request of a shared commit that fails takes none with it', async () => {
    const { id } = await tracker();
    await tell(id, [at(0, 0)]);
    await sql.query(`alter table location.positions add constraint planted check (altitude is distinct from 4242)`);
    try {
      const told = await Promise.allSettled([
        tell(id, [at(10, 0)]),
        tell(id, [at(20, 0)]),
        tell(id, [at(30, 0, { altitude: 4242 })]),
        tell(id, [at(40, 0)]),
      ]);
      expect(told.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled']);
    } finally {
      await sql.query('alter table location.positions drop constraint planted');
    }
    expect(await count('positions where true')).toBe(4);
  });

  it('tells what happened at fences the same whether positions come in order, late, newest first or thrice', async () => {
    await draw(100);
    const trace = visit();
    trace[20] = at(200, 30_000);
    const inOrder = await tracker();
    await tell(inOrder.id, trace);
    const told = (await events()).map(({ type, at: time }) => [type, time]);
    expect(told.map(([type]) => type)).toEqual(['enter', 'exit']);
    const reasons = (await history(inOrder.id, 'raw')).points.map(({ reason }) => reason);
    expect(reasons.filter((it) => it !== null)).toEqual(['implied-speed']);
    const late = await tracker();
    const orders = [[...trace].reverse(), trace.filter((_, i) => i % 3 === 1), [...trace].reverse()];
    for (const order of orders)
      for (let from = 0; from < order.length; from += 7) await tell(late.id, order.slice(from, from + 7));
    expect(await count(`tracks where dirty_from is not null`)).toBe(1);
    const asked = await rows<{ n: number }>(
      `select count(*)::int as n from kernel.deliveries where tenant_id = $1 and name = 'location.replay-tracker'`,
    );
    expect(asked[0].n).toBe(1);
    // In steps of seven fixes.
    while (await inside(() => commands.execute(new ReplayTrackCommand(late.id, 7))));
    const ofLate = (await events()).filter(({ trackerId }) => trackerId === late.id);
    expect(ofLate.map(({ type, at: time }) => [type, time])).toEqual(told);
    expect(ofLate.every((it) => it.late)).toBe(true);
    expect((await history(late.id, 'raw')).points.map(({ reason }) => reason)).toEqual(reasons);
    const [one, other] = await Promise.all([history(inOrder.id), history(late.id)]);
    const points = other.points.map((point, k) => ({ ...point, receivedAt: one.points[k].receivedAt }));
    expect({ ...other, points }).toEqual({ ...one, trackerId: late.id, from: other.from, to: other.to });
    const { data } = await inside(() => queries.execute(new ListLatestPositionsQuery(page())));
    expect(new Set(data.map(({ fixTime }) => fixTime)).size).toBe(1);
    // Again, it changes nothing.
    await inside(() => commands.execute(new ReplayTrackCommand(late.id)));
    expect((await events(true)).filter(({ trackerId }) => trackerId === late.id)).toEqual(ofLate);
  });

  it('marks events that late positions prove wrong', async () => {
    await draw(100);
    const { id } = await tracker();
    // An hour before, so that there is a checkpoint to go back to.
    await tell(id, [at(-3_600, -900), at(0, -900), at(100, 0), at(120, 0)]);
    expect((await events()).map(({ type }) => type)).toEqual(['enter']);
    const before = (await events())[0];
    await tell(id, [at(90, -300)]);
    await inside(() => commands.execute(new ReplayTrackCommand(id)));
    expect((await events()).map(({ type, late }) => [type, late])).toEqual([['enter', true]]);
    expect((await events(true)).find((it) => it.id === before.id)).toMatchObject({ superseded: true });
    expect(await rows('select 1 from kernel.events where tenant_id = $1')).toHaveLength(2);
  });

  it('tells the dwell of a device that is silent, once', async () => {
    await draw(100, 600);
    const { id } = await tracker();
    start = clock.nowMs() - 60_000;
    await tell(id, [at(0, -500), at(15, 0), at(30, 0)]);
    await app.get(LocationSchedule).look();
    expect((await events()).map(({ type }) => type)).toEqual(['enter']);
    clock.setOffset(900);
    for (let i = 0; i < 2; i++) await app.get(LocationSchedule).look();
    expect((await events()).map(({ type, inferred }) => [type, inferred])).toEqual([
      ['enter', false],
      ['dwell', true],
    ]);
    expect(
      SENT.filter(({ event }) => event === 'geofence').map(({ payload }) => (payload as { type: string }).type),
    ).toEqual(['enter', 'dwell']);
    expect(SENT.find(({ event }) => event === 'position')).toMatchObject({ to: `tracker:${tenant}:${id}` });
  });

  it('a fence that is changed is taken up without events', async () => {
    const { id: fenceId } = await draw(100);
    const { id } = await tracker();
    await tell(id, [at(0, 0), at(10, 0)]);
    const shape = { type: 'circle', center: [HOME.lng, HOME.lat], radius: 200 };
    await inside(() => commands.execute(new ChangeGeofenceCommand(fenceId, { shape })));
    await tell(id, [at(20, 0), at(30, 0), at(60, 800), at(80, 820)]);
    expect((await events()).map(({ type }) => type)).toEqual(['inside_start', 'exit']);
  });

  it('shows a track with its trips and stops, of a period that makes sense', async () => {
    const { id } = await tracker();
    const legs = [...Array(60).fill(0), ...Array(30).fill(100), ...Array(60).fill(0)] as number[];
    let x = 0;
    await tell(
      id,
      legs.map((step, i) => at(i * 10, (x += step))),
    );
    const found = await history(id, 'smoothed');
    expect(found.points).toHaveLength(150);
    expect(found.trips).toHaveLength(1);
    expect(found.stops).toHaveLength(2);
    expect(found.distance).toBeGreaterThan(2_900);
    const to = new Date(start).toISOString();
    const wrong = (from: string) => inside(() => queries.execute(new HistoryQuery({ trackerId: id, from, to })));
    await expect(wrong(new Date(start + 1).toISOString())).rejects.toMatchObject({ code: 'location.range-invalid' });
    await expect(wrong('2020-01-01T00:00:00Z')).rejects.toMatchObject({ code: 'location.range-invalid' });
  });

  it('tells other contexts what trackers there are, where they are and what ways they went', async () => {
    const [{ id }, { id: silent }] = await Promise.all([tracker(), tracker()]);
    const vehicleId = newId();
    await inside(() => commands.execute(new AssignTrackerCommand({ trackerId: id, vehicleId, fleetId: null })));
    const nowhere = new AssignTrackerCommand({ trackerId: newId(), vehicleId: null, fleetId: null });
    await expect(inside(() => commands.execute(nowhere))).rejects.toMatchObject({
      code: 'location.tracker-not-found',
    });
    const legs = [...Array(30).fill(0), ...Array(30).fill(100), ...Array(30).fill(0)] as number[];
    let x = 0;
    await tell(id, [
      ...legs.map((step, i) => at(i * 10, (x += step), { attributes: { ignition: step > 0 } })),
      at(2_000, 30_000, { accuracy: 900 }),
    ]);
    const ids = [id, silent, newId()];
    const found = await inside(() => queries.execute(new FindTrackersQuery({ ids })));
    expect(found).toHaveLength(2);
    expect(found).toContainEqual({ id, name: 'Van', vehicleId });
    const latest = await inside(() => queries.execute(new LatestPositionsQuery({ trackerIds: ids })));
    expect(latest).toEqual([
      expect.objectContaining({ trackerId: id, fixTime: at(890, 0).fixTime, attributes: { ignition: false } }),
    ]);
    const period = { trackerId: id, from: new Date(start), to: new Date(clock.nowMs()) };
    const journey = await inside(() => queries.execute(new TripsOfTrackerQuery(period)));
    const { trips, stops, distance } = await history(id);
    const positions = await inside(() => queries.execute(new PositionsOfTrackerQuery(period)));
    expect(journey).toEqual({ trips, stops, distance, positions });
    expect(journey.trips).toHaveLength(1);
    expect(positions).toHaveLength(90);
    expect(positions[40]).toMatchObject({ trackerId: id, fixTime: at(400, 0).fixTime, attributes: { ignition: true } });
    tenant = newId();
    expect(await inside(() => queries.execute(new FindTrackersQuery({ ids })))).toEqual([]);
    expect(await inside(() => queries.execute(new LatestPositionsQuery({ trackerIds: ids })))).toEqual([]);
  });

  it('a replay goes on where it was, whatever is told meanwhile, and is asked for again when it is lost', async () => {
    await draw(100);
    const trace = Array.from({ length: 240 }, (_, i) => at(i * 10, ((i * 20) % 1_200) - 600 + (i % 7)));
    const [inOrder, late] = await Promise.all([tracker(), tracker()]);
    await tell(inOrder.id, trace);
    const told = trace.filter((_, i) => i % 5 !== 3 && i < 200);
    await tell(late.id, told.slice(20));
    await tell(late.id, told.slice(0, 20));
    const replay = () => inside(() => commands.execute(new ReplayTrackCommand(late.id, 3)));
    expect(await replay()).toBe(true);
    const [{ replay: held }] = await rows<{ replay: { state: { lastFixTime: number } } }>(
      'select replay from location.tracks where tenant_id = $1 and replay is not null',
    );
    const reached = (held.state.lastFixTime - start) / 1000;
    expect(reached).toBeGreaterThan(300);
    expect(reached).toBeLessThan(1_000);
    // Before where it is, after it, and beyond what was the last.
    await tell(late.id, [trace[3], trace[113], ...trace.slice(200)]);
    const missing = trace.filter((_, i) => i % 5 === 3 && i < 200);
    await Promise.all([replay(), ...missing.map((fix) => tell(late.id, [fix])), replay()]);
    await sql.query(`update location.tracks set replay_asked_at = now() - interval '1 hour' where tenant_id = $1`, [
      tenant,
    ]);
    const asked = async () =>
      (
        await rows<{ n: number }>(
          `select count(*)::int as n from kernel.deliveries where tenant_id = $1 and name = 'location.replay-tracker'`,
        )
      )[0].n;
    const before = await asked();
    await app.get(LocationSchedule).look();
    expect(await asked()).toBe(before + 2);
    while (await replay());
    const found = (await events()).map(({ trackerId, type, at: time }) => ({ trackerId, event: `${type} ${time}` }));
    const of = (id: string) => found.filter(({ trackerId }) => trackerId === id).map(({ event }) => event);
    expect(of(inOrder.id).length).toBeGreaterThan(6);
    expect(of(late.id)).toEqual(of(inOrder.id));
    const [one, other] = await Promise.all([history(inOrder.id, 'raw'), history(late.id, 'raw')]);
    expect(other.points.map((point, k) => ({ ...point, receivedAt: one.points[k].receivedAt }))).toEqual(one.points);
    expect(await count('tracks where (replay is not null or dirty_from is not null)')).toBe(0);
  });

  it('what a fence told stays told once it is drawn anew, also when a late position comes', async () => {
    const { id: fenceId } = await draw(100);
    const { id } = await tracker();
    await tell(id, [at(0, -500), at(100, 0), at(120, 0), at(500, 800), at(520, 820)]);
    expect((await events()).map(({ type }) => type)).toEqual(['enter', 'exit']);
    clock.setOffset(10);
    const shape = { type: 'circle', center: [HOME.lng, HOME.lat], radius: 50 };
    await inside(() => commands.execute(new ChangeGeofenceCommand(fenceId, { shape })));
    await tell(id, [at(90, -300)]);
    await inside(() => commands.execute(new ReplayTrackCommand(id)));
    expect((await events()).map(({ type }) => type)).toEqual(['enter', 'exit']);
    await inside(() => commands.execute(new ChangeGeofenceCommand(fenceId, { dwellSeconds: 100 })));
    await tell(id, [at(95, -300)]);
    await inside(() => commands.execute(new ReplayTrackCommand(id)));
    expect((await events()).map(({ type }) => type)).toEqual(['enter', 'exit']);
  });

  it('a clock that is ahead freezes nothing: its positions are kept and not believed', async () => {
    const { id } = await tracker();
    start = clock.nowMs() - 60_000;
    await tell(id, [at(0, 0), at(23 * 3_600, 5_000), at(10, 10)]);
    await tell(id, [at(20, 20)]);
    const { data } = await inside(() => queries.execute(new ListLatestPositionsQuery(page())));
    expect(data.map(({ fixTime }) => fixTime)).toEqual([at(20, 0).fixTime]);
    expect(await rows(`select reason from location.positions where tenant_id = $1 and reason is not null`)).toEqual([
      { reason: 'ahead' },
    ]);
    expect(await count('tracks where dirty_from is not null')).toBe(0);
    // Told again in its time it counts.
    clock.setOffset(23 * 3_600);
    expect(await tell(id, [at(23 * 3_600, 5_000)])).toMatchObject({ duplicates: 1 });
  });

  it('no organization draws more than every process can hold', async () => {
    const { id } = await draw(100);
    await sql.query('update location.geofence_totals set fences = 10000 where tenant_id = $1', [tenant]);
    await expect(draw(100)).rejects.toMatchObject({ code: 'location.too-many-geofences' });
    await inside(() => commands.execute(new DeleteGeofenceCommand(id)));
    await sql.query('update location.geofence_totals set positions = 249996 where tenant_id = $1', [tenant]);
    const drawn = await draw(100);
    const square = [
      [0, 0],
      [1, 0],
      [1, 1],
      [0, 1],
      [0, 0],
    ];
    const shape = { type: 'Polygon', coordinates: [square] };
    const change = () => inside(() => commands.execute(new ChangeGeofenceCommand(drawn.id, { shape })));
    await expect(change()).rejects.toMatchObject({ code: 'location.too-many-geofences' });
    await sql.query('update location.geofence_totals set positions = 1 where tenant_id = $1', [tenant]);
    await change();
    expect(await rows('select fences, positions from location.geofence_totals where tenant_id = $1')).toEqual([
      { fences: 10_000, positions: 5 },
    ]);
  });

  it('an organization whose positions cannot be written keeps those of others from nothing', async () => {
    const writer = app.get(PositionWriter);
    const fixes = (trackerId: string, n: number): Fix[] =>
      Array.from({ length: n }, (_, i) => readFix(at(i, 0), trackerId, clock.nowMs()) as Fix);
    const { id } = await tracker();
    const slow = tenant;
    await sql.query('begin');
    const held: Promise<unknown>[] = [];
    try {
      await sql.query('select 1 from location.tracks where tenant_id = $1 for update', [slow]);
      held.push(writer.write(slow, fixes(id, 1)));
      // Of no tracker, so that they cost nothing once they are written.
      for (let i = 0; i < 4; i++) held.push((async () => writer.write(slow, fixes(newId(), 4_990)))());
      tenant = newId();
      const { id: other } = await tracker();
      expect(await tell(other, [at(0, 0)])).toMatchObject({ accepted: 1 });
    } finally {
      await sql.query('rollback');
    }
    const done = await Promise.allSettled(held);
    expect(done.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'rejected', 'rejected']);
    expect(done[2]).toMatchObject({ reason: { code: 'location.busy' } });
  });

  it('what other trackers tell does not wait for a commit that is held up; what the same one tells comes after it', async () => {
    const [{ id }, { id: other }] = await Promise.all([tracker(), tracker()]);
    const part = (from: number) => Array.from({ length: 500 }, (_, i) => at(from + i, i));
    await sql.query('begin');
    const held: Promise<{ accepted: number }>[] = [];
    try {
      await sql.query('select 1 from location.tracks where tenant_id = $1 and id = $2 for update', [tenant, id]);
      held.push(tell(id, part(0)), tell(id, part(500)), tell(id, part(1_000)));
      expect(await tell(other, part(0))).toMatchObject({ accepted: 500 });
      expect(await count('positions where true')).toBe(500);
    } finally {
      await sql.query('rollback');
    }
    expect((await Promise.all(held)).map(({ accepted }) => accepted)).toEqual([500, 500, 500]);
    expect(await count('tracks where dirty_from is not null')).toBe(0);
  });

  it('lets a key tell no more than a device measures', async () => {
    const { id } = await tracker();
    const flood = new RecordPositionsCommand(tenant, Array<null>(100_001).fill(null), id);
    await expect(inside(() => commands.execute(flood))).rejects.toMatchObject({ code: 'location.tracker-limit' });
    expect((await tell(id, [at(0, 0)])).accepted).toBe(1);
  });

  it('counts nothing against a key that could not be written', async () => {
    const writer = app.get(PositionWriter);
    const [{ id }, { id: other }] = await Promise.all([tracker(), tracker()]);
    const many = Array.from({ length: 5_000 }, (_, i) => at(i, 0));
    const held: Promise<unknown>[] = [];
    await sql.query('begin');
    try {
      await sql.query('select 1 from location.tracks where tenant_id = $1 and id = $2 for update', [tenant, other]);
      const fixes = Array.from({ length: 5_400 }, (_, i) => readFix(at(i, 0), other, clock.nowMs()) as Fix);
      held.push(writer.write(tenant, fixes.slice(0, 500)), writer.write(tenant, fixes.slice(500)));
      for (let k = 0; k < 21; k++) await expect(tell(id, many)).rejects.toMatchObject({ code: 'location.busy' });
    } finally {
      await sql.query('rollback');
    }
    await Promise.all(held);
    expect((await tell(id, [at(0, 0)])).accepted).toBe(1);
  });

  it('looks for what was kept before in its months alone', async () => {
    const { id } = await tracker();
    await tell(id, [at(0, 0), at(10, 0)]);
    const fixes = [0, 10].map((k) => readFix(at(k, 0), id, clock.nowMs()) as Fix);
    const text = await inside(() =>
      app.get(UnitOfWork).run(async (tx) => {
        const query = jest.spyOn(tx, 'query');
        const judged = fixes.map((fix) => ({ fix, reason: null }));
        expect(await app.get(TrackRepository).insert(tx, judged)).toEqual(new Set(fixes));
        return query.mock.calls.at(-1)![0];
      }),
    );
    const [least, greatest] = fixes.map(({ trackerId, fixTime }) => positionId(trackerId, fixTime));
    await sql.query('begin');
    // Planned before it is known for what, as it is after some times.
    await sql.query('set local plan_cache_mode = force_generic_plan');
    await sql.query(`prepare known (uuid, uuid[], uuid, uuid) as ${text}`);
    const { rows: plan } = await sql.query<{ 'QUERY PLAN': string }>(
      `explain execute known ('${tenant}', '{${least},${greatest}}', '${least}', '${greatest}')`,
    );
    await sql.query('deallocate known');
    await sql.query('rollback');
    const months = plan.flatMap((line) =>
      [...line['QUERY PLAN'].matchAll(/ on (positions_[a-z\d]+(?:_\d\d)?)/g)].map(([, name]) => name),
    );
    expect([...new Set(months)]).toEqual([expect.stringMatching(/^positions_\d{4}_\d\d$/)]);
    expect(plan.map((line) => line['QUERY PLAN']).join()).toContain('Subplans Removed');
  });
});
