import { DAY, FleetDesk, page, refused } from '../../../test/support/fleet-desk';
import { skewed } from '../../../test/support/skew';
import { clock } from '../../kernel/clock/clock';
import { newId } from '../../kernel/ids/ids';
import { FindTrackersQuery } from '../location/contracts/trackers';
import { DeviceDesk } from './commands/device-desk';
import { MakeTripsCommand } from './commands/make-trips';
import { AssignToVehicleCommand, DeleteAssignmentCommand } from './commands/manage-assignments';
import { MoveFleetVehicleCommand } from './commands/manage-vehicles';
import { ListTripsQuery } from './queries/trips';

const METRES = 1 / 111_195;

describe('trackers that are entered with a vehicle', () => {
  let desk: FleetDesk;
  beforeAll(async () => {
    desk = await FleetDesk.open();
  });
  afterAll(() => desk.app.close());
  beforeEach(() => desk.begin());
  afterEach(() => clock.setOffset(0));

  /** Ten minutes at 20 m/s, then ten of standing. */
  const drive = (start: Date, metres = 0) =>
    Array.from({ length: 120 }, (_, i) => ({
      ...{ fixTime: new Date(start.getTime() + i * 10_000).toISOString(), lng: 16, accuracy: 5 },
      ...{ lat: 48 + (metres + Math.min(i, 60) * 200) * METRES, speed: i < 60 ? 20 : 0 },
    }));
  const tripsOf = async (vehicleId: string) =>
    (await desk.ask(new ListTripsQuery(page({ vehicleId: [vehicleId] })))).data;
  const periods = (trackerId: string) =>
    desk.rows<{ vehicle_id: string; from: Date; until: Date | null }>(
      `select vehicle_id, lower(during) as "from", upper(during) as until from fleet.assignments
       where tenant_id = $1 and tracker_id = $2 order by lower(during)`,
      [desk.tenant, trackerId],
    );
  const toldVehicle = async (trackerId: string) =>
    (await desk.ask(new FindTrackersQuery({ ids: [trackerId] })))[0].vehicleId;
  const later = async (seconds: number): Promise<void> => {
    clock.setOffset(seconds);
    await desk.settle();
  };

  it('have trips of that vehicle, of what they tell of the day before too', async () => {
    const van = await desk.vehicle();
    const trackerId = await desk.tracker(van.id);
    await desk.tell(trackerId, drive(desk.in(-5 * 3_600)));
    await desk.tell(trackerId, drive(desk.in(-1_800), 12_000));
    await desk.settle();
    expect(await toldVehicle(trackerId)).toBe(van.id);
    await later(900);
    expect((await tripsOf(van.id)).map((trip) => trip.trackerId)).toEqual([trackerId, trackerId]);
  });

  it('leave the vehicle before from then on, and are in none where that is said', async () => {
    const [van, bus] = [await desk.vehicle(), await desk.vehicle({ name: 'Bus', class: 'bus' })];
    const trackerId = await desk.tracker(van.id);
    await later(3_600);
    await desk.giveTracker(trackerId, bus.id);
    await later(7_200);
    await desk.giveTracker(trackerId, null);
    await desk.settle();
    const [first, second, ...others] = await periods(trackerId);
    expect(others).toEqual([]);
    expect([first.vehicle_id, second.vehicle_id]).toEqual([van.id, bus.id]);
    expect(first.until).toEqual(second.from);
    expect(second.until!.getTime() - second.from.getTime()).toBeCloseTo(3_600_000, -5);
    await desk.tell(trackerId, drive(new Date(second.from.getTime() + 600_000)));
    await later(8_400);
    expect([(await tripsOf(van.id)).length, (await tripsOf(bus.id)).length]).toEqual([0, 1]);
    await desk.dropTracker(trackerId);
  });

  it('take the place of the one that is there, and of its time nothing', async () => {
    const van = await desk.vehicle();
    const before = await desk.tracker(van.id);
    await later(600);
    const trackerId = await desk.tracker(van.id);
    await desk.settle();
    const [[left], [came]] = [await periods(before), await periods(trackerId)];
    expect(left.until).toEqual(came.from);
    expect([await toldVehicle(before), await toldVehicle(trackerId)]).toEqual([null, van.id]);
    // Once it was empty for a while, from when it became so.
    await desk.giveTracker(trackerId, null);
    await later(1_200);
    const third = await desk.tracker(van.id);
    await desk.settle();
    expect((await periods(third))[0].from).toEqual((await periods(trackerId))[0].until);
  });

  it('are assigned once however often that is told, stay until a plan begins, and give way to what is said later', async () => {
    const [van, bus] = [await desk.vehicle(), await desk.vehicle({ name: 'Bus' })];
    const planned = desk.in(2 * DAY);
    const request = { kind: 'device' as const, subjectId: await desk.tracker(), until: null, slot: 1, note: null };
    await desk.act(new AssignToVehicleCommand(van.id, { ...request, from: planned }));
    const trackerId = await desk.tracker(van.id);
    await desk.settle();
    const [period] = await periods(trackerId);
    expect(period.until).toEqual(planned);
    const again = (vehicleId: string | null, at: Date) =>
      desk.inside((tx) => desk.app.get(DeviceDesk).give(tx, { trackerId, vehicleId, entered: true, at }));
    const told = new Date(period.from.getTime() + DAY * 1000);
    for (let i = 0; i < 3; i++) await again(van.id, told);
    expect(await periods(trackerId)).toEqual([period]);
    await later(600);
    await desk.giveTracker(trackerId, bus.id);
    await desk.settle();
    const both = await periods(trackerId);
    expect(both.map(({ vehicle_id }) => vehicle_id)).toEqual([van.id, bus.id]);
    await again(van.id, told);
    await again(null, new Date(told.getTime() + 1));
    expect(await periods(trackerId)).toEqual(both);
    expect(await toldVehicle(trackerId)).toBe(bus.id);
  });

  it.each([2, -2])('go where they are told with a clock %i s beside the database’s', async (seconds) => {
    const [van, bus] = [await desk.vehicle(), await desk.vehicle({ name: 'Bus' })];
    const assigned = await desk.tracker();
    await skewed(seconds, async () => {
      const entered = await desk.tracker(van.id);
      await desk.settle();
      for (const vehicleId of [bus.id, null]) {
        await desk.giveTracker(entered, vehicleId);
        await desk.settle();
        expect(await toldVehicle(entered)).toBe(vehicleId);
      }
      // What is said later counts, though both are said within the difference.
      const request = { kind: 'device' as const, subjectId: assigned, until: null, slot: 1, note: null };
      await desk.act(new AssignToVehicleCommand(van.id, request));
      expect(await toldVehicle(assigned)).toBe(van.id);
      await desk.giveTracker(assigned, bus.id);
      await desk.settle();
      expect(await toldVehicle(assigned)).toBe(bus.id);
    });
    expect((await periods(assigned)).at(-1)).toMatchObject({ vehicle_id: bus.id, until: null });
  });

  it.each([2, -2])('leave a vehicle that is retired by a process %i s beside the one before', async (seconds) => {
    const van = await desk.vehicle();
    const trackerId = await desk.tracker();
    const request = { kind: 'device' as const, subjectId: trackerId, until: null, slot: 1, note: null };
    const { id } = await desk.act(new AssignToVehicleCommand(van.id, request));
    await skewed(seconds, async () => {
      await expect(desk.act(new DeleteAssignmentCommand(van.id, id))).rejects.toEqual(refused('assignment-begun'));
      await desk.act(new MoveFleetVehicleCommand(van.id, 'retired', null));
    });
    expect(await toldVehicle(trackerId)).toBeNull();
    expect(await periods(trackerId)).toMatchObject([{ vehicle_id: van.id, until: expect.any(Date) as Date }]);
  });

  it('name a vehicle that is there, is the organization’s, and is driven', async () => {
    const van = await desk.vehicle();
    const trackerId = await desk.tracker();
    const notFound = expect.objectContaining({ code: 'location.vehicle-not-found' });
    await expect(desk.tracker(newId())).rejects.toEqual(notFound);
    await expect(desk.giveTracker(trackerId, newId())).rejects.toEqual(notFound);
    const foreign = desk.tenant;
    await desk.begin();
    await expect(desk.tracker(van.id)).rejects.toEqual(notFound);
    desk.tenant = foreign;
    await desk.act(new MoveFleetVehicleCommand(van.id, 'retired', null));
    const retired = expect.objectContaining({ code: 'location.vehicle-retired' });
    await expect(desk.giveTracker(trackerId, van.id)).rejects.toEqual(retired);
    expect(await toldVehicle(trackerId)).toBeNull();
  });

  it('are in none where the vehicle was retired before they were assigned', async () => {
    const van = await desk.vehicle();
    const trackerId = await desk.tracker(van.id);
    await desk.act(new MoveFleetVehicleCommand(van.id, 'retired', null));
    await desk.settle();
    expect([await toldVehicle(trackerId), await periods(trackerId)]).toEqual([null, []]);
    await expect(desk.act(new MakeTripsCommand(newId(), desk.in(-DAY), desk.in(0)))).rejects.toEqual(
      refused('vehicle-not-found'),
    );
  });
});
