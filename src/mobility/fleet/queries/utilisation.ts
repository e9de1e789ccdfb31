import { Query, QueryBus, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { TimeZoneQuery } from '../../../access/organizations/contracts/time-zone';
import { clock } from '../../../kernel/clock/clock';
import { currentContext } from '../../../kernel/context/request-context';
import { Database } from '../../../kernel/database/database';
import { activityOf, PICKED, readingParams } from '../data/cost-reading';
import { spanOf } from '../domain/report-span';

export const USE_GROUPS = ['vehicle', 'fleet', 'month'] as const;
export type UseGroup = (typeof USE_GROUPS)[number];

export interface Use {
  vehicles: number;
  /** Days on which the vehicles were there, one a vehicle and day, and those with a trip. */
  days: number;
  daysUsed: number;
  /** daysUsed ÷ days, 0 to 1. */
  dayShare: number;
  /** Seconds that the vehicles were there, on trips, and standing between them. */
  seconds: number;
  drivingSeconds: number;
  standingSeconds: number;
  /** drivingSeconds ÷ seconds. */
  timeShare: number;
  trips: number;
  metres: number;
  engineSeconds: number;
  idleSeconds: number;
}

export interface Utilisation {
  from: string;
  to: string;
  timeZone: string;
  groupBy: UseGroup;
  data: (Use & { key: string | null; label: string | null; underused: boolean })[];
  total: Use;
  omitted: number;
}

/**
 * How much vehicles were used in days [from, to) of the organization's time zone, the least used first. A vehicle is there
 * from when it was entered, or from its first trip, until it is retired, and not in the future. A day is used that a trip
 * touches; a trip over midnight touches two. Under-used is a share of days below `threshold`.
 * @throws AppError invalid `fleet.report-period`
 */
export class UtilisationQuery extends Query<Utilisation> {
  constructor(
    readonly request: {
      from: string;
      to: string;
      groupBy: UseGroup;
      threshold: number;
      vehicleId?: readonly string[];
      fleetId?: readonly string[];
      limit?: number;
    },
  ) {
    super();
  }
}

const KEYS: Record<UseGroup, { key: string; label: string }> = {
  vehicle: { key: 'x.id::text', label: 'x.name' },
  fleet: {
    key: 'x.fleet_id::text',
    label: `(select f.name from fleet.fleets f where f.tenant_id = kernel.tenant_id() and f.id = x.fleet_id)`,
  },
  month: { key: 'x.n::text', label: 'null' },
};
/** No trip is longer: those that began so long before a period may reach into it. */
const LONGEST = `interval '7 days'`;

/** $9: now. */
const statementOf = (groupBy: UseGroup, narrow: boolean): string => `with ${PICKED}, ${activityOf(narrow)},
    touching as (
      select t.vehicle_id, t.started_at, t.ended_at from fleet.trips t
      where t.tenant_id = kernel.tenant_id() and t.started_at >= $5::timestamptz - ${LONGEST} and t.started_at < $6::timestamptz
        and t.ended_at > $5::timestamptz ${narrow ? 'and t.vehicle_id = any($7::uuid[])' : ''}),
    used as (
      select t.vehicle_id, s.n, count(distinct d.day)::int as days
      from touching t join stretches s on t.started_at < s.ends and t.ended_at > s.starts
        cross join lateral generate_series((greatest(t.started_at, s.starts) at time zone $2)::date,
          ((least(t.ended_at, s.ends) - interval '1 microsecond') at time zone $2)::date, interval '1 day') d(day)
      group by 1, 2),
    driving as (
      select t.vehicle_id, s.n, sum(extract(epoch from least(t.ended_at, s.ends) - greatest(t.started_at, s.starts)))::float8 as seconds
      from touching t join stretches s on t.started_at < s.ends and t.ended_at > s.starts group by 1, 2),
    there as (
      select p.id, p.name, p.fleet_id, s.n, b.begins, b.ends
      from picked p
        left join (select t.vehicle_id, min(t.started_at) as began from touching t group by 1) t on t.vehicle_id = p.id
        cross join lateral (select least(p.created_at, t.began) as since) f
        cross join stretches s
        cross join lateral (select greatest(s.starts, f.since) as begins, least(s.ends, $9::timestamptz, p.retired_at) as ends) b
      where b.begins < b.ends),
    x as (
      select w.id, w.name, w.fleet_id, w.n, ((w.ends - interval '1 microsecond') at time zone $2)::date - (w.begins at time zone $2)::date + 1 as days,
        extract(epoch from w.ends - w.begins)::float8 as seconds, coalesce(u.days, 0) as days_used, coalesce(g.seconds, 0) as driving,
        a.trips, a.metres, a.engine_seconds, a.idle_seconds
      from there w join activity a on a.vehicle_id = w.id and a.n = w.n left join used u on u.vehicle_id = w.id and u.n = w.n
        left join driving g on g.vehicle_id = w.id and g.n = w.n)
    select ${KEYS[groupBy].key} as key, min(${KEYS[groupBy].label}) as label, count(distinct x.id)::int as vehicles, sum(x.days)::int as days,
      sum(x.days_used)::int as "daysUsed", sum(x.seconds) as seconds, sum(x.driving) as "drivingSeconds", sum(x.trips)::int as trips,
      sum(x.metres) as metres, sum(x.engine_seconds) as "engineSeconds", sum(x.idle_seconds) as "idleSeconds"
    from x group by 1`;

type Sums = Omit<Use, 'dayShare' | 'standingSeconds' | 'timeShare'>;
type Row = Sums & { key: string | null; label: string | null };
const NOTHING: Sums = {
  ...{ vehicles: 0, days: 0, daysUsed: 0, seconds: 0, drivingSeconds: 0 },
  ...{ trips: 0, metres: 0, engineSeconds: 0, idleSeconds: 0 },
};

function useOf({
  vehicles,
  days,
  daysUsed,
  seconds,
  drivingSeconds,
  trips,
  metres,
  engineSeconds,
  idleSeconds,
}: Sums): Use {
  return {
    ...{ vehicles, days, daysUsed, dayShare: days > 0 ? daysUsed / days : 0 },
    seconds: Math.round(seconds),
    drivingSeconds: Math.round(drivingSeconds),
    standingSeconds: Math.max(0, Math.round(seconds - drivingSeconds)),
    timeShare: seconds > 0 ? Math.min(1, drivingSeconds / seconds) : 0,
    trips,
    metres: Math.round(metres),
    engineSeconds: Math.round(engineSeconds),
    idleSeconds: Math.round(idleSeconds),
  };
}

@QueryHandler(UtilisationQuery)
export class UtilisationHandler implements IQueryHandler<UtilisationQuery> {
  constructor(
    private readonly database: Database,
    private readonly queries: QueryBus,
  ) {}

  async execute({ request }: UtilisationQuery): Promise<Utilisation> {
    const { groupBy, threshold, vehicleId, fleetId, limit = 500 } = request;
    const timeZone = await this.queries.execute(new TimeZoneQuery(currentContext().tenantId!));
    const span = spanOf(request, timeZone, groupBy === 'month' ? 'month' : null);
    const rows = await this.database.read<Row>(statementOf(groupBy, vehicleId !== undefined), [
      ...readingParams(span, { vehicleIds: vehicleId, fleetIds: fleetId }),
      clock.now(),
    ]);
    const total = rows.reduce<Sums>(
      (all, row) =>
        Object.fromEntries(
          Object.keys(NOTHING).map((name) => [name, all[name as keyof Sums] + row[name as keyof Sums]]),
        ) as unknown as Sums,
      NOTHING,
    );
    // A vehicle is there in several months.
    if (groupBy === 'month') total.vehicles = Math.max(0, ...rows.map(({ vehicles }) => vehicles));
    const data = rows.map((row) => {
      const use = useOf(row);
      const month = groupBy === 'month' ? span.stretches[Number(row.key)].label : null;
      return { key: month ?? row.key, label: month ?? row.label, ...use, underused: use.dayShare < threshold };
    });
    if (groupBy === 'month') data.sort((a, b) => ((a.key ?? '') < (b.key ?? '') ? -1 : 1));
    else
      data.sort((a, b) => a.dayShare - b.dayShare || a.metres - b.metres || (a.key ?? '').localeCompare(b.key ?? ''));
    const { from, to } = span;
    const omitted = Math.max(0, data.length - limit);
    return { from, to, timeZone, groupBy, data: data.slice(0, limit), total: useOf(total), omitted };
  }
}
