import { DAY, FleetDesk, page, refused } from '../../../test/support/fleet-desk';
import { clock } from '../../kernel/clock/clock';
import { newId } from '../../kernel/ids/ids';
import { MakeTripsCommand } from './commands/make-trips';
import { AssignToVehicleCommand } from './commands/manage-assignments';
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
  const driveFrom = (start: number, steps: number): Told[] => {
    const fixes: Told[] = [];
    let [at, metres] = [start, 0];
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
  const boxed = async (from: Date) => {
    const [van, dora, trackerId] = [await desk.vehicle(), await desk.driver(), await desk.tracker()];
    for (const [kind, subjectId] of [
      ['device', trackerId],
      ['driver', dora.id],
    ] as const)
      await desk.act(new AssignToVehicleCommand(van.id, { kind, subjectId, from, until: null, slot: 1, note: null }));
    return { van, dora, trackerId };
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
    expect(events.map(({ kind, peak }) => [kind, Math.round(peak * 10) / 10])).toEqual([['harsh_braking', 0.5]]);
    const period = { from: begin.toISOString(), to: desk.in(0).toISOString() };
    const { data } = await desk.ask(new DrivingScoresQuery({ by: 'driver', ...period }));
    expect(data).toMatchObject([{ subjectId: dora.id, name: 'Dora Driver', trips: 1, harshBraking: 1 }]);
    expect(data[0].score).toBeCloseTo(
      100 * Math.exp((-(2 + (0.5 * whole.nightSeconds) / 3_600) * 1e5) / whole.distance / 100),
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
