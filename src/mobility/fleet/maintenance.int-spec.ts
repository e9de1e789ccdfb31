import { DAY, FleetDesk, page, refused } from '../../../test/support/fleet-desk';
import { stocked, stockOf, STOCK_MODULES } from '../../../test/support/fleet-stock';
import { clock } from '../../kernel/clock/clock';
import { newId } from '../../kernel/ids/ids';
import { ChangeChecklistCommand, CreateChecklistCommand, InspectVehicleCommand } from './commands/manage-inspections';
import {
  CreateMaintenancePlanCommand,
  CreateWarrantyCommand,
  ScheduleMaintenanceCommand,
} from './commands/manage-maintenance';
import { MaintenanceMoment } from './commands/maintenance-watch';
import { AssignToVehicleCommand } from './commands/manage-assignments';
import { MoveFleetVehicleCommand } from './commands/manage-vehicles';
import { AddWorkOrderLineCommand, MoveWorkOrderCommand, OpenWorkOrderCommand } from './commands/manage-work-orders';
import { RecordReadingCommand } from './commands/record-reading';
import { WORK_ORDER_EDGES, WORK_ORDER_STATES, type WorkOrderState } from './domain/work-order';
import { MaintenanceModule } from './maintenance.module';
import {
  FindChecklistQuery,
  FindInspectionQuery,
  ListChecklistsQuery,
  ListInspectionsQuery,
} from './queries/inspections';
import { FindScheduleQuery } from './queries/maintenance';
import { FindVehicleQuery } from './queries/vehicles';
import { ListWorkOrdersQuery, type WorkOrderFacts } from './queries/work-orders';

const EUR = (amount: number) => ({ amount, currency: 'EUR' });

