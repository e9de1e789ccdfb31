import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Database } from '../../../kernel/database/database';
import { keyset, type ListQuery, type Page } from '../../../kernel/http/pagination';
import { pointsOf, type DueBy, type DueState } from '../domain/maintenance';
import { planNotFound, scheduleNotFound, warrantyNotFound } from '../domain/maintenance.errors';

export interface PlanFacts {
  id: string;
  name: string;
  tasks: string[];
  everyDays: number | null;
  everyMetres: number | null;
  everySeconds: number | null;
  leadPercent: number;
  currency: string;
  createdAt: string;
}

/** A plan at a vehicle: where it was done last, and when next. */
export interface ScheduleFacts {
  id: string;
  planId: string;
  planName: string;
  vehicleId: string;
  vehicleName: string;
  cycle: number;
  state: DueState;
  dueBy: DueBy | null;
  lastAt: string;
  lastMetres: number;
  lastSeconds: number;
  dueAt: string | null;
  dueMetres: number | null;
  dueSeconds: number | null;
  /** Until it is due; negative where it is over. */
  metresLeft: number | null;
  secondsLeft: number | null;
}

export interface WarrantyFacts {
  id: string;
  vehicleId: string;
  name: string;
  beginsOn: string;
  endsOn: string | null;
  untilMetres: number | null;
  provider: string | null;
  holds: boolean;
}

export class ListPlansQuery extends Query<Page<PlanFacts>> {
  constructor(readonly list: ListQuery) {
    super();
  }
}

/** @throws AppError not-found `fleet.plan-not-found` */
export class FindPlanQuery extends Query<PlanFacts> {
  constructor(readonly planId: string) {
    super();
  }
}

export class ListSchedulesQuery extends Query<Page<ScheduleFacts>> {
  constructor(readonly list: ListQuery) {
    super();
  }
}

/** @throws AppError not-found `fleet.schedule-not-found` */
export class FindScheduleQuery extends Query<ScheduleFacts> {
  constructor(readonly scheduleId: string) {
    super();
  }
}

export class ListWarrantiesQuery extends Query<Page<WarrantyFacts>> {
  constructor(readonly list: ListQuery) {
    super();
  }
}

/** @throws AppError not-found `fleet.warranty-not-found` */
export class FindWarrantyQuery extends Query<WarrantyFacts> {
  constructor(readonly warrantyId: string) {
    super();
  }
}

type PlanRow = Omit<PlanFacts, 'createdAt'> & { createdAt: Date };
const PLAN = `p.id, p.name, p.tasks, p.every_days as "everyDays", p.every_metres::float8 as "everyMetres",
  p.every_seconds::float8 as "everySeconds", p.lead_percent as "leadPercent", p.currency, p.created_at as "createdAt"`;
const planOf = (row: PlanRow): PlanFacts => ({
  id: row.id,
  name: row.name,
  tasks: row.tasks,
  everyDays: row.everyDays,
  everyMetres: row.everyMetres,
  everySeconds: row.everySeconds,
  leadPercent: row.leadPercent,
  currency: row.currency,
  createdAt: row.createdAt.toISOString(),
});
const PLANS = keyset({
  id: 'p.id',
  sorts: { createdAt: { sql: 'p.created_at', type: 'timestamptz' } },
  defaultSort: '-createdAt',
});

@QueryHandler(ListPlansQuery)
export class ListPlansHandler implements IQueryHandler<ListPlansQuery> {
  constructor(private readonly database: Database) {}

  execute({ list }: ListPlansQuery): Promise<Page<PlanFacts>> {
    return PLANS.run<PlanRow, PlanFacts>(this.database, list, {
      select: PLAN,
      from: 'fleet.maintenance_plans p',
      where: 'p.tenant_id = kernel.tenant_id()',
      map: planOf,
    });
  }
}

@QueryHandler(FindPlanQuery)
export class FindPlanHandler implements IQueryHandler<FindPlanQuery> {
  constructor(private readonly database: Database) {}

  async execute({ planId }: FindPlanQuery): Promise<PlanFacts> {
    const [row] = await this.database.read<PlanRow>(
      `select ${PLAN} from fleet.maintenance_plans p where p.tenant_id = kernel.tenant_id() and p.id = $1`,
      [planId],
    );
    if (!row) throw planNotFound();
    return planOf(row);
  }
}

interface ScheduleRow {
  id: string;
  planId: string;
  planName: string;
  vehicleId: string;
  vehicleName: string;
  cycle: number;
  state: DueState;
  dueBy: DueBy | null;
  lastAt: Date;
  lastMetres: number;
  lastSeconds: number;
  metres: number;
  seconds: number;
  everyDays: number | null;
  everyMetres: number | null;
  everySeconds: number | null;
  leadPercent: number;
}
const SCHEDULE = `s.id, s.plan_id as "planId", p.name as "planName", s.vehicle_id as "vehicleId", v.name as "vehicleName", s.cycle, s.state,
  s.due_by as "dueBy", s.base_at as "lastAt", s.base_metres::float8 as "lastMetres", s.base_seconds::float8 as "lastSeconds",
  v.odometer_metres::float8 as metres, v.engine_seconds::float8 as seconds, p.every_days as "everyDays",
  p.every_metres::float8 as "everyMetres", p.every_seconds::float8 as "everySeconds", p.lead_percent as "leadPercent"`;
