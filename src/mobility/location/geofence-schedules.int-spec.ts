import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { asTenant, testApp, type TestApp } from '../../../test/support/app';
import { eventually } from '../../../test/support/eventually';
import { RecordedRealtimeModule } from '../../../test/support/realtime';
import { clock } from '../../kernel/clock/clock';
import { Database } from '../../kernel/database/database';
import { Listener } from '../../kernel/database/listener';
import { ListQuery } from '../../kernel/http/pagination';
import { newId } from '../../kernel/ids/ids';
import { ChangeGeofenceCommand, CreateGeofenceCommand } from './commands/manage-fences';
import { CreateTrackerCommand } from './commands/manage-trackers';
import { RecordPositionsCommand } from './commands/record-positions';
import { ReplayTrackCommand } from './commands/replay-track';
import { FenceRepository } from './data/fence.repository';
import { fromMetres } from './domain/geodesy';
import type { FenceSchedule } from './domain/watch';
import { LocationSchedule } from './jobs/location-schedule';
import { LocationModule } from './location.module';
import { FindGeofenceQuery, ListFenceEventsQuery, ListGeofencesQuery } from './queries/fences';

const HOME = { lat: 48.2, lng: 16.37 };
const DAYS = ['su', 'mo', 'tu', 'we', 'th', 'fr', 'sa'] as const;
const page = () => Object.assign(new ListQuery(), { limit: 100 });

