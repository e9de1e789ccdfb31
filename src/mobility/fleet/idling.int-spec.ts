import { DAY, FleetDesk, page } from '../../../test/support/fleet-desk';
import { clock } from '../../kernel/clock/clock';
import { CostFiguresModule } from './cost-figures.module';
import { CostsModule } from './costs.module';
import { MakeTripsCommand } from './commands/make-trips';
import { AssignToVehicleCommand, EndAssignmentCommand } from './commands/manage-assignments';
import { EmissionsQuery } from './queries/emissions';
import { IdleCostsQuery } from './queries/idle-costs';
import { DrivingScoresQuery, FindTripQuery, ListTripsQuery } from './queries/trips';
import { UtilisationQuery } from './queries/utilisation';

const METRES = 1 / 111_195;
/** Numbers that look drawn by lot and are always the same (mulberry32). */
function lots(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

describe('idling', () => {
  let desk: FleetDesk;
  beforeAll(async () => {
    desk = await FleetDesk.open([CostsModule, CostFiguresModule]);
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
  /** A track that is told step by step, every ten seconds unless it is said otherwise. */
  class Track {
    readonly told: Told[] = [];
    private metres = 0;
    constructor(private at: number) {}
    fix(speed: number, ignition: boolean | null, step = 10): void {
      this.at += step * 1000;
      this.metres += speed * step;
      const where = { lat: 48 + this.metres * METRES, lng: 16, speed, course: 0, accuracy: 5 };
      const attributes = ignition === null ? {} : { ignition };
      this.told.push({ fixTime: new Date(this.at).toISOString(), ...where, attributes });
    }
    drive(seconds: number, ignition: boolean | null = true): this {
      for (let i = 0; i < seconds; i += 10) this.fix(20, ignition);
      return this;
    }
    stand(seconds: number, ignition: boolean | null, step = 10): this {
      for (let i = 0; i < seconds; i += step) this.fix(0, ignition, step);
      return this;
    }
  }
  const boxed = async (from: Date, more: object = {}) => {
    const [van, trackerId] = [await desk.vehicle(more), await desk.tracker()];
    const device = { kind: 'device' as const, subjectId: trackerId, from, until: null, slot: 1, note: null };
    const { id: deviceId } = await desk.act(new AssignToVehicleCommand(van.id, device));
    return { van, trackerId, deviceId };
  };
  const trips = async () => (await desk.ask(new ListTripsQuery(page()))).data.reverse();
  const idlings = () =>
    desk.rows<{ at: Date; seconds: number }>(
      'select started_at as at, seconds from fleet.idlings where tenant_id = $1 order by started_at',
      [desk.tenant],
    );
  const day = (moment: Date) => moment.toISOString().slice(0, 10);
  const costs = () => desk.ask(new IdleCostsQuery({ from: day(desk.in(-3 * DAY)), to: day(desk.in(2 * DAY)) }));

  it('comes from what a tracker told to what it cost, to the trip before it, its events and its score', async () => {
    const begin = desk.in(-4 * 3_600);
    const { van, trackerId } = await boxed(begin, { fuelType: 'diesel' });
    const track = new Track(begin.getTime()).stand(120, false).drive(3_000).stand(900, true).stand(600, false);
    await desk.tell(trackerId, track.drive(600).stand(240, true).stand(600, false).told);
    await desk.act(new MakeTripsCommand(van.id, begin, desk.in(0)));
    const [first, second, ...others] = await trips();
    expect(others).toEqual([]);
    // A stand of four minutes is none.
    expect([first.idleSeconds, second.idleSeconds]).toEqual([890, 0]);
    const { events } = await desk.ask(new FindTripQuery(first.id));
    expect(events).toMatchObject([
      { kind: 'idling', seconds: 890, peak: 0, at: (await idlings())[0].at.toISOString() },
    ]);
    const report = await costs();
    expect(report.data).toMatchObject([{ vehicleId: van.id, idleSeconds: 890, unit: 'l' }]);
    expect(report.data[0].quantity).toBeCloseTo((890 * report.data[0].rate) / 3_600, 9);
    const span = { from: day(desk.in(-3 * DAY)), to: day(desk.in(2 * DAY)) };
    const use = await desk.ask(new UtilisationQuery({ groupBy: 'vehicle', ...span, threshold: 0.5 }));
    expect(use.data).toMatchObject([{ idleSeconds: 890, engineSeconds: use.data[0].drivingSeconds + 890 }]);
    const period = { from: begin.toISOString(), to: desk.in(0).toISOString() };
    const { data: scores } = await desk.ask(new DrivingScoresQuery({ by: 'vehicle', ...period }));
    const night = (0.5 * scores[0].nightSeconds) / 3_600;
    expect(scores[0].score).toBeCloseTo(
      100 * Math.exp((-((0.2 * 890) / 60 + night) * 1e5) / (first.distance + second.distance) / 100),
      3,
    );
  });

  it('is the same whatever is told when, how often and in which order, and whatever part is made', async () => {
    const begin = desk.in(-30 * 3_600);
    const track = new Track(begin.getTime())
      .stand(700, true)
      .drive(900)
      .stand(420, true)
      .stand(300, false)
      .drive(600)
      .stand(5_000, true)
      .stand(14 * 3_600, false, 300)
      .stand(1_200, true)
      .drive(900)
      .stand(600, null)
      .drive(300)
      .stand(2_400, true);
    const whole = await boxed(begin);
    await desk.tell(whole.trackerId, track.told);
    await desk.act(new MakeTripsCommand(whole.van.id, begin, desk.in(0)));
    const facts = async () => [
      (await trips()).map(({ startedAt, endedAt, distance, idleSeconds }) => [
        startedAt,
        endedAt,
        distance,
        idleSeconds,
      ]),
      (await idlings()).map(({ at, seconds }) => [at, seconds]),
    ];
    const expected = await facts();
    expect(expected[0].map((trip) => trip[3])).toEqual(
      [420, 5_000 + 1_200, 0, 2_390].map((it) => expect.closeTo(it, -2)),
    );
    expect(expected[1]).toHaveLength(5);
    for (let seed = 1; seed <= 4; seed++) {
      await desk.begin();
      const lot = lots(seed);
      const { van, trackerId } = await boxed(begin);
      const last = Date.parse(track.told.at(-1)!.fixTime);
      const made = (from: number, to: number) => desk.act(new MakeTripsCommand(van.id, new Date(from), new Date(to)));
      // Parts in any order, some of them twice; after each, any part is made.
      const parts: Told[][] = [];
      for (let at = 0; at < track.told.length;) {
        const size = 20 + Math.floor(lot() * 300);
        parts.push(track.told.slice(at, at + size));
        at += size;
      }
      const order = [...parts, ...parts.filter(() => lot() < 0.3)].map((part) => ({ part, key: lot() }));
      for (const { part } of order.sort((a, b) => a.key - b.key)) {
        await desk.tell(trackerId, lot() < 0.5 ? part : [...part].reverse());
        const from = begin.getTime() + lot() * (last - begin.getTime());
        await made(from, from + 600_000 + lot() * 6 * 3_600_000);
      }
      // In the end all is made once, in parts that cut trips, stops and idling anywhere.
      for (let from = begin.getTime(); from < last;) {
        const to = from + 900_000 + lot() * 3 * 3_600_000;
        await made(from, to);
        from = to;
      }
      expect(await facts()).toEqual(expected);
    }
  });

  it('of a stop that has not ended goes on with it, hours after the trip', async () => {
    const begin = desk.in(-3_600);
    const { trackerId } = await boxed(begin);
    const track = new Track(begin.getTime()).drive(900).stand(900, true);
    await desk.tell(trackerId, track.told.splice(0));
    clock.setOffset(900);
    await desk.settle();
    expect((await trips()).map(({ idleSeconds }) => idleSeconds)).toEqual([890]);
    await desk.tell(trackerId, track.stand(1_200, true).told.splice(0));
    clock.setOffset(2_400);
    await desk.settle();
    expect((await trips()).map(({ idleSeconds }) => idleSeconds)).toEqual([2_090]);
    // It is switched off over night; next morning it warms up for a quarter of an hour and drives off.
    track
      .stand(15 * 3_600, false, 600)
      .stand(900, true)
      .drive(600);
    clock.setOffset(17 * 3_600);
    await desk.tell(trackerId, track.told.splice(0));
    await desk.settle();
    expect((await trips()).map(({ idleSeconds }) => idleSeconds)).toEqual([2_090 + 890, 0]);
    expect((await costs()).idleSeconds).toBe(2_090 + 890);
  });

  it('counts where nothing was ever driven, and nothing where the device does not say that the engine runs', async () => {
    const begin = desk.in(-2 * 3_600);
    const [digger, quiet] = [
      await boxed(begin, { class: 'machine', fuelType: 'diesel', consumptionNorm: 8 }),
      await boxed(begin),
    ];
    await desk.tell(digger.trackerId, new Track(begin.getTime()).stand(3_600, true, 60).told);
    await desk.tell(quiet.trackerId, new Track(begin.getTime()).drive(600, null).stand(3_600, null, 60).told);
    for (const { van } of [digger, quiet]) await desk.act(new MakeTripsCommand(van.id, begin, desk.in(0)));
    expect((await costs()).data).toMatchObject([{ vehicleId: digger.van.id, idleSeconds: 3_540, idleShare: 1 }]);
    expect((await trips()).map(({ idleSeconds }) => idleSeconds)).toEqual([0]);
    // A machine burns by the hour of its engine.
    const span = { from: day(desk.in(-3 * DAY)), to: day(desk.in(2 * DAY)) };
    const { data } = await desk.ask(new EmissionsQuery({ groupBy: 'vehicle', ...span, vehicleId: [digger.van.id] }));
    expect(data).toMatchObject([{ tankToWheel: expect.closeTo((3_540 / 3_600) * 8 * 2.67, 2), methods: ['norm'] }]);
  });

  it('and trips stay with a vehicle whose former tracker was deleted, and those of the next are made', async () => {
    const begin = desk.in(-5 * 3_600);
    const { van, trackerId, deviceId } = await boxed(begin);
    await desk.tell(trackerId, new Track(begin.getTime()).drive(600).stand(600, true).stand(300, false).told);
    const made = () => desk.act(new MakeTripsCommand(van.id, begin, desk.in(0)));
    await made();
    const moved = desk.in(-2 * 3_600);
    await desk.act(new EndAssignmentCommand(van.id, deviceId, moved));
    const next = await desk.tracker();
    const device = { kind: 'device' as const, subjectId: next, from: moved, until: null, slot: 1, note: null };
    await desk.act(new AssignToVehicleCommand(van.id, device));
    await desk.dropTracker(trackerId);
    await desk.tell(next, new Track(moved.getTime()).drive(600).stand(900, true).told);
    expect(await made()).toEqual({ trips: 1 });
    await desk.settle();
    expect(await made()).toEqual({ trips: 1 });
    expect((await trips()).map((trip) => [trip.trackerId, trip.idleSeconds])).toEqual([
      [trackerId, 590],
      [next, 890],
    ]);
    clock.setOffset(1_200);
    await desk.settle();
    expect(await trips()).toHaveLength(2);
  });
});
