import { DAY, FleetDesk, page, refused } from '../../../test/support/fleet-desk';
import { SENT } from '../../../test/support/realtime';
import { clock } from '../../kernel/clock/clock';
import { newId } from '../../kernel/ids/ids';
import { DecideFuelChangeCommand } from './commands/decide-fuel-change';
import { MakeFuelLevelsCommand } from './commands/make-fuel-levels';
import { AssignToVehicleCommand } from './commands/manage-assignments';
import { EnterFuelCommand } from './commands/manage-fuel-entries';
import { CreateFuelSensorCommand } from './commands/manage-fuel-sensors';
import { FuelModule } from './fuel.module';
import { FuelConsumptionQuery } from './queries/fuel-consumption';
import { FindFuelEntryQuery, ListFuelEntriesQuery } from './queries/fuel-entries';
import { FindFuelChangeQuery, ListFuelChangesQuery, ListFuelLevelsQuery } from './queries/fuel-levels';

describe('levels of tanks', () => {
  let desk: FleetDesk;
  beforeAll(async () => {
    desk = await FleetDesk.open([FuelModule]);
  });
  afterAll(() => desk.app.close());
  beforeEach(async () => {
    await desk.begin();
    SENT.length = 0;
  });
  afterEach(() => clock.setOffset(0));

  /** A van of 75 l whose tracker says 0 to 1000. */
  const boxed = async (from: Date, more: object = {}) => {
    const [van, trackerId] = [await desk.vehicle({ tankCapacity: 75, ...more }), await desk.tracker()];
    const device = { kind: 'device' as const, subjectId: trackerId, from, until: null, slot: 1, note: null };
    await desk.act(new AssignToVehicleCommand(van.id, device));
    const points = [
      { raw: 0, amount: 0 },
      { raw: 1000, amount: 75 },
    ];
    await desk.act(new CreateFuelSensorCommand({ vehicleId: van.id, attribute: 'fuel', from, points }));
    return { van, trackerId };
  };
  /** It stands, and tells a level a minute; litres. */
  const standing = (begin: number, levels: readonly number[]) =>
    levels.map((litres, i) => ({
      ...{ fixTime: new Date(begin + i * 60_000).toISOString(), lat: 48, lng: 16, speed: 0, accuracy: 5 },
      attributes: { ignition: false, fuel: Math.round((litres / 75) * 1000) },
    }));
  const flat = (count: number, litres: number): number[] => Array.from({ length: count }, () => litres);
  const changes = async () => (await desk.ask(new ListFuelChangesQuery(page()))).data;
  const events = () =>
    desk.rows<{ payload: { kind: string } }>(
      `select payload from kernel.events where tenant_id = $1 and type = 'fleet.fuel-level-changed.v1'`,
      [desk.tenant],
    );

  it('tell of a loss once, by whatever order positions come in, and people decide on it', async () => {
    const begin = desk.in(-2 * 3_600);
    const { van, trackerId } = await boxed(begin);
    const fixes = standing(begin.getTime(), [...flat(40, 60), ...flat(40, 30)]);
    await desk.tell(
      trackerId,
      fixes.filter((_, i) => i % 3 !== 1),
    );
    clock.setOffset(1_200);
    await desk.settle();
    const [loss, ...others] = await changes();
    expect(others).toEqual([]);
    expect(loss).toMatchObject({ vehicleId: van.id, kind: 'drop', state: 'open', unit: 'ml', entry: null });
    expect(Math.abs(loss.quantity - 30_000)).toBeLessThan(500);
    // Staff without permission to see places hears of it too.
    const { id: changeId, vehicleId, kind, quantity } = loss;
    const sent = SENT.filter(({ to }) => to.includes(desk.tenant));
    expect(sent).toMatchObject([{ event: 'fleet.fuel-level-changed' }]);
    expect(sent[0].payload).toEqual({ changeId, vehicleId, kind, quantity });
    expect(desk.told.map(({ data }) => (data as { title: string }).title)).toEqual(['Fuel lost: Van 7']);
    // The rest, newest first: the same loss, told no more.
    await desk.tell(trackerId, [...fixes].reverse());
    clock.setOffset(2 * 3_600);
    await desk.settle();
    await desk.act(new MakeFuelLevelsCommand(van.id, begin, desk.in(0)));
    expect((await changes()).map(({ id }) => id)).toEqual([loss.id]);
    expect(await events()).toHaveLength(1);
    const { data: levels } = await desk.ask(new ListFuelLevelsQuery(van.id, page()));
    expect(levels.length).toBeGreaterThanOrEqual(8);
    expect(levels.length).toBeLessThanOrEqual(9);

    await expect(desk.act(new DecideFuelChangeCommand(loss.id, 'dismissed', null))).rejects.toEqual(
      refused('fuel-change-reason'),
    );
    await desk.act(new DecideFuelChangeCommand(loss.id, 'confirmed', 'Seen by the camera'));
    await expect(desk.act(new DecideFuelChangeCommand(loss.id, 'dismissed', 'No'))).rejects.toEqual(
      refused('fuel-change-state'),
    );
    await desk.act(new MakeFuelLevelsCommand(van.id, begin, desk.in(0)));
    expect(await changes()).toMatchObject([{ id: loss.id, state: 'confirmed', reason: 'Seen by the camera' }]);
  });

  it('withdraw what late positions prove wrong', async () => {
    const begin = desk.in(-3 * 3_600);
    const { van, trackerId } = await boxed(begin);
    const fixes = standing(begin.getTime(), [...flat(60, 60), ...flat(5, 20), ...flat(60, 60)]);
    const make = () => desk.act(new MakeFuelLevelsCommand(van.id, begin, desk.in(0)));
    await desk.tell(
      trackerId,
      fixes.filter((_, i) => i < 60 || (i >= 60 && i < 65)),
    );
    await desk.tell(trackerId, standing(begin.getTime() + 66 * 60_000, flat(1, 20)));
    expect((await make()).changes).toBe(1);
    const away = fixes.slice(40, 64).map((fix, i) => ({
      ...{ ...fix, fixTime: new Date(Date.parse(fix.fixTime) + 30_000).toISOString(), lat: 48 + i * 0.01, speed: 20 },
    }));
    await desk.tell(trackerId, away);
    await make();
    expect(await changes()).toMatchObject([{ state: 'withdrawn' }]);
  });

  it('match refills with what was entered near in time and place, and show what differs', async () => {
    const begin = desk.in(-4 * 3_600);
    const { van, trackerId } = await boxed(begin);
    await desk.tell(trackerId, standing(begin.getTime(), [...flat(60, 10), ...flat(60, 60)]));
    const at = new Date(begin.getTime() + 62 * 60_000);
    const entry = {
      quantity: 61_000,
      full: true,
      total: null,
      odometer: null,
      station: null,
      note: null,
      fileId: null,
    };
    const enter = (more: object) => desk.act(new EnterFuelCommand(van.id, { ...entry, at, location: null, ...more }));
    await enter({ location: { lat: 48.1, lng: 16 } });
    await desk.act(new MakeFuelLevelsCommand(van.id, begin, desk.in(0)));
    const [seen] = await changes();
    expect(seen).toMatchObject({ kind: 'refill', state: 'open', entry: null });
    const near = await enter({ location: { lat: 48.001, lng: 16 } });
    const { entry: matched } = await desk.ask(new FindFuelChangeQuery(seen.id));
    expect(matched).toMatchObject({ id: near.id, quantity: 61_000, suspicious: true });
    expect(matched!.difference).toBe(61_000 - seen.quantity);
    // What nobody entered becomes an entry when it is confirmed.
    await desk.tell(trackerId, standing(begin.getTime() + 121 * 60_000, [...flat(30, 20), ...flat(30, 70)]));
    await desk.act(new MakeFuelLevelsCommand(van.id, begin, desk.in(0)));
    const open = (await changes()).find(({ kind, entry: none }) => kind === 'refill' && none === null)!;
    const { entry: made } = await desk.act(new DecideFuelChangeCommand(open.id, 'confirmed', null));
    expect(await desk.ask(new FindFuelEntryQuery(made!.id))).toMatchObject({ source: 'detected', total: null });
    // The receipt that comes in the evening takes its place: it was filled in once.
    const late = await enter({ at: new Date(begin.getTime() + 155 * 60_000), quantity: 50_500 });
    expect((await desk.ask(new FindFuelChangeQuery(open.id))).entry).toMatchObject({ id: late.id, quantity: 50_500 });
    await expect(desk.ask(new FindFuelEntryQuery(made!.id))).rejects.toEqual(refused('fuel-entry-not-found'));
    const { data: entries } = await desk.ask(new ListFuelEntriesQuery(page({ vehicleId: [van.id] })));
    expect(entries.map(({ source }) => source)).toEqual(['manual', 'manual', 'manual']);
  });

  it('of another table are no loss, and are summed by themselves', async () => {
    const begin = desk.in(-4 * 3_600);
    const { van, trackerId } = await boxed(begin);
    const from = new Date(begin.getTime() + 60 * 60_000);
    const points = [
      { raw: 0, amount: 0 },
      { raw: 1000, amount: 50 },
    ];
    await desk.act(new CreateFuelSensorCommand({ vehicleId: van.id, attribute: 'fuel', from, points }));
    await desk.tell(trackerId, standing(begin.getTime(), flat(120, 60)));
    await desk.act(new MakeFuelLevelsCommand(van.id, begin, desk.in(0)));
    expect(await changes()).toEqual([]);
    const { sensor } = await desk.ask(new FuelConsumptionQuery({ vehicleId: van.id, from: begin, to: desk.in(0) }));
    expect(sensor).toMatchObject({ quantity: 0, metres: 0 });
  });

  it('tell no consumption where more is there than was seen to come, nor of batteries; losses of gas are kilograms', async () => {
    const begin = desk.in(-3 * 3_600);
    const used = async (vehicleId: string) =>
      (await desk.ask(new FuelConsumptionQuery({ vehicleId, from: begin, to: desk.in(0) }))).sensor;
    const slow = await boxed(begin);
    const rising = Array.from({ length: 120 }, (_, i) => 40 + i * 0.01);
    await desk.tell(slow.trackerId, standing(begin.getTime(), rising));
    await desk.act(new MakeFuelLevelsCommand(slow.van.id, begin, desk.in(0)));
    expect(await used(slow.van.id)).toBeNull();
    const { van: gas, trackerId } = await boxed(begin, { name: 'Gas', fuelType: 'cng' });
    await desk.tell(trackerId, standing(begin.getTime(), [...flat(60, 60), ...flat(60, 30)]));
    await desk.act(new MakeFuelLevelsCommand(gas.id, begin, desk.in(0)));
    await desk.settle();
    // What other tests left is delivered too.
    const told = desk.told.map(({ data }) => (data as { body: string }).body).filter((body) => body.includes('Gas'));
    expect(told).toEqual([expect.stringContaining('About 30 kg left the tank of Gas')]);
  });

  it('are read by the table of their time; consumption goes from full to full, and by the sensor', async () => {
    const { van, trackerId } = await boxed(desk.in(-10 * DAY));
    const fill = (days: number, quantity: number, full: boolean, odometer: number | null) =>
      desk.act(
        new EnterFuelCommand(van.id, {
          ...{ at: desk.in(-days * DAY), quantity, full, odometer, total: null },
          ...{ station: null, location: null, note: null, fileId: null },
        }),
      );
    await fill(9, 50_000, true, 100_000_000);
    await fill(7, 20_000, false, null);
    await fill(5, 26_000, true, 100_500_000);
    await fill(3, 50_000, true, 101_000_000);
    const used = () =>
      desk.ask(new FuelConsumptionQuery({ vehicleId: van.id, from: desk.in(-10 * DAY), to: desk.in(0) }));
    expect(await used()).toMatchObject({
      ...{ unit: 'ml', sensor: null },
      fullToFull: { quantity: 96_000, metres: 1_000_000, per100Km: 9.6, tanks: 3 },
    });
    const begin = desk.in(-3 * 3_600);
    await desk.tell(
      trackerId,
      standing(
        begin.getTime(),
        Array.from({ length: 120 }, (_, i) => 40 - i * 0.01),
      ),
    );
    await desk.act(new MakeFuelLevelsCommand(van.id, begin, desk.in(0)));
    const { sensor } = await used();
    expect(sensor).toMatchObject({ metres: 0, per100Km: null });
    expect(Math.abs(sensor!.quantity - 1_100)).toBeLessThan(200);
    const twice = { vehicleId: van.id, attribute: 'fuel', from: desk.in(DAY) };
    await desk.act(new CreateFuelSensorCommand(twice));
    await expect(desk.act(new CreateFuelSensorCommand(twice))).rejects.toEqual(refused('fuel-sensor-exists'));
    const bare = await desk.vehicle({ name: 'Bare' });
    await expect(desk.act(new CreateFuelSensorCommand({ vehicleId: bare.id, attribute: 'fuel' }))).rejects.toEqual(
      refused('fuel-sensor-points'),
    );
    await expect(
      desk.ask(new FuelConsumptionQuery({ vehicleId: newId(), from: desk.in(-DAY), to: desk.in(0) })),
    ).rejects.toEqual(refused('vehicle-not-found'));
  });

  it('tell of a battery that was charged overnight once, while its track is followed, and what it used by day', async () => {
    const begin = desk.in(-20 * 3_600);
    const { van, trackerId } = await boxed(begin, { fuelType: 'electric' });
    // It stands, drives an hour, charges 27 kWh in nine hours, and stands.
    const hour = (i: number): number => Math.max(0, i / 12 - 0.5);
    const level = (i: number): number => (hour(i) < 1 ? 40 - 12 * hour(i) : Math.min(55, 28 + 3 * (hour(i) - 1)));
    const fixes = standing(
      begin.getTime(),
      Array.from({ length: 12 * 13 }, (_, i) => level(i)),
    ).map((fix, i) => ({
      ...fix,
      ...{
        fixTime: new Date(begin.getTime() + i * 300_000).toISOString(),
        lat: 48 + Math.min(Math.max(0, i - 6), 12) * 0.05,
      },
    }));
    const make = (to: Date) => desk.act(new MakeFuelLevelsCommand(van.id, new Date(to.getTime() - 600_000), to));
    for (let at = 0; at < fixes.length; at += 36) {
      await desk.tell(trackerId, fixes.slice(at, at + 36));
      await make(new Date(fixes[Math.min(at + 35, fixes.length - 1)].fixTime));
      if (at + 36 < 12 * 10.5) expect(await changes()).toEqual([]);
    }
    await desk.act(new MakeFuelLevelsCommand(van.id, begin, desk.in(0)));
    const [charge, ...others] = await changes();
    expect(others).toEqual([]);
    expect(charge).toMatchObject({ kind: 'refill', unit: 'wh', state: 'open' });
    expect(Math.abs(charge.quantity - 27_000)).toBeLessThan(1_500);
    expect(Math.abs(Date.parse(charge.beganAt) - begin.getTime() - 5_400_000)).toBeLessThan(2_400_000);
    expect(Math.abs(Date.parse(charge.endedAt) - begin.getTime() - 37_800_000)).toBeLessThan(2_400_000);
    expect(await events()).toHaveLength(1);
    const period = { vehicleId: van.id, from: begin, to: desk.in(0) };
    const { sensor } = await desk.ask(new FuelConsumptionQuery(period));
    expect(Math.abs(sensor!.quantity - 12_000)).toBeLessThan(1_500);
  });
});
