import { DispatchPlanCommand } from '../../src/mobility/fleet/commands/dispatch-plan';
import { GiveRouteCommand } from '../../src/mobility/fleet/commands/give-route';
import { MaintenanceWatch } from '../../src/mobility/fleet/commands/maintenance-watch';
import { AssignToVehicleCommand } from '../../src/mobility/fleet/commands/manage-assignments';
import {
  CreateMaintenancePlanCommand,
  ScheduleMaintenanceCommand,
} from '../../src/mobility/fleet/commands/manage-maintenance';
import { RecordReadingCommand } from '../../src/mobility/fleet/commands/record-reading';
import { DispatchModule } from '../../src/mobility/fleet/dispatch.module';
import { MaintenanceModule } from '../../src/mobility/fleet/maintenance.module';
import { ListDispatchRoutesQuery } from '../../src/mobility/fleet/queries/dispatches';
import type { TestDatabase } from '../support/cluster';
import { FleetDesk, page } from '../support/fleet-desk';
import { askForPlan, PLAN_MODULES } from '../support/fleet-plans';
import { SENT } from '../support/realtime';

/** A fleet with maintenance, dispatch and connections enough to race over. */
export const openRaces = async (database?: TestDatabase): Promise<FleetDesk> => {
  const env = { MAINSTAY_DATABASE_POOL_SIZE: '16' };
  const desk = await FleetDesk.open([DispatchModule, MaintenanceModule, ...PLAN_MODULES], { database, env });
  await desk.begin();
  return desk;
};

/** What of many who put one tracker into a vehicle of theirs at once came through, by code. */
export async function trackerRace(desk: FleetDesk, tries = 8): Promise<Record<string, number>> {
  const id = await desk.tracker();
  const vans = await Promise.all(Array.from({ length: tries }, (_, k) => desk.vehicle({ name: `Van ${k}` })));
  const from = desk.in(-60);
  const race = await Promise.allSettled(
    vans.map((van) =>
      desk.act(
        new AssignToVehicleCommand(van.id, { kind: 'device', subjectId: id, from, until: null, slot: 1, note: null }),
      ),
    ),
  );
  const counts: Record<string, number> = {};
  for (const it of race) {
    const code = it.status === 'fulfilled' ? 'assigned' : ((it.reason as { code?: string }).code ?? 'unknown');
    counts[code] = (counts[code] ?? 0) + 1;
  }
  return counts;
}

export const expectOneVehicle = (race: Record<string, number>, tries = 8): void =>
  expect(race).toEqual({ assigned: 1, 'fleet.assignment-overlaps': tries - 1 });

/** How often it is told that maintenance is near, and due, and how many work orders there are, after many looked at once each time. */
export async function maintenanceRace(
  desk: FleetDesk,
  begin = (): void => undefined,
  looks = 8,
): Promise<{ upcoming: number; due: number; orders: number }> {
  const van = await desk.vehicle();
  const intervals = { everyDays: null, everyMetres: 10_000, everySeconds: null, leadPercent: 10 };
  const plan = await desk.act(
    new CreateMaintenancePlanCommand({ name: 'Oil', tasks: [], currency: 'EUR', ...intervals }),
  );
  await desk.act(new ScheduleMaintenanceCommand({ planId: plan.id, vehicleId: van.id, lastMetres: 0 }));
  for (const shown of [9_500, 10_500]) {
    const reading = { meter: 'odometer' as const, kind: 'reading' as const, shown, at: desk.in(0), reason: null };
    await desk.act(new RecordReadingCommand(van.id, reading));
    const look = () => desk.inside((tx) => desk.app.get(MaintenanceWatch).look(tx, { vehicleId: van.id }));
    begin();
    await Promise.all(Array.from({ length: looks }, look));
  }
  const [told] = await desk.rows<{ upcoming: number; due: number; orders: number }>(
    `select count(*) filter (where type = 'fleet.maintenance-upcoming.v1')::int as upcoming,
       count(*) filter (where type = 'fleet.maintenance-due.v1')::int as due,
       (select count(*)::int from fleet.work_orders where tenant_id = $1) as orders
     from kernel.events where tenant_id = $1`,
    [desk.tenant],
  );
  return told;
}

export const expectToldOnce = (race: Awaited<ReturnType<typeof maintenanceRace>>): void =>
  expect(race).toEqual({ upcoming: 1, due: 1, orders: 1 });

/** How often each driver heard of a route that is given to two others at once. */
export interface GivenTwice {
  /** Who had it. */
  before: number;
  /** Who was given it, and did not keep it. */
  between: number;
  /** Who has it now. */
  now: number;
}

/** A route is given to two other drivers at once. */
export async function givingRace(desk: FleetDesk, begin = (): void => undefined): Promise<GivenTwice> {
  const van = await desk.vehicle();
  const people = await Promise.all(
    ['Dora', 'Emil', 'Fay'].map(async (name) => {
      const userId = await desk.member();
      return { userId, driverId: (await desk.driver({ name, userId })).id };
    }),
  );
  const planId = await askForPlan(desk, {
    vehicles: [{ id: 'a', capacity: [3], start: { lat: 48.2, lng: 16.37 } }],
    stops: [{ id: 'p1', location: { lat: 48.21, lng: 16.37 }, demand: [1], serviceSeconds: 300 }],
    options: { iterations: 5, seed: 1 },
  });
  await desk.settle();
  const routes = [{ planVehicleId: 'a', vehicleId: van.id, driverId: people[0].driverId }];
  const dispatch = await desk.act(
    new DispatchPlanCommand({ planId, startsAt: desk.in(0), proofRequired: false, routes }),
  );
  const ofDispatch = page({ dispatchId: [dispatch.id], sort: 'startsAt' });
  const [route] = (await desk.ask(new ListDispatchRoutesQuery(ofDispatch))).data;
  SENT.length = 0;
  begin();
  await Promise.all(people.slice(1).map(({ driverId }) => desk.act(new GiveRouteCommand(route.id, { driverId }))));
  const [{ driverId }] = (await desk.ask(new ListDispatchRoutesQuery(ofDispatch))).data;
  const heard = ({ userId }: { userId: string }): number =>
    SENT.filter(({ event, to }) => event === 'fleet.route-changed' && to === `user:${desk.tenant}:${userId}`).length;
  const [now, between] = [true, false].map((has) =>
    people.slice(1).find((one) => (one.driverId === driverId) === has)!,
  );
  return { before: heard(people[0]), between: heard(between), now: heard(now) };
}

/** Whoever lost it hears that, and nobody twice. */
export const expectAllHeard = (race: GivenTwice): void => expect(race).toEqual({ before: 1, between: 2, now: 1 });
