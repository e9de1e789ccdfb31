import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import type { Base, DueBy, DueState, Intervals } from '../domain/maintenance';

export type MaintenancePlan = Intervals & {
  id: string;
  name: string;
  tasks: string[];
  /** ISO 4217, of its work orders. */
  currency: string;
};

/** A plan at a vehicle, with what its meters say. */
export interface ScheduleRow {
  id: string;
  plan: MaintenancePlan;
  vehicleId: string;
  retired: boolean;
  base: Base;
  metres: number;
  seconds: number;
  cycle: number;
  state: DueState;
}

interface Row extends Intervals {
  id: string;
  planId: string;
  name: string;
  tasks: string[];
  currency: string;
  vehicleId: string;
  retired: boolean;
  baseAt: Date;
  baseMetres: number;
  baseSeconds: number;
  metres: number;
  seconds: number;
  cycle: number;
  state: DueState;
}

export const PLAN_COLUMNS = `p.name, p.tasks, p.currency, p.every_days as "everyDays", p.every_metres::float8 as "everyMetres",
  p.every_seconds::float8 as "everySeconds", p.lead_percent as "leadPercent"`;

/** Plans of maintenance, and where vehicles stand in them. */
@Injectable()
export class MaintenanceRepository {
  constructor(private readonly uow: UnitOfWork) {}

  async insertPlan(plan: MaintenancePlan): Promise<void> {
    const tx = this.uow.current();
    await tx.execute(
      `insert into fleet.maintenance_plans (tenant_id, id, name, tasks, every_days, every_metres, every_seconds, lead_percent, currency, created_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, kernel.now())`,
      [
        tx.tenantId,
        plan.id,
        plan.name,
        plan.tasks,
        plan.everyDays,
        plan.everyMetres,
        plan.everySeconds,
        plan.leadPercent,
        plan.currency,
      ],
    );
  }

  async hasPlan(id: string): Promise<boolean> {
    const tx = this.uow.current();
    const rows = await tx.query('select from fleet.maintenance_plans where tenant_id = $1 and id = $2 for share', [
      tx.tenantId,
      id,
    ]);
    return rows.length > 0;
  }

  /** @returns false where the vehicle has the plan already */
  async insertSchedule(schedule: { id: string; planId: string; vehicleId: string; base: Base }): Promise<boolean> {
    const tx = this.uow.current();
    const { id, planId, vehicleId, base } = schedule;
    const written = await tx.execute(
      `insert into fleet.maintenance_schedules (tenant_id, id, plan_id, vehicle_id, base_at, base_metres, base_seconds, created_at)
       values ($1, $2, $3, $4, $5, $6, $7, kernel.now()) on conflict (tenant_id, plan_id, vehicle_id) do nothing`,
      [tx.tenantId, id, planId, vehicleId, base.at, base.metres, base.seconds],
    );
    return written === 1;
  }

  /** The schedules of a vehicle, or one by its id, locked in id order. */
  async lock(of: { vehicleId: string } | { scheduleId: string }): Promise<ScheduleRow[]> {
    const tx = this.uow.current();
    const rows = await tx.query<Row>(
      `select s.id, s.plan_id as "planId", ${PLAN_COLUMNS}, s.vehicle_id as "vehicleId", v.state = 'retired' as retired,
         s.base_at as "baseAt", s.base_metres::float8 as "baseMetres", s.base_seconds::float8 as "baseSeconds",
         v.odometer_metres::float8 as metres, v.engine_seconds::float8 as seconds, s.cycle, s.state
       from fleet.maintenance_schedules s join fleet.maintenance_plans p on p.tenant_id = s.tenant_id and p.id = s.plan_id
         join fleet.vehicles v on v.tenant_id = s.tenant_id and v.id = s.vehicle_id
       where s.tenant_id = $1 and s.${'vehicleId' in of ? 'vehicle_id' : 'id'} = $2 order by s.id for no key update of s`,
      [tx.tenantId, Object.values(of)[0]],
    );
    return rows.map(({ planId, name, tasks, everyDays, everyMetres, everySeconds, leadPercent, currency, ...row }) => ({
      id: row.id,
      plan: { id: planId, name, tasks, everyDays, everyMetres, everySeconds, leadPercent, currency },
      vehicleId: row.vehicleId,
      retired: row.retired,
      base: { at: row.baseAt, metres: row.baseMetres, seconds: row.baseSeconds },
      metres: row.metres,
      seconds: row.seconds,
      cycle: row.cycle,
      state: row.state,
    }));
  }

  async move(id: string, state: DueState, by: DueBy | null): Promise<void> {
    const tx = this.uow.current();
    await tx.execute(
      `update fleet.maintenance_schedules set state = $3, due_by = $4, told_at = kernel.now() where tenant_id = $1 and id = $2`,
      [tx.tenantId, id, state, by],
    );
  }

  /** It was done: the intervals count from here on. */
  async restart(id: string, base: Base): Promise<void> {
    const tx = this.uow.current();
    await tx.execute(
      `update fleet.maintenance_schedules set base_at = $3, base_metres = $4, base_seconds = $5, cycle = cycle + 1, state = 'ok',
         due_by = null where tenant_id = $1 and id = $2`,
      [tx.tenantId, id, base.at, base.metres, base.seconds],
    );
  }

  async insertWarranty(warranty: {
    id: string;
    vehicleId: string;
    name: string;
    beginsOn: string;
    endsOn: string | null;
    untilMetres: number | null;
    provider: string | null;
  }): Promise<void> {
    const tx = this.uow.current();
    await tx.execute(
      `insert into fleet.warranties (tenant_id, id, vehicle_id, name, begins_on, ends_on, until_metres, provider, created_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, kernel.now())`,
      [
        tx.tenantId,
        warranty.id,
        warranty.vehicleId,
        warranty.name,
        warranty.beginsOn,
        warranty.endsOn,
        warranty.untilMetres,
        warranty.provider,
      ],
    );
  }

  /** Whether a warranty of a vehicle held at a time, by day and odometer then; null where the vehicle has none of this id. */
  async warrantyHeld(id: string, vehicleId: string, at: Date): Promise<boolean | null> {
    const tx = this.uow.current();
    const [row] = await tx.query<{ holds: boolean }>(
      `select w.begins_on <= d.day and (w.ends_on is null or w.ends_on >= d.day)
         and (w.until_metres is null or w.until_metres >= coalesce((select r.total from fleet.meter_readings r
           where r.tenant_id = $1 and r.vehicle_id = $3 and r.meter = 'odometer' and r.at <= $4 order by r.at desc limit 1), 0)) as holds
       from fleet.warranties w, lateral (select ($4::timestamptz at time zone 'UTC')::date as day) d
       where w.tenant_id = $1 and w.id = $2 and w.vehicle_id = $3`,
      [tx.tenantId, id, vehicleId, at],
    );
    return row?.holds ?? null;
  }
}
