import { Query, QueryBus, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { DateTime } from 'luxon';
import { TimeZoneQuery } from '../../../access/organizations/contracts/time-zone';
import { clock } from '../../../kernel/clock/clock';
import { currentContext } from '../../../kernel/context/request-context';
import { Database } from '../../../kernel/database/database';
import { together } from '../../../kernel/database/together';
import type { CurrencyCosts } from '../domain/cost-figures';
import { scoreOf } from '../domain/driving';
import { CostSummaryQuery } from './cost-summary';
import { EmissionsQuery, type EmissionFigures } from './emissions';
import { UtilisationQuery, type Use } from './utilisation';

export interface FleetDashboard {
  at: string;
  timeZone: string;
  vehicles: { inService: number; outOfService: number; retired: number; trailers: number; onTrip: number };
  alerts: {
    maintenanceDue: number;
    maintenanceUpcoming: number;
    workOrdersOpen: number;
    papersExpiring: number;
    papersExpired: number;
    defectsOpen: number;
    criticalDefectsOpen: number;
    /** Harsh driving, and trips with speeding, of the last 24 hours. */
    drivingEvents: number;
  };
  dispatch: {
    routes: number;
    routesUnderWay: number;
    stops: number;
    stopsDone: number;
    stopsFailed: number;
    stopsLate: number;
  };
  /** From the first of the month to today, and all of the month before. */
  costs: { month: string; thisMonth: CurrencyCosts[]; lastMonth: CurrencyCosts[]; lastMonthSoFar: CurrencyCosts[] };
  utilisation: Use;
  emissions: EmissionFigures;
  /** 0 to 100 of the month's trips; null below 50 km. */
  safetyScore: number | null;
}

/**
 * What a front-end shows of a fleet at a glance: what is counted now, and the figures of the month so far in the
 * organization's time zone, beside the month before and as many days of it. Six statements, side by side.
 */
export class FleetDashboardQuery extends Query<FleetDashboard> {
  constructor(readonly request: { fleetId?: readonly string[] } = {}) {
    super();
  }
}

const TENANT = 'tenant_id = kernel.tenant_id()';
const TODAY = `(kernel.now() at time zone $2)::date`;
/** A trip under way is a row that grows with each position that is followed: every ten minutes. */
const UNDER_WAY = `interval '15 minutes'`;
const COUNTS = `with mine as materialized (
    select v.id, v.kind, v.state from fleet.vehicles v where v.${TENANT} and ($1::uuid[] is null or v.fleet_id = any($1::uuid[]))),
  papers as (
    select count(*) filter (where d.expires_on < ${TODAY}) as expired,
      count(*) filter (where d.expires_on >= ${TODAY} and d.expires_on - d.warn_days <= ${TODAY}) as expiring
    from fleet.documents d left join mine m on m.id = d.vehicle_id
    where d.${TENANT} and d.expires_on <= ${TODAY} + 365
      and (m.id is not null and m.state <> 'retired' or d.vehicle_id is null and $1::uuid[] is null)),
  recent as (
    select count(distinct t.vehicle_id) filter (where t.ended_at > kernel.now() - ${UNDER_WAY}) as on_trip,
      coalesce(sum(t.harsh_acceleration + t.harsh_braking + t.harsh_cornering + (t.speeding_seconds > 0)::int), 0) as events
    from fleet.trips t join mine m on m.id = t.vehicle_id
    where t.${TENANT} and t.started_at > kernel.now() - interval '24 hours'),
  driven as (
    select coalesce(sum(t.distance_metres), 0) as metres, coalesce(sum(t.harsh_acceleration), 0)::int as "harshAcceleration",
      coalesce(sum(t.harsh_braking), 0)::int as "harshBraking", coalesce(sum(t.harsh_cornering), 0)::int as "harshCornering",
      coalesce(sum(t.speeding_seconds), 0) as "speedingSeconds", coalesce(sum(t.idle_seconds), 0) as "idleSeconds",
      coalesce(sum(t.night_seconds), 0) as "nightSeconds"
    from fleet.trips t join mine m on m.id = t.vehicle_id where t.${TENANT} and t.started_at >= $3::timestamptz),
  schedules as (
    select count(*) filter (where s.state = 'due') as due, count(*) filter (where s.state = 'upcoming') as upcoming
    from fleet.maintenance_schedules s join mine m on m.id = s.vehicle_id and m.state <> 'retired' where s.${TENANT} and s.state <> 'ok'),
  orders as (
    select count(*) as open from fleet.work_orders o join mine m on m.id = o.vehicle_id
    where o.${TENANT} and o.state in ('open', 'in_progress', 'on_hold')),
  faults as (
    select count(*) as open, count(*) filter (where d.critical) as critical from fleet.defects d join mine m on m.id = d.vehicle_id
    where d.${TENANT} and d.state = 'open'),
  today as (
    select r.id, r.state from fleet.dispatch_routes r join mine m on m.id = r.vehicle_id
    where r.${TENANT} and r.state <> 'cancelled' and lower(r.during) >= $4::timestamptz and lower(r.during) < $5::timestamptz),
  stops as (
    select count(*) as stops, count(*) filter (where s.state = 'done') as done, count(*) filter (where s.state = 'failed') as failed,
      count(*) filter (where coalesce(s.arrived_at, s.eta, case when s.state in ('pending', 'arrived') then kernel.now() end) > s.begin_at + interval '15 minutes') as late
    from today t join fleet.dispatch_stops s on s.${TENANT} and s.route_id = t.id)
  select
    (select jsonb_build_object('inService', count(*) filter (where kind = 'vehicle' and state = 'in_service'),
       'outOfService', count(*) filter (where kind = 'vehicle' and state = 'out_of_service'),
       'retired', count(*) filter (where state = 'retired'), 'trailers', count(*) filter (where kind = 'trailer' and state <> 'retired'))
     from mine) || (select jsonb_build_object('onTrip', on_trip) from recent) as vehicles,
    (select jsonb_build_object('maintenanceDue', due, 'maintenanceUpcoming', upcoming) from schedules)
      || (select jsonb_build_object('workOrdersOpen', open) from orders)
      || (select jsonb_build_object('papersExpiring', expiring, 'papersExpired', expired) from papers)
      || (select jsonb_build_object('defectsOpen', open, 'criticalDefectsOpen', critical) from faults)
      || (select jsonb_build_object('drivingEvents', events) from recent) as alerts,
    (select jsonb_build_object('routes', count(*), 'routesUnderWay', count(*) filter (where state = 'under_way')) from today)
      || (select jsonb_build_object('stops', stops, 'stopsDone', done, 'stopsFailed', failed, 'stopsLate', late) from stops) as dispatch,
    (select to_jsonb(driven) from driven) as driven`;

type Counts = Pick<FleetDashboard, 'vehicles' | 'alerts' | 'dispatch'> & { driven: Parameters<typeof scoreOf>[0] };

@QueryHandler(FleetDashboardQuery)
export class FleetDashboardHandler implements IQueryHandler<FleetDashboardQuery> {
  constructor(
    private readonly database: Database,
    private readonly queries: QueryBus,
  ) {}

  async execute({ request: { fleetId } }: FleetDashboardQuery): Promise<FleetDashboard> {
    const timeZone = await this.queries.execute(new TimeZoneQuery(currentContext().tenantId!));
    const now = DateTime.fromJSDate(clock.now(), { zone: timeZone });
    const [today, month] = [now.startOf('day'), now.startOf('month')];
    const before = month.minus({ months: 1 });
    const tomorrow = today.plus({ days: 1 });
    const day = (at: DateTime): string => at.toISODate()!;
    const soFar = DateTime.min(before.plus({ days: today.day }), month);
    const [from, to] = [day(month), day(tomorrow)];
    const spent = (begin: string, end: string) => () =>
      this.queries.execute(new CostSummaryQuery({ from: begin, to: end, groupBy: 'category', fleetId }));
    const [[counts], thisMonth, lastMonth, lastMonthSoFar, use, co2] = await together(
      () =>
        this.database.read<Counts>(COUNTS, [
          fleetId ?? null,
          timeZone,
          ...[month, today, tomorrow].map((at) => at.toUTC().toISO()),
        ]),
      spent(from, to),
      spent(day(before), from),
      spent(day(before), day(soFar)),
      () => this.queries.execute(new UtilisationQuery({ from, to, groupBy: 'fleet', threshold: 0, fleetId })),
      () => this.queries.execute(new EmissionsQuery({ from, to, groupBy: 'fuel', fleetId })),
    );
    const { vehicles, alerts, dispatch, driven } = counts;
    return {
      at: clock.now().toISOString(),
      timeZone,
      vehicles,
      alerts,
      dispatch,
      costs: {
        month: month.toFormat('yyyy-MM'),
        thisMonth: thisMonth.total.costs,
        lastMonth: lastMonth.total.costs,
        lastMonthSoFar: lastMonthSoFar.total.costs,
      },
      utilisation: use.total,
      emissions: co2.total,
      safetyScore: scoreOf(driven),
    };
  }
}