describe('geofences with a schedule', () => {
  let app: TestApp;
  let commands: CommandBus;
  let queries: QueryBus;
  let tenant: string;
  /** Two days ago at ten, in UTC. */
  let start: number;
  beforeAll(async () => {
    // No worker: the round over dwells is made when a test says so.
    app = await testApp([RecordedRealtimeModule, LocationModule], { env: { MAINSTAY_ROLES: 'api' } });
    commands = app.get(CommandBus);
    queries = app.get(QueryBus);
  });
  afterAll(() => app.close());
  beforeEach(() => {
    tenant = newId();
    start = Math.floor(clock.nowMs() / 86_400_000 - 2) * 86_400_000 + 36_000_000;
  });
  afterEach(() => clock.setOffset(0));

  const inside = <T>(work: () => Promise<T>): Promise<T> => asTenant(tenant, work);
  /** On the day of the positions. */
  const on = (from: string, to: string): FenceSchedule => ({
    timeZone: 'Etc/UTC',
    week: [{ day: DAYS[new Date(start).getUTCDay()], from, to }],
  });
  const draw = (schedule: FenceSchedule | null, dwellSeconds: number | null = null) =>
    inside(() =>
      commands.execute(
        new CreateGeofenceCommand({
          name: 'Yard',
          shape: { type: 'circle', center: [HOME.lng, HOME.lat], radius: 100 },
          dwellSeconds,
          schedule,
        }),
      ),
    );
  const change = (id: string, changes: { name?: string; schedule?: FenceSchedule | null }) =>
    inside(() => commands.execute(new ChangeGeofenceCommand(id, changes)));
  const tracker = async (): Promise<string> =>
    (await inside(() => commands.execute(new CreateTrackerCommand('Van', null)))).id;
  const at = (minutes: number, x: number) => ({
    fixTime: new Date(start + minutes * 60_000).toISOString(),
    ...fromMetres(HOME, { x, y: 0 }),
    accuracy: 5,
  });
  const tell = (id: string, positions: object[]) =>
    inside(() => commands.execute(new RecordPositionsCommand(tenant, positions, id)));
  const told = async (id: string): Promise<string[]> => {
    const query = new ListFenceEventsQuery(Object.assign(page(), { sort: 'at' }), false);
    const { data } = await inside(() => queries.execute(query));
    return data
      .filter(({ trackerId }) => trackerId === id)
      .map(({ type, at: time }) => `${type} ${Math.round((Date.parse(time) - start) / 60_000)}`);
  };

  it('show it, and take another, none, and the same', async () => {
    const schedule = on('20:00', '06:00');
    const { id, ...drawn } = await draw(schedule);
    expect(drawn).toMatchObject({ schedule, version: 1 });
    expect(await change(id, { name: 'Yard, gate' })).toMatchObject({ schedule, name: 'Yard, gate' });
    const other = on('08:00', '24:00');
    expect(await change(id, { schedule: other })).toMatchObject({ schedule: other });
    expect((await inside(() => queries.execute(new ListGeofencesQuery(page())))).data[0].schedule).toEqual(other);
    expect(await change(id, { schedule: null })).toMatchObject({ schedule: null });
    expect(await inside(() => queries.execute(new FindGeofenceQuery(id)))).toMatchObject({ schedule: null });
    expect(await draw(null)).toMatchObject({ schedule: null });
  });

  it('tell the same whether positions come in order, newest first, or twice', async () => {
    await draw(on('10:00', '11:00'), 600);
    const positions = [
      ...[-10, -5, 0, 1, 12].map((minute) => at(minute, 0)),
      ...[20, 21, 22].map((minute) => at(minute, 500)),
      ...[50, 51, 59, 61, 62, 90].map((minute) => at(minute, 0)),
      ...[95, 96].map((minute) => at(minute, 500)),
    ];
    const [inOrder, reversed] = [await tracker(), await tracker()];
    await tell(inOrder, positions);
    const expected = ['inside_start 0', 'dwell 10', 'exit 15', 'enter 44', 'dwell 54'];
    const found = await told(inOrder);
    expect(found.map((it) => it.split(' ')[0])).toEqual(expected.map((it) => it.split(' ')[0]));
    for (const position of positions.toReversed()) await tell(reversed, [position]);
    while (await inside(() => commands.execute(new ReplayTrackCommand(reversed, 5))));
    expect(await told(reversed)).toEqual(found);
    await tell(reversed, positions);
    expect(await told(reversed)).toEqual(found);
  });

  it('are taken up without events when the schedule changes; what was told stays told', async () => {
    const { id: fenceId } = await draw(null);
    const id = await tracker();
    await tell(id, [at(0, 0), at(1, 0)]);
    clock.setOffset(10);
    await change(fenceId, { schedule: on('10:00', '11:00') });
    await tell(id, [at(2, 0), at(3, 0), at(70, 0), at(71, 500), at(72, 500)]);
    expect(await told(id)).toEqual(['inside_start 0']);
    clock.setOffset(20);
    await change(fenceId, { schedule: on('11:30', '13:00') });
    await tell(id, [at(80, 0), at(89, 0), at(91, 0), at(92, 0), at(100, 500), at(101, 500)]);
    expect((await told(id)).map((it) => it.split(' ')[0])).toEqual(['inside_start', 'inside_start', 'exit']);
    // The same again, and the name alone, change nothing for who is watched.
    await tell(id, [at(110, 0), at(111, 0)]);
    clock.setOffset(30);
    await change(fenceId, { name: 'Gate', schedule: on('11:30', '13:00') });
    await tell(id, [at(120, 500), at(121, 500)]);
    expect((await told(id)).map((it) => it.split(' ')[0]).slice(3)).toEqual(['enter', 'exit']);
    await tell(id, [at(2.5, 0)]);
    await inside(() => commands.execute(new ReplayTrackCommand(id)));
    expect((await told(id))[0]).toBe('inside_start 0');
  });

  it('infer the dwell of a silent device when it was full before the end, and no other', async () => {
    start += 2 * 86_400_000;
    const toStart = (start - clock.nowMs()) / 1000;
    clock.setOffset(toStart + 3_000);
    const ids = [await tracker(), await tracker()];
    await draw(on('10:00', '11:00'), 900);
    await tell(ids[0], [at(40, 0), at(41, 0)]);
    await tell(ids[1], [at(48, 0), at(49, 0)]);
    clock.setOffset(toStart + 7_200);
    await app.get(LocationSchedule).look();
    expect([await told(ids[0]), await told(ids[1])]).toEqual([['inside_start 40', 'dwell 55'], ['inside_start 48']]);
  });

  it('are known to other processes as soon as they changed', async () => {
    const { id } = await draw(null);
    const other = new FenceRepository(app.get(Database), app.get(Listener));
    other.onModuleInit();
    expect((await other.index(tenant)).get(id)!.watch).toBeNull();
    await change(id, { schedule: on('10:00', '11:00') });
    const watch = await eventually(async () => (await other.index(tenant)).get(id)!.watch ?? undefined);
    expect([watch.until(start), watch.until(start - 1)]).toEqual([start + 3_600_000, null]);
    // What did not change is taken over with its days.
    await change(id, { name: 'Gate' });
    app.get(Listener).notify('mainstay_geofences', tenant);
    expect((await app.get(FenceRepository).index(tenant)).get(id)!.watch!.until(start)).toBe(start + 3_600_000);
  });

  it('refuse what is no schedule, by name', async () => {
    const refused = (schedule: FenceSchedule) => expect(draw(schedule)).rejects;
    await refused({ ...on('08:00', '10:00'), timeZone: 'Mars/Olympus' }).toMatchObject({
      code: 'location.schedule-invalid',
      data: { errors: [{ pointer: '/schedule/timeZone', code: 'zone' }] },
    });
    await refused({ timeZone: 'UTC', week: [] }).toMatchObject({
      data: { errors: [{ pointer: '/schedule/week', code: 'empty' }] },
    });
    const { id } = await draw(null);
    const twice = { timeZone: 'UTC', week: [...on('08:00', '10:00').week, ...on('09:00', '11:00').week] };
    await expect(change(id, { schedule: twice })).rejects.toMatchObject({ data: { errors: [{ code: 'overlap' }] } });
    const foreign = id;
    tenant = newId();
    await expect(change(foreign, { schedule: null })).rejects.toMatchObject({ code: 'location.geofence-not-found' });
  });
});