describe('maintenance', () => {
  let desk: FleetDesk;
  beforeAll(async () => {
    desk = await FleetDesk.open([MaintenanceModule, ...STOCK_MODULES]);
  });
  afterAll(() => desk.app.close());
  beforeEach(() => desk.begin());
  afterEach(() => clock.setOffset(0));

  const drive = (vehicleId: string, shown: number) =>
    desk.act(
      new RecordReadingCommand(vehicleId, { meter: 'odometer', kind: 'reading', shown, at: desk.in(0), reason: null }),
    );
  const plan = (more: object = {}) =>
    desk.act(
      new CreateMaintenancePlanCommand({
        name: 'Oil',
        tasks: ['Oil', 'Filter'],
        everyDays: 100,
        everyMetres: 10_000,
        everySeconds: null,
        leadPercent: 10,
        currency: 'EUR',
        ...more,
      }),
    );
  const orders = async (): Promise<WorkOrderFacts[]> => (await desk.ask(new ListWorkOrdersQuery(page()))).data;
  const opened = (vehicleId: string) =>
    desk.act(
      new OpenWorkOrderCommand({ vehicleId, title: 'Mirror', description: null, currency: 'EUR', assignee: null }),
    );
  const move = (id: string, state: WorkOrderState) => desk.act(new MoveWorkOrderCommand(id, state, null));
  const titles = () => desk.told.map(({ data }) => data.title);

  it('falls due by what comes first, once, and counts anew from its completion', async () => {
    const van = await desk.vehicle();
    const { id: planId } = await plan();
    const { id } = await desk.act(new ScheduleMaintenanceCommand({ planId, vehicleId: van.id }));
    await expect(desk.act(new ScheduleMaintenanceCommand({ planId, vehicleId: van.id }))).rejects.toEqual(
      refused('already-scheduled'),
    );
    await drive(van.id, 9_100);
    await desk.settle();
    expect(await desk.ask(new FindScheduleQuery(id))).toMatchObject({
      state: 'upcoming',
      dueBy: 'distance',
      metresLeft: 900,
    });
    // Over two intervals at once.
    await drive(van.id, 25_000);
    await desk.settle();
    await drive(van.id, 26_000);
    await desk.settle();
    expect(titles()).toEqual(['Maintenance soon: Oil, Van 7', 'Maintenance due: Oil, Van 7']);
    const [order, ...others] = await orders();
    expect([order.title, order.description, others.length]).toEqual(['Oil', '- Oil\n- Filter', 0]);
    clock.setOffset(10 * DAY);
    await move(order.id, 'completed');
    expect(await desk.ask(new FindScheduleQuery(id))).toMatchObject({ state: 'ok', cycle: 2, dueMetres: 36_000 });
    // The day of the first cycle is void; that of the second counts from the completion.
    clock.setOffset(101 * DAY);
    await desk.settle();
    expect(await desk.ask(new FindScheduleQuery(id))).toMatchObject({ state: 'upcoming', dueBy: 'date' });
    clock.setOffset(111 * DAY);
    await desk.settle();
    expect((await orders()).map(({ state }) => state)).toEqual(['open', 'completed']);
    await expect(plan({ everyDays: null, everyMetres: null })).rejects.toEqual(refused('plan-without-interval'));
  });

  it('is due by the clock of the database, though that of the process is behind it', async () => {
    const van = await desk.vehicle();
    const { id: planId } = await plan();
    const { id: scheduleId } = await desk.act(new ScheduleMaintenanceCommand({ planId, vehicleId: van.id }));
    const fire = (cycle: number) =>
      desk.inside((tx) =>
        desk.app.get(MaintenanceMoment).fire({ scheduleId, cycle, at: desk.in(101 * DAY).toISOString() }, tx),
      );
    await fire(7);
    expect((await desk.ask(new FindScheduleQuery(scheduleId))).state).toBe('ok');
    await fire(1);
    expect((await desk.ask(new FindScheduleQuery(scheduleId))).state).toBe('due');
  });

  it('is due once however many readings say so at once', async () => {
    const van = await desk.vehicle();
    const { id: planId } = await plan({ leadPercent: 0 });
    await desk.act(new ScheduleMaintenanceCommand({ planId, vehicleId: van.id, lastMetres: 0 }));
    await Promise.allSettled([11_000, 12_000, 13_000, 14_000].map((shown) => drive(van.id, shown)));
    await Promise.all([desk.settle(), desk.settle()]);
    expect(await orders()).toHaveLength(1);
    const [{ events }] = await desk.rows<{ events: number }>(
      `select count(*)::int as events from kernel.events where tenant_id = $1 and type = 'fleet.maintenance-due.v1'`,
      [desk.tenant],
    );
    expect(events).toBe(1);
  });

  it.each(WORK_ORDER_STATES)('a work order that is %s goes where the table says, and nowhere else', async (from) => {
    const van = await desk.vehicle();
    for (const to of WORK_ORDER_STATES.slice(1)) {
      const { id } = await opened(van.id);
      if (from !== 'open') await move(id, from);
      const moved = move(id, to);
      if (WORK_ORDER_EDGES[from].includes(to)) expect((await moved).state).toBe(to);
      else await expect(moved).rejects.toEqual(refused('work-order-state'));
    }
  });

  it('takes parts out of stock once, at their cost, and has a warranty pay while it holds', async () => {
    await stocked(desk, 'OIL', 5, 700);
    await stocked(desk, 'BELT', 1, 1_000, 9);
    const van = await desk.vehicle();
    const { id } = await opened(van.id);
    const add = (line: object) =>
      desk.act(
        new AddWorkOrderLineCommand(id, {
          ...{ kind: 'part', description: 'Oil', sku: 'OIL', quantity: 2, total: null, warrantyId: null },
          ...(line as object),
        } as never),
      );
    expect((await add({})).cost).toEqual(EUR(1_400));
    const warranty = {
      ...{
        vehicleId: van.id,
        name: 'Maker',
        beginsOn: '2020-01-01',
        endsOn: null,
        untilMetres: 100_000,
        provider: null,
      },
    };
    const { id: warrantyId } = await desk.act(new CreateWarrantyCommand(warranty));
    const labour = { kind: 'labour', sku: null, quantity: 1.5, total: EUR(9_000) };
    const after = await add({ ...labour, warrantyId });
    expect([after.cost, after.covered]).toEqual([EUR(1_400), EUR(9_000)]);
    await expect(add({ ...labour, total: { amount: 1, currency: 'USD' } })).rejects.toEqual(refused('other-currency'));
    await expect(add({ ...labour, warrantyId: newId() })).rejects.toEqual(refused('warranty-not-found'));
    // What was wrong before the warranty ended is covered, what was found later is not.
    await drive(van.id, 100_001);
    expect((await add({ ...labour, warrantyId })).covered).toEqual(EUR(18_000));
    const { id: later } = await opened(van.id);
    const line = { kind: 'labour' as const, description: 'Later', sku: null, quantity: 1, total: EUR(1), warrantyId };
    await expect(desk.act(new AddWorkOrderLineCommand(later, line))).rejects.toEqual(refused('warranty-over'));
    await expect(add({ quantity: 4 })).rejects.toMatchObject({ code: 'inventory.out-of-stock' });
    // Of ten the cost of one is known, which is not what they cost.
    await expect(add({ sku: 'BELT', quantity: 10 })).rejects.toEqual(refused('part-cost-unknown'));
    await expect(add({ sku: 'NONE' })).rejects.toMatchObject({ code: 'inventory.unknown-sku' });
    // Of three that want the last two pieces, one gets them.
    const race = await Promise.allSettled([add({}), add({}), add({})]);
    expect(race.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await stockOf(desk, 'OIL')).toEqual({ onHand: 1, moved: -4 });
    await move(id, 'completed');
    await expect(add(labour)).rejects.toEqual(refused('work-order-closed'));
  });

  it('an inspection opens one order for what is new, takes the vehicle out of service, and completing it brings it back', async () => {
    const van = await desk.vehicle();
    const items = [
      { key: 'brakes', label: 'Brakes', critical: true, photoRequired: false },
      { key: 'lights', label: 'Lights', critical: false, photoRequired: false },
    ];
    const list = await desk.act(new CreateChecklistCommand({ name: 'Daily', items, currency: 'EUR' }));
    const userId = await desk.member();
    const dora = await desk.driver({ userId });
    const results = (brakes: boolean, lights: boolean) => [
      { key: 'brakes', ok: brakes, note: null, fileIds: [] },
      { key: 'lights', ok: lights, note: 'Left', fileIds: [] },
    ];
    const inspect = (wrong: ReturnType<typeof results>, metres: number | null = null) =>
      new InspectVehicleCommand({
        ...{ vehicleId: van.id, checklistId: list.id, results: wrong, odometerMetres: metres, note: null },
      });
    await expect(desk.as(userId, inspect(results(true, true)))).rejects.toEqual(refused('vehicle-not-found'));
    await desk.act(
      new AssignToVehicleCommand(van.id, { kind: 'driver', subjectId: dora.id, until: null, slot: 1, note: null }),
    );
    expect(await desk.as(userId, inspect(results(true, true), 500))).toMatchObject({ passed: true, workOrderId: null });
    const failed = await desk.as(userId, inspect(results(false, false)));
    expect(await desk.ask(new FindVehicleQuery(van.id))).toMatchObject({
      state: 'out_of_service',
      odometerMetres: 500,
    });
    const again = await desk.act(inspect(results(false, true)));
    expect(again.workOrderId).toBe(failed.workOrderId);
    await desk.settle();
    expect(titles()).toEqual(['Out of service: Van 7']);
    const [order, ...others] = await orders();
    expect([order.title, order.defects.map(({ label }) => label), others.length]).toEqual([
      'Defects: Brakes, Lights',
      ['Brakes', 'Lights'],
      0,
    ]);
    expect((await desk.as(userId, new ListInspectionsQuery(page()))).data).toHaveLength(2);
    await expect(desk.as(newId(), new FindChecklistQuery(list.id))).rejects.toEqual(refused('checklist-not-found'));
    expect((await desk.as(newId(), new ListChecklistsQuery(page()))).data).toEqual([]);
    expect((await desk.as(userId, new ListChecklistsQuery(page()))).data.map(({ id }) => id)).toEqual([list.id]);
    await expect(desk.as(newId(), new FindInspectionQuery(failed.id))).rejects.toEqual(refused('inspection-not-found'));
    await move(order.id, 'completed');
    expect((await desk.ask(new FindVehicleQuery(van.id))).state).toBe('in_service');
    // Whoever took it out of service for a reason of their own brings it back.
    await desk.act(new MoveFleetVehicleCommand(van.id, 'out_of_service', 'Critical defect'));
    await move((await opened(van.id)).id, 'completed');
    expect((await desk.ask(new FindVehicleQuery(van.id))).state).toBe('out_of_service');
    await expect(desk.act(inspect(results(true, true).slice(1)))).rejects.toEqual(refused('inspection-invalid'));
    const twice = [...items, items[0]];
    await expect(desk.act(new ChangeChecklistCommand(list.id, { items: twice }))).rejects.toEqual(
      refused('checklist-invalid'),
    );
    await desk.act(new ChangeChecklistCommand(list.id, { active: false }));
    await expect(desk.act(inspect(results(true, true)))).rejects.toEqual(refused('checklist-inactive'));
  });

  it('an inspection has a picture of each item that asks for one, whether it is in order or not', async () => {
    const van = await desk.vehicle();
    const items = [
      { key: 'brakes', label: 'Brakes', critical: true, photoRequired: false },
      { key: 'load', label: 'Load', critical: false, photoRequired: true },
    ];
    const { id: checklistId } = await desk.act(new CreateChecklistCommand({ name: 'Daily', items, currency: 'EUR' }));
    const inspect = (ok: boolean, fileIds: string[]) => {
      const results = [
        { key: 'brakes', ok: true, note: null, fileIds: [] },
        { key: 'load', ok, note: null, fileIds },
      ];
      return desk.act(
        new InspectVehicleCommand({ vehicleId: van.id, checklistId, results, odometerMetres: 700, note: null }),
      );
    };
    for (const ok of [true, false])
      await expect(inspect(ok, [])).rejects.toMatchObject({
        code: 'fleet.inspection-invalid',
        data: { errors: [{ pointer: '/results/1/fileIds', detail: 'Load needs a picture.' }] },
      });
    // Nothing of a refused inspection is kept.
    expect((await desk.ask(new ListInspectionsQuery(page()))).data).toEqual([]);
    expect([await orders(), desk.attached]).toEqual([[], []]);
    expect((await desk.ask(new FindVehicleQuery(van.id))).odometerMetres).toBe(0);
    const fileIds = [newId(), newId()];
    const { id } = await inspect(false, fileIds);
    expect(desk.attached).toEqual([{ fileIds, owner: { kind: 'fleet-inspection', id } }]);
    const { results, passed } = await desk.ask(new FindInspectionQuery(id));
    expect([passed, results.map((result) => result.fileIds)]).toEqual([false, [[], fileIds]]);
    // A checklist that asks for pictures later asks for them from then on.
    await inspect(true, [newId()]);
    await desk.act(
      new ChangeChecklistCommand(checklistId, { items: items.map((item) => ({ ...item, photoRequired: true })) }),
    );
    await expect(inspect(true, [newId()])).rejects.toEqual(refused('inspection-invalid'));
  });
});
