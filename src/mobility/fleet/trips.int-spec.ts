import { DAY, FleetDesk, page, refused } from '../../../test/support/fleet-desk';
import { clock } from '../../kernel/clock/clock';
import { newId } from '../../kernel/ids/ids';
import { MakeTripsCommand } from './commands/make-trips';
import { AssignToVehicleCommand, EndAssignmentCommand } from './commands/manage-assignments';
import { MoveFleetVehicleCommand } from './commands/manage-vehicles';
import { hourTurned } from './domain/following';
import { DrivingScoresQuery, FindTripQuery, ListTripsQuery } from './queries/trips';

const METRES = 1 / 111_195;

describe('trips', () => {
  let desk: FleetDesk;
  beforeAll(async () => {
    desk = await FleetDesk.open();
  });
  afterAll(() => desk.app.close());
  beforeEach(() => desk.begin());
  afterEach(() => clock.setOffset(0));

  interface Told {
    fixTime: string;
    lat: number;
    lng: number;
    speed: number;
    course: number;
    accuracy: number;
    attributes: object;
  }
  /** Stands, drives north at 25 m/s for so many steps of 10 s, brakes with 0.5 g, and stands. */
  const driveFrom = (start: number, steps: number, driven = 0): Told[] => {
    const fixes: Told[] = [];
    let [at, metres] = [start, driven];
    const fix = (seconds: number, speed: number): void => {
      at += seconds * 1000;
      metres += speed * seconds;
      const attributes = { ignition: true };
      const where = { lat: 48 + metres * METRES, lng: 16, speed, course: 0, accuracy: 5 };
      fixes.push({ fixTime: new Date(at).toISOString(), ...where, attributes });
    };
    for (let i = 0; i < 20; i++) fix(10, 0);
    for (let i = 0; i < steps; i++) fix(10, 25);
    for (const speed of [25, 25, 20.1, 15.2, 10.3, 10.3, 10.3, 8, 6, 4, 2, 0]) fix(1, speed);
    for (let i = 0; i < 40; i++) fix(10, 0);
    return fixes;
  };
  const assign = (vehicleId: string, kind: 'device' | 'driver', subjectId: string, from: Date, until: Date | null) =>
    desk.act(new AssignToVehicleCommand(vehicleId, { kind, subjectId, from, until, slot: 1, note: null }));
  const boxed = async (from: Date, until: Date | null = null) => {
    const [van, dora, trackerId] = [await desk.vehicle(), await desk.driver(), await desk.tracker()];
    const { id: deviceId } = await assign(van.id, 'device', trackerId, from, until);
    await assign(van.id, 'driver', dora.id, from, null);
    return { van, dora, trackerId, deviceId };
  };
  const trips = async () => (await desk.ask(new ListTripsQuery(page()))).data;

  it('are the same however the positions came, keep their ids, and make a score', async () => {
    const begin = desk.in(-4 * 3_600);
    const { van, dora, trackerId } = await boxed(begin);
    const fixes = driveFrom(begin.getTime(), 240);
    const early = fixes.filter((_, i) => (i < 60 || i % 3 !== 1) && i < 180);
    await desk.tell(trackerId, early);
    await desk.act(new MakeTripsCommand(van.id, begin, desk.in(-3_600 * 2.5)));
    const [first] = await trips();
    // The rest, newest first and some of it twice: what was under way goes on.
    await desk.tell(trackerId, [...fixes].reverse());
    const made = () => desk.act(new MakeTripsCommand(van.id, desk.in(-3.5 * 3_600), desk.in(0)));
    expect(await made()).toEqual({ trips: 1 });
    const [whole, ...others] = await trips();
    expect(others).toEqual([]);
    expect(whole).toMatchObject({ id: first.id, driverId: dora.id, harshBraking: 1, harshAcceleration: 0 });
    expect(whole.distance).toBeGreaterThan(59_500);
    expect(whole.distance).toBeLessThan(61_000);
    await made();
    expect(await trips()).toEqual([whole]);
    const { events } = await desk.ask(new FindTripQuery(whole.id));
    expect(events.map(({ kind, peak }) => [kind, Math.round(peak * 10) / 10])).toEqual([
      ['harsh_braking', 0.5],
      ['idling', 0],
    ]);
    expect(whole.idleSeconds).toBe(400);
    const period = { from: begin.toISOString(), to: desk.in(0).toISOString() };
    const { data } = await desk.ask(new DrivingScoresQuery({ by: 'driver', ...period }));
    expect(data).toMatchObject([{ subjectId: dora.id, name: 'Dora Driver', trips: 1, harshBraking: 1 }]);
    expect(data[0].score).toBeCloseTo(
      100 * Math.exp((-(2 + (0.5 * whole.nightSeconds) / 3_600 + (0.2 * 400) / 60) * 1e5) / whole.distance / 100),
      6,
    );
    expect((await desk.ask(new DrivingScoresQuery({ by: 'vehicle', ...period }))).data[0].subjectId).toBe(van.id);
  });

  it('follow the track by themselves, and a batch that comes some hours late', async () => {
    const begin = desk.in(-1_800);
    const { trackerId } = await boxed(begin);
    const fixes = driveFrom(begin.getTime(), 60);
    await desk.tell(trackerId, fixes.slice(0, 40));
    clock.setOffset(900);
    await desk.settle();
    const [early] = await trips();
    clock.setOffset(4 * 3_600);
    await desk.settle();
    await desk.tell(trackerId, fixes.slice(40));
    clock.setOffset(5 * 3_600);
    await desk.settle();
    const [late, ...others] = await trips();
    expect(others).toEqual([]);
    expect(late.id).toBe(early.id);
    expect(late.distance).toBeGreaterThan(early.distance + 5_000);
  });

  it('show within two minutes of a stop, and where nothing was told nobody follows', async () => {
    const begin = desk.in(-1_800);
    const { van, trackerId } = await boxed(begin);
    const made = async () =>
      (
        await desk.rows<{ at: Date }>('select made_until as at from fleet.trip_followers where tenant_id = $1', [
          desk.tenant,
        ])
      )[0].at;
    clock.setOffset(125);
    await desk.settle();
    const followed = await made();
    clock.setOffset(250);
    await desk.settle();
    // Unless its hour turned just then.
    if (!hourTurned(van.id, followed.getTime(), desk.in(0).getTime())) expect(await made()).toEqual(followed);
    // A tracker that was out of reach tells all at once what was meanwhile.
    await desk.tell(trackerId, driveFrom(desk.in(-2_000).getTime(), 60));
    clock.setOffset(375);
    await desk.settle();
    expect((await trips())[0].distance).toBeGreaterThan(14_000);
    expect((await made()) > followed).toBe(true);
  });

  it('go on while another tracker is planned, and after the plan is there', async () => {
    const begin = desk.in(-1_800);
    const { van, trackerId } = await boxed(begin, desk.in(2 * DAY));
    await desk.tell(trackerId, driveFrom(begin.getTime(), 60));
    await assign(van.id, 'device', await desk.tracker(), desk.in(2 * DAY), null);
    clock.setOffset(900);
    await desk.settle();
    expect(await trips()).toHaveLength(1);
    // Its harsh braking is told once, however often the trip is made.
    clock.setOffset(1_600);
    await desk.settle();
    const alerts = await desk.rows<{ payload: { kind: string } }>(
      `select payload from kernel.events where tenant_id = $1 and type = 'fleet.driving-alert.v1'`,
      [desk.tenant],
    );
    expect(alerts.map(({ payload }) => payload.kind)).toEqual(['harsh_braking']);
  });

  it('stay whole and there when a period is made that ends within one, or from which no positions are left', async () => {
    const begin = desk.in(-3 * 3_600);
    const { van, trackerId } = await boxed(begin);
    await desk.tell(trackerId, driveFrom(begin.getTime(), 240));
    const made = (from: Date, to: Date) => desk.act(new MakeTripsCommand(van.id, from, to));
    const at = (seconds: number) => new Date(begin.getTime() + seconds * 1000);
    expect(await made(begin, at(1_500))).toEqual({ trips: 1 });
    const [whole] = await trips();
    expect(whole.distance).toBeGreaterThan(59_500);
    // It ends within the trip, or before the trip shows.
    for (const seconds of [600, 900, 2_400, 206]) await made(begin, at(seconds));
    expect(await trips()).toEqual([whole]);
    await expect(made(desk.in(-500 * DAY), desk.in(-499 * DAY))).rejects.toEqual(refused('trips-too-old'));
  });

  it('are made though the tracker tells more than can be read at once', async () => {
    const begin = desk.in(-5 * 3_600);
    const { trackerId } = await boxed(begin);
    await desk.plant(
      `insert into location.positions (tenant_id, id, tracker_id, fix_at, received_at, lat, lng, attributes)
       select $1, kernel.uuid_at(t.at), $2, t.at, t.at, 48, 16, '{}' from (
         select $3::timestamptz + make_interval(secs => n / 10.0) as at from generate_series(1, 50001) n) t`,
      [desk.tenant, trackerId, begin],
    );
    await desk.tell(trackerId, driveFrom(begin.getTime() + 2 * 3_600_000, 60));
    clock.setOffset(900);
    await desk.settle();
    expect(await trips()).toHaveLength(1);
  }, 180_000);

  it('belong to the vehicle that the tracker was in, also where that is said later', async () => {
    const begin = desk.in(-2 * 3_600);
    const { van, trackerId, deviceId } = await boxed(begin);
    const end = (until: Date | null) => desk.act(new EndAssignmentCommand(van.id, deviceId, until));
    await desk.tell(trackerId, driveFrom(begin.getTime(), 60));
    await desk.tell(trackerId, driveFrom(begin.getTime() + 3_600_000, 60, 15_136));
    clock.setOffset(900);
    await desk.settle();
    expect(await trips()).toHaveLength(2);
    // It went to the bus before the second trip.
    const moved = new Date(begin.getTime() + 2_400_000);
    await end(moved);
    const bus = await desk.vehicle({ name: 'Bus', class: 'bus' });
    await assign(bus.id, 'device', trackerId, moved, null);
    clock.setOffset(1_800);
    await desk.settle();
    expect((await trips()).map(({ vehicleId }) => vehicleId)).toEqual([bus.id, van.id]);
  });

  it('are followed again where an assignment is reopened, which a retired vehicle refuses', async () => {
    const begin = desk.in(-1_800);
    const { van, trackerId, deviceId } = await boxed(begin, desk.in(60));
    clock.setOffset(12 * 3_600);
    await desk.settle();
    await desk.act(new EndAssignmentCommand(van.id, deviceId, null));
    const now = desk.in(0);
    await desk.tell(trackerId, driveFrom(now.getTime() - 1_800_000, 60));
    clock.setOffset(12.5 * 3_600);
    await desk.settle();
    expect(await trips()).toHaveLength(1);
    await desk.act(new MoveFleetVehicleCommand(van.id, 'retired', null));
    await expect(desk.act(new EndAssignmentCommand(van.id, deviceId, null))).rejects.toEqual(
      refused('vehicle-retired'),
    );
  });

  it('make scores of which the worst are told first, of more than are told', async () => {
    await desk.plant(
      `with v as (insert into fleet.vehicles (tenant_id, id, kind, name, name_key, class, fuel_type, state, state_since, created_at,
           updated_at, version)
         select $1, gen_random_uuid(), 'vehicle', 'V' || n, 'v' || n, 'van', 'diesel', 'in_service', $2, $2, $2, 1
         from generate_series(1, 600) n returning id, name)
       insert into fleet.trips (tenant_id, id, vehicle_id, tracker_id, started_at, ended_at, start_lat, start_lng, end_lat, end_lng,
         distance_metres, max_speed, gap, harsh_braking, class, low_resolution, made_at)
       select $1, gen_random_uuid(), v.id, v.id, $2, $2::timestamptz + interval '1 hour', 48, 16, 48, 16,
         case when v.name = 'V600' then 10 else 100000 end, 20, false, substr(v.name, 2)::int, 'van', false, $2 from v`,
      [desk.tenant, desk.in(-7_200)],
    );
    const period = { from: desk.in(-DAY).toISOString(), to: desk.in(0).toISOString() };
    const { data } = await desk.ask(new DrivingScoresQuery({ by: 'vehicle', ...period }));
    expect(data.map(({ name }) => name)).toEqual(Array.from({ length: 500 }, (_, i) => `V${599 - i}`));
  });

  it('are shown to those who drove them, and made for a week at most', async () => {
    const userId = await desk.member();
    const { van, trackerId } = await boxed(desk.in(-3_600));
    await desk.tell(trackerId, driveFrom(desk.in(-3_600).getTime(), 60));
    await desk.act(new MakeTripsCommand(van.id, desk.in(-3_600), desk.in(0)));
    const [trip] = await trips();
    expect((await desk.as(userId, new ListTripsQuery(page()))).data).toEqual([]);
    await expect(desk.as(userId, new FindTripQuery(trip.id))).rejects.toEqual(refused('trip-not-found'));
    await expect(desk.act(new MakeTripsCommand(van.id, desk.in(-8 * DAY), desk.in(0)))).rejects.toEqual(
      refused('trips-period'),
    );
    await expect(desk.act(new MakeTripsCommand(newId(), desk.in(-DAY), desk.in(0)))).rejects.toEqual(
      refused('vehicle-not-found'),
    );
  });
});
