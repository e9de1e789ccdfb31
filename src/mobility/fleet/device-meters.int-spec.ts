import { DAY, FleetDesk, page, refused } from '../../../test/support/fleet-desk';
import { STOCK_MODULES } from '../../../test/support/fleet-stock';
import { clock } from '../../kernel/clock/clock';
import { DeviceMeters } from './commands/device-meters';
import { AssignToVehicleCommand, EndAssignmentCommand } from './commands/manage-assignments';
import { CreateMaintenancePlanCommand, ScheduleMaintenanceCommand } from './commands/manage-maintenance';
import { RecordReadingCommand } from './commands/record-reading';
import type { Meter } from './domain/meter';
import { MaintenanceModule } from './maintenance.module';
import { FindScheduleQuery } from './queries/maintenance';
import { ListReadingsQuery } from './queries/readings';
import { FindVehicleQuery } from './queries/vehicles';
import { ListWorkOrdersQuery } from './queries/work-orders';

const METRES = 1 / 111_195;
const KM = 1_000;
const HOUR = 3_600;

describe('meters by trackers', () => {
  let desk: FleetDesk;
  beforeAll(async () => {
    desk = await FleetDesk.open([MaintenanceModule, ...STOCK_MODULES]);
  });
  afterAll(() => desk.app.close());
  beforeEach(() => desk.begin());
  afterEach(() => clock.setOffset(0));

  const put = (vehicleId: string, subjectId: string, from: Date, until: Date | null = null) =>
    desk.act(new AssignToVehicleCommand(vehicleId, { kind: 'device', subjectId, from, until, slot: 1, note: null }));
  const boxed = async (from: Date, more: object = {}) => {
    const [van, trackerId] = [await desk.vehicle(more), await desk.tracker()];
    const { id: deviceId } = await put(van.id, trackerId, from);
    return { van, trackerId, deviceId };
  };
  /** A position so many seconds after a moment, where the vehicle is after so many metres. */
  const fix = (start: Date, seconds: number, metres: number, speed: number, attributes: object) => ({
    ...{ fixTime: new Date(start.getTime() + seconds * 1000).toISOString(), lng: 16, accuracy: 5, speed, attributes },
    lat: -80 + ((metres * METRES) % 160),
  });
  /** An hour at 25 m/s from a minute on, a position a minute, then ten minutes of standing. */
  const hour = (start: Date, say: (metres: number, seconds: number) => object, metres = 0) =>
    Array.from({ length: 71 }, (_, i) => {
      const driven = Math.min(i, 60) * 1_500;
      return fix(start, i * 60, metres + driven, i < 60 ? 25 : 0, say(driven, i * 60));
    });
  const read = (vehicleId: string, meter: Meter, shown: number, at = desk.in(0)) =>
    desk.act(new RecordReadingCommand(vehicleId, { meter, kind: 'reading', shown, at, reason: null }));
  const meters = async (vehicleId: string) => {
    const { odometerMetres, engineSeconds } = await desk.ask(new FindVehicleQuery(vehicleId));
    return [odometerMetres, engineSeconds];
  };
  const readings = async (vehicleId: string, meter: Meter = 'odometer') =>
    (await desk.ask(new ListReadingsQuery(vehicleId, page({ meter: [meter] })))).data.map((one) => [
      ...[one.source, one.kind, one.shown, one.total],
    ]);
  const later = async (seconds: number): Promise<void> => {
    clock.setOffset(seconds);
    await desk.settle();
  };
  const scheduled = async (vehicleId: string, every: object) => {
    const intervals = { everyDays: null, everyMetres: null, everySeconds: null, ...every };
    const plan = { name: 'Service', tasks: [], ...intervals, leadPercent: 10, currency: 'EUR' };
    const { id: planId } = await desk.act(new CreateMaintenancePlanCommand(plan));
    return (await desk.act(new ScheduleMaintenanceCommand({ planId, vehicleId }))).id;
  };
  const orders = async () => (await desk.ask(new ListWorkOrdersQuery(page()))).data;

  it('make a service due after 30,000 km that nobody typed, once', async () => {
    const begin = desk.in(0);
    const { van, trackerId } = await boxed(begin);
    await read(van.id, 'odometer', 50_000 * KM, desk.in(-60));
    const scheduleId = await scheduled(van.id, { everyMetres: 30_000 * KM });
    // Twelve days, each with one position at its beginning and one at its end, 2,600 km apart.
    for (let day = 0; day < 12; day++) {
      const driven = day * 2_600 * KM;
      const odometer = (metres: number) => ({ odometer: 50_000 * KM + metres, ignition: true });
      const morning = new Date(begin.getTime() + day * DAY * 1000);
      clock.setOffset((day + 1) * DAY - 60);
      await desk.tell(trackerId, [
        fix(morning, 60, driven, 30, odometer(driven)),
        fix(morning, 86_000, driven + 2_600 * KM, 0, odometer(driven + 2_600 * KM)),
      ]);
      await desk.settle();
      const { state } = await desk.ask(new FindScheduleQuery(scheduleId));
      expect([day, state]).toEqual([day, day < 10 ? 'ok' : day < 11 ? 'upcoming' : 'due']);
    }
    expect(await meters(van.id)).toEqual([81_200 * KM, 0]);
    expect((await orders()).map(({ title }) => title)).toEqual(['Service']);
  });

  it('go on over an exchanged tracker and a reset, and take nothing that comes out of order for one', async () => {
    const begin = desk.in(-10 * HOUR);
    const { van, trackerId, deviceId } = await boxed(begin);
    const first = hour(begin, (metres) => ({ odometer: 700_000 * KM + metres }));
    await desk.tell(trackerId, first.slice(30));
    await later(900);
    expect(await meters(van.id)).toEqual([700_090 * KM, 0]);
    await desk.tell(trackerId, [...first.slice(0, 30)].reverse());
    await later(1_800);
    expect(await meters(van.id)).toEqual([700_090 * KM, 0]);
    // Reset, and 90 km.
    const second = new Date(begin.getTime() + 2 * HOUR * 1000);
    await desk.tell(
      trackerId,
      hour(second, (metres) => ({ odometer: metres }), 90 * KM),
    );
    await later(2 * HOUR);
    expect(await meters(van.id)).toEqual([700_180 * KM, 0]);
    // Another tracker, whose count is of another vehicle.
    const moved = new Date(begin.getTime() + 5 * HOUR * 1000);
    await desk.act(new EndAssignmentCommand(van.id, deviceId, moved));
    const next = await desk.tracker();
    await put(van.id, next, moved);
    await desk.tell(
      next,
      hour(moved, (metres) => ({ odometer: 3 * KM + metres }), 180 * KM),
    );
    await later(3 * HOUR);
    await later(4 * HOUR);
    expect(await meters(van.id)).toEqual([700_270 * KM, 0]);
    const totals = (await readings(van.id)).map((one) => one[3] as number);
    expect(totals).toEqual([...totals].sort((a, b) => b - a));
    expect((await readings(van.id)).every(([source, kind]) => source === 'device' && kind === 'reading')).toBe(true);
  });

  it('are the same however often, in whatever parts they are followed', async () => {
    const begin = desk.in(-6 * HOUR);
    const { van, trackerId } = await boxed(begin);
    const say = (metres: number, seconds: number) => ({
      odometer: 40_000 * KM + metres,
      hours: (seconds + 9_000) * 1000,
      ignition: seconds < 4_000,
    });
    await desk.tell(trackerId, hour(begin, say));
    const follow = (from: number, to: number) =>
      desk.inside(() => desk.app.get(DeviceMeters).follow(van.id, desk.in(from * 60), desk.in(to * 60)));
    for (let at = -360; at < -280; at += 7) {
      await follow(at - 15, at);
      await follow(at - 15, at);
    }
    await follow(-360, 0);
    expect(await meters(van.id)).toEqual([40_090 * KM, 9_000 + 70 * 60]);
    const before = [await readings(van.id), await readings(van.id, 'engine_hours')];
    await follow(-360, 0);
    await later(2 * HOUR);
    expect([await readings(van.id), await readings(van.id, 'engine_hours')]).toEqual(before);
  });

  it('count on from what people read, which comes first', async () => {
    const begin = desk.in(-6 * HOUR);
    const { van, trackerId } = await boxed(begin);
    await read(van.id, 'odometer', 120_000 * KM, desk.in(-30 * HOUR));
    // The tracker counts since it was built in.
    await desk.tell(
      trackerId,
      hour(begin, (metres) => ({ totalDistance: 300 * KM + metres })),
    );
    await later(900);
    expect(await meters(van.id)).toEqual([120_090 * KM, 0]);
    // It shows less than was reckoned, which is a correction; less than was read is none.
    await expect(read(van.id, 'odometer', 119_000 * KM)).rejects.toEqual(refused('meter-backwards'));
    await read(van.id, 'odometer', 120_080 * KM);
    expect((await readings(van.id))[0]).toEqual(['manual', 'correction', 120_080 * KM, 120_080 * KM]);
    // And on from there: what was driven before it counts no more.
    const second = desk.in(60);
    clock.setOffset(3 * HOUR);
    await desk.tell(
      trackerId,
      hour(second, (metres) => ({ totalDistance: 390 * KM + metres }), 90 * KM),
    );
    await later(3 * HOUR + 1_200);
    expect(await meters(van.id)).toEqual([120_170 * KM, 0]);
    await desk.act(
      new RecordReadingCommand(van.id, {
        meter: 'odometer',
        kind: 'replacement',
        shown: 5 * KM,
        at: desk.in(0),
        reason: 'New',
      }),
    );
    expect(await meters(van.id)).toEqual([120_170 * KM, 0]);
  });

  it('are those of the vehicle where the tracker reads them, so that what was driven since the last reading counts', async () => {
    const begin = desk.in(-6 * HOUR);
    const { van, trackerId } = await boxed(begin);
    await read(van.id, 'odometer', 120_000 * KM, desk.in(-30 * HOUR));
    await desk.tell(
      trackerId,
      hour(begin, (metres) => ({ odometer: 120_400 * KM + metres })),
    );
    await later(900);
    expect(await meters(van.id)).toEqual([120_490 * KM, 0]);
  });

  it('are reckoned from trips and idling where the vehicle is set to that, and left alone where people type', async () => {
    const begin = desk.in(-9 * HOUR);
    const say = () => ({ ignition: true });
    const vans = await Promise.all(
      ['estimated', 'device', 'typed'].map((metersFrom) => boxed(begin, { name: metersFrom, metersFrom })),
    );
    const [{ van, trackerId }] = vans;
    await read(van.id, 'odometer', 10_000 * KM, desk.in(-24 * HOUR));
    // An hour, a silence of three with the ignition on at both ends, another hour that comes late.
    const [first, second] = [begin, new Date(begin.getTime() + 4 * HOUR * 1000 + 600_000)];
    for (const one of vans) await desk.tell(one.trackerId, hour(second, say, 90 * KM));
    await later(900);
    const [half] = await meters(van.id);
    expect(half).toBeGreaterThan(10_085 * KM);
    expect(half).toBeLessThan(10_092 * KM);
    await desk.tell(trackerId, hour(first, say));
    await later(1_800);
    await desk.tell(trackerId, [fix(second, 71 * 60, 180 * KM, 0, say())]);
    await later(2 * HOUR);
    const third = desk.in(-1_800);
    await desk.tell(trackerId, hour(third, say, 180 * KM).slice(0, 25));
    await later(3 * HOUR);
    const [metres, seconds] = await meters(van.id);
    expect(Math.abs(metres - 10_216 * KM)).toBeLessThan(4 * KM);
    // Two hours and 24 minutes of driving, twice ten of idling; of the silence nothing.
    expect(Math.abs(seconds - (2 * HOUR + 24 * 60 + 20 * 60))).toBeLessThan(300);
    expect((await readings(van.id)).slice(0, -1).every(([source]) => source === 'estimate')).toBe(true);
    for (const { van: other } of vans.slice(1)) expect(await meters(other.id)).toEqual([0, 0]);
  });

  it('make maintenance due by engine hours, told by a tracker or read by people', async () => {
    const begin = desk.in(-6 * HOUR);
    const [{ van, trackerId }, digger] = [await boxed(begin), await desk.vehicle({ name: 'Digger', class: 'machine' })];
    await read(van.id, 'engine_hours', 1_000 * HOUR, desk.in(-7 * HOUR));
    const told = await scheduled(van.id, { everySeconds: HOUR });
    await read(digger.id, 'engine_hours', 500 * HOUR, desk.in(-7 * HOUR));
    const typed = await scheduled(digger.id, { everySeconds: 100 * HOUR });
    await desk.tell(
      trackerId,
      hour(begin, (_metres, seconds) => ({ hours: (70 * HOUR + seconds) * 1000, ignition: seconds < 4_000 })),
    );
    await later(900);
    expect((await meters(van.id))[1]).toBe(1_000 * HOUR + 70 * 60);
    expect(await desk.ask(new FindScheduleQuery(told))).toMatchObject({ state: 'due', dueBy: 'engine_hours' });
    await read(digger.id, 'engine_hours', 595 * HOUR, desk.in(-60));
    await desk.settle();
    expect(await desk.ask(new FindScheduleQuery(typed))).toMatchObject({ state: 'upcoming', dueBy: 'engine_hours' });
    await read(digger.id, 'engine_hours', 600 * HOUR);
    await desk.settle();
    expect(await desk.ask(new FindScheduleQuery(typed))).toMatchObject({ state: 'due', dueBy: 'engine_hours' });
    expect(await orders()).toHaveLength(2);
    expect(await readings(digger.id, 'engine_hours')).toHaveLength(3);
  });

  it('leave the version of the vehicle to people', async () => {
    const begin = desk.in(-3 * HOUR);
    const { van, trackerId } = await boxed(begin);
    await desk.tell(
      trackerId,
      hour(begin, (metres) => ({ odometer: KM + metres })),
    );
    await later(900);
    const { version, odometerMetres } = await desk.ask(new FindVehicleQuery(van.id));
    expect([version, odometerMetres]).toEqual([van.version, 91 * KM]);
  });
});