const SCHEDULE_FROM = `fleet.maintenance_schedules s join fleet.maintenance_plans p on p.tenant_id = s.tenant_id and p.id = s.plan_id
  join fleet.vehicles v on v.tenant_id = s.tenant_id and v.id = s.vehicle_id`;
const SCHEDULES = keyset({
  id: 's.id',
  sorts: { createdAt: { sql: 's.created_at', type: 'timestamptz' } },
  defaultSort: '-createdAt',
  filters: {
    vehicleId: { sql: 's.vehicle_id', type: 'uuid' },
    planId: { sql: 's.plan_id', type: 'uuid' },
    state: { sql: 's.state', type: 'text' },
  },
});

function scheduleOf(row: ScheduleRow): ScheduleFacts {
  const points = pointsOf(row, { at: row.lastAt, metres: row.lastMetres, seconds: row.lastSeconds });
  const { id, planId, planName, vehicleId, vehicleName, cycle, state, dueBy, lastMetres, lastSeconds } = row;
  return {
    ...{ id, planId, planName, vehicleId, vehicleName, cycle, state, dueBy, lastMetres, lastSeconds },
    lastAt: row.lastAt.toISOString(),
    dueAt: points.dueAt?.toISOString() ?? null,
    dueMetres: points.dueMetres,
    dueSeconds: points.dueSeconds,
    metresLeft: points.dueMetres === null ? null : points.dueMetres - row.metres,
    secondsLeft: points.dueSeconds === null ? null : points.dueSeconds - row.seconds,
  };
}

@QueryHandler(ListSchedulesQuery)
export class ListSchedulesHandler implements IQueryHandler<ListSchedulesQuery> {
  constructor(private readonly database: Database) {}

  execute({ list }: ListSchedulesQuery): Promise<Page<ScheduleFacts>> {
    return SCHEDULES.run<ScheduleRow, ScheduleFacts>(this.database, list, {
      select: SCHEDULE,
      from: SCHEDULE_FROM,
      where: 's.tenant_id = kernel.tenant_id()',
      map: scheduleOf,
    });
  }
}

@QueryHandler(FindScheduleQuery)
export class FindScheduleHandler implements IQueryHandler<FindScheduleQuery> {
  constructor(private readonly database: Database) {}

  async execute({ scheduleId }: FindScheduleQuery): Promise<ScheduleFacts> {
    const [row] = await this.database.read<ScheduleRow>(
      `select ${SCHEDULE} from ${SCHEDULE_FROM} where s.tenant_id = kernel.tenant_id() and s.id = $1`,
      [scheduleId],
    );
    if (!row) throw scheduleNotFound();
    return scheduleOf(row);
  }
}

const WARRANTY = `w.id, w.vehicle_id as "vehicleId", w.name, w.begins_on::text as "beginsOn", w.ends_on::text as "endsOn",
  w.until_metres::float8 as "untilMetres", w.provider,
  w.begins_on <= (kernel.now() at time zone 'UTC')::date and (w.ends_on is null or w.ends_on >= (kernel.now() at time zone 'UTC')::date)
    and (w.until_metres is null or w.until_metres >= v.odometer_metres) as holds`;
const WARRANTY_FROM = 'fleet.warranties w join fleet.vehicles v on v.tenant_id = w.tenant_id and v.id = w.vehicle_id';
const warrantyOf = (row: WarrantyFacts): WarrantyFacts => ({
  id: row.id,
  vehicleId: row.vehicleId,
  name: row.name,
  beginsOn: row.beginsOn,
  endsOn: row.endsOn,
  untilMetres: row.untilMetres,
  provider: row.provider,
  holds: row.holds,
});
const WARRANTIES = keyset({
  id: 'w.id',
  sorts: { createdAt: { sql: 'w.created_at', type: 'timestamptz' } },
  defaultSort: '-createdAt',
  filters: { vehicleId: { sql: 'w.vehicle_id', type: 'uuid' } },
});

@QueryHandler(ListWarrantiesQuery)
export class ListWarrantiesHandler implements IQueryHandler<ListWarrantiesQuery> {
  constructor(private readonly database: Database) {}

  execute({ list }: ListWarrantiesQuery): Promise<Page<WarrantyFacts>> {
    return WARRANTIES.run<WarrantyFacts, WarrantyFacts>(this.database, list, {
      select: WARRANTY,
      from: WARRANTY_FROM,
      where: 'w.tenant_id = kernel.tenant_id()',
      map: warrantyOf,
    });
  }
}

@QueryHandler(FindWarrantyQuery)
export class FindWarrantyHandler implements IQueryHandler<FindWarrantyQuery> {
  constructor(private readonly database: Database) {}

  async execute({ warrantyId }: FindWarrantyQuery): Promise<WarrantyFacts> {
    const [row] = await this.database.read<WarrantyFacts>(
      `select ${WARRANTY} from ${WARRANTY_FROM} where w.tenant_id = kernel.tenant_id() and w.id = $1`,
      [warrantyId],
    );
    if (!row) throw warrantyNotFound();
    return warrantyOf(row);
  }
}
