import { DAY, FleetDesk, page, refused } from '../../../test/support/fleet-desk';
import { clock } from '../../kernel/clock/clock';
import { newId } from '../../kernel/ids/ids';
import { ForgetDriverCommand } from './commands/forget-driver';
import { AssignToVehicleCommand } from './commands/manage-assignments';
import { ChangeFuelEntryCommand, DeleteFuelEntryCommand, EnterFuelCommand } from './commands/manage-fuel-entries';
import { FuelModule } from './fuel.module';
import { FindFuelEntryQuery, ListFuelEntriesQuery } from './queries/fuel-entries';
import { ListFuelChangesQuery } from './queries/fuel-levels';
import { FindVehicleQuery } from './queries/vehicles';

describe('what is filled in', () => {
  let desk: FleetDesk;
  beforeAll(async () => {
    desk = await FleetDesk.open([FuelModule]);
  });
  afterAll(() => desk.app.close());
  beforeEach(() => desk.begin());
  afterEach(() => clock.setOffset(0));

  const entry = (more: object = {}) => ({
    ...{ at: desk.in(-60), quantity: 52_340, full: true, total: { amount: 8_369, currency: 'EUR' }, odometer: null },
    ...{ station: 'Station Nord', location: null, note: null, fileId: null, ...more },
  });
  const enter = (vehicleId: string, more: object = {}) => desk.act(new EnterFuelCommand(vehicleId, entry(more)));
  const driving = async (vehicleId: string, driverId: string) =>
    desk.act(
      new AssignToVehicleCommand(vehicleId, {
        ...{ kind: 'driver', subjectId: driverId, from: desk.in(-DAY), until: null, slot: 1, note: null },
      }),
    );

  it('is counted in the unit of the fuel, by whoever drove then, and its odometer is a reading', async () => {
    const [van, dora] = [await desk.vehicle({ tankCapacity: 50 }), await desk.driver()];
    await driving(van.id, dora.id);
    const first = await enter(van.id, { odometer: 84_210_000 });
    expect(first).toMatchObject({
      ...{ vehicleId: van.id, driverId: dora.id, fuelType: 'diesel', unit: 'ml', quantity: 52_340, exceedsTank: false },
      ...{ total: { amount: 8_369, currency: 'EUR' }, odometerMetres: 84_210_000, source: 'manual' },
    });
    expect((await desk.ask(new FindVehicleQuery(van.id))).odometerMetres).toBe(84_210_000);
    await expect(enter(van.id, { odometer: 84_000_000, at: desk.in(-30) })).rejects.toEqual(refused('meter-backwards'));
    await expect(enter(van.id, { at: desk.in(3_600) })).rejects.toEqual(refused('fuel-ahead'));
    await expect(enter(newId())).rejects.toEqual(refused('vehicle-not-found'));
    expect(await enter(van.id, { quantity: 60_000, total: null, driverId: null })).toMatchObject({
      ...{ exceedsTank: true, total: null, driverId: null },
    });
    const bus = await desk.vehicle({ name: 'Bus', class: 'bus', fuelType: 'electric' });
    expect((await enter(bus.id)).unit).toBe('wh');
    const trailer = await desk.vehicle({ name: 'Trailer', class: 'trailer' });
    await expect(enter(trailer.id)).rejects.toEqual(refused('fuel-none'));
    const cold = await enter(trailer.id, { fuelType: 'cng' });
    expect(cold.unit).toBe('g');
    const of = async (more: object) => (await desk.ask(new ListFuelEntriesQuery(page(more)))).data.map(({ id }) => id);
    expect(await of({ vehicleId: [trailer.id] })).toEqual([cold.id]);
    expect(await of({ driverId: [dora.id] })).toEqual([first.id]);
    expect(await of({ at: { gte: desk.in(-3_600).toISOString(), lt: desk.in(-120).toISOString() } })).toEqual([]);
  });

  it('is corrected and deleted, and its receipt is given back', async () => {
    const van = await desk.vehicle();
    const { id } = await enter(van.id, { fileId: newId(), odometer: 1_000 });
    const changed = await desk.act(
      new ChangeFuelEntryCommand(id, { quantity: 25_000, total: { amount: 4_000, currency: 'CHF' }, full: false }),
    );
    expect(changed).toMatchObject({ quantity: 25_000, total: { amount: 4_000, currency: 'CHF' }, full: false });
    expect(changed).toMatchObject({ station: 'Station Nord', odometerMetres: 1_000 });
    await expect(desk.act(new ChangeFuelEntryCommand(id, { driverId: newId() }))).rejects.toEqual(
      refused('driver-not-found'),
    );
    await desk.act(new DeleteFuelEntryCommand(id));
    expect(desk.detached).toContain(id);
    await expect(desk.act(new DeleteFuelEntryCommand(id))).rejects.toEqual(refused('fuel-entry-not-found'));
    await expect(desk.ask(new FindFuelEntryQuery(id))).rejects.toEqual(refused('fuel-entry-not-found'));
  });

  it('is entered by drivers for what they drive now, who see their own; what was written goes with the driver', async () => {
    const [van, other] = [await desk.vehicle(), await desk.vehicle({ name: 'Van 8' })];
    const userId = await desk.member();
    const dora = await desk.driver({ userId });
    await driving(van.id, dora.id);
    const written = { note: 'Dora paid', location: { lat: 48.2, lng: 16.4 }, fileId: newId() };
    const own = await desk.as(userId, new EnterFuelCommand(van.id, entry({ driverId: newId(), ...written })));
    expect(own).toMatchObject({ driverId: dora.id, enteredBy: userId });
    await expect(desk.as(userId, new EnterFuelCommand(other.id, entry()))).rejects.toEqual(
      refused('vehicle-not-found'),
    );
    const others = await enter(other.id);
    expect((await desk.as(userId, new ListFuelEntriesQuery(page()))).data.map(({ id }) => id)).toEqual([own.id]);
    await expect(desk.as(userId, new FindFuelEntryQuery(others.id))).rejects.toEqual(refused('fuel-entry-not-found'));
    await desk.plant(
      `insert into fleet.fuel_changes (tenant_id, id, vehicle_id, driver_id, kind, began_at, ended_at, before, after, quantity, raw_quantity,
         lat, lng, state, reason, decided_at, made_at)
       values ($1, $2, $3, $4, 'drop', now(), now(), 2, 1, 1, 1, 0, 0, 'dismissed', 'Dora spilled it', now(), now())`,
      [desk.tenant, newId(), van.id, dora.id],
    );
    await desk.act(new ForgetDriverCommand(dora.id));
    expect(await desk.ask(new FindFuelEntryQuery(own.id))).toMatchObject({
      ...{ note: null, station: null, location: null, fileId: null, quantity: 52_340 },
    });
    expect(desk.detached).toContain(own.id);
    expect((await desk.ask(new FindFuelEntryQuery(others.id))).station).toBe('Station Nord');
    const { data: changes } = await desk.ask(new ListFuelChangesQuery(page()));
    expect(changes).toMatchObject([{ state: 'dismissed', reason: null }]);
  });
});
