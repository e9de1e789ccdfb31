import { Query, QueryBus, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { TimeZoneQuery } from '../../../access/organizations/contracts/time-zone';
import { currentContext } from '../../../kernel/context/request-context';
import { Database } from '../../../kernel/database/database';
import { activityOf, DRIVER_ACTIVITY, partsByDriver, partsOf, PICKED, readingParams } from '../data/cost-reading';
import { costsOf, type CurrencyCosts, type Spent } from '../domain/cost-figures';
import { spanOf, type ReportSpan } from '../domain/report-span';

export const COST_GROUPS = ['vehicle', 'category', 'month', 'fleet', 'driver'] as const;
export type CostGroup = (typeof COST_GROUPS)[number];

export interface CostRow {
  /** Id of the vehicle, fleet or driver, the category, or the month; null: of no fleet, of nobody. */
  key: string | null;
  label: string | null;
  costs: CurrencyCosts[];
  metres: number;
  engineSeconds: number;
  days: number;
}

export interface CostSummary {
  from: string;
  to: string;
  timeZone: string;
  groupBy: CostGroup;
  data: CostRow[];
  total: Omit<CostRow, 'key' | 'label'>;
  /** Rows that are left out; the total has them. */
  omitted: number;
}

/**
 * What vehicles cost in days [from, to) of the organization's time zone: entries, lines of work orders that no warranty
 * pays, fuel, and depreciation. What is spread over days counts with those days alone, exactly. Figures: total ÷
 * kilometres, ÷ hours of the engine, ÷ days of the period; of a category they are over the distance of all.
 * Vehicles count to the fleet that they are in today.
 * @throws AppError invalid `fleet.report-period`
 */
export class CostSummaryQuery extends Query<CostSummary> {
  constructor(
    readonly request: {
      from: string;
      to: string;
      groupBy: CostGroup;
      vehicleId?: readonly string[];
      fleetId?: readonly string[];
      limit?: number;
    },
  ) {
    super();
  }
}

const KEYS: Record<CostGroup, { cost: string; activity: string; label: string }> = {
  vehicle: {
    cost: 'x.vehicle_id::text',
    activity: 'x.vehicle_id::text',
    label: `(select v.name from fleet.vehicles v where v.tenant_id = kernel.tenant_id() and v.id = r.key::uuid)`,
  },
  fleet: {
    cost: 'p.fleet_id::text',
    activity: 'p.fleet_id::text',
    label: `(select f.name from fleet.fleets f where f.tenant_id = kernel.tenant_id() and f.id = r.key::uuid)`,
  },
  driver: {
    cost: 'x.driver_id::text',
    activity: 'x.driver_id::text',
    label: `(select d.name from fleet.drivers d where d.tenant_id = kernel.tenant_id() and d.id = r.key::uuid)`,
  },
  month: { cost: 'x.n::text', activity: 'x.n::text', label: 'null' },
  category: { cost: 'x.category', activity: 'null', label: 'r.key' },
};

/** One statement: what was spent by key and currency, and what was driven by key. */
function statementOf(groupBy: CostGroup, narrow: boolean): string {
  const { cost, activity, label } = KEYS[groupBy];
  const ofDrivers = groupBy === 'driver';
  const of = groupBy === 'fleet' ? 'join picked p on p.id = x.vehicle_id' : '';
  return `with ${PICKED}, ${ofDrivers ? partsByDriver(narrow) : partsOf(narrow)}, ${ofDrivers ? DRIVER_ACTIVITY : activityOf(narrow)},
    spent as (
      select ${cost} as key, x.currency, coalesce(sum(x.amount) filter (where x.fixed), 0)::bigint as fixed,
        coalesce(sum(x.amount) filter (where not x.fixed), 0)::bigint as variable
      from parts x ${of} group by 1, 2 having sum(x.amount) <> 0 or count(*) filter (where x.amount <> 0) > 0),
    used as (
      select ${activity} as key, sum(x.metres) as metres, sum(x.engine_seconds) as engine_seconds from activity x ${of}
      group by 1 having sum(x.metres) > 0 or sum(x.engine_seconds) > 0),
    r as (
      select key, currency, fixed, variable, null::float8 as metres, null::float8 as "engineSeconds" from spent
      union all select key, null, null, null, metres, engine_seconds from used)
    select r.*, ${label} as label from r`;
}

interface Row {
  key: string | null;
  label: string | null;
  currency: string | null;
  fixed: number;
  variable: number;
  metres: number;
  engineSeconds: number;
}
interface Group {
  label: string | null;
  spent: Spent[];
  metres: number;
  engineSeconds: number;
}
const nothing = (label: string | null): Group => ({ label, spent: [], metres: 0, engineSeconds: 0 });
const dayCount = (from: string, to: string): number => Math.round((Date.parse(to) - Date.parse(from)) / 86_400_000);
const MOST_ROWS = 500;

@QueryHandler(CostSummaryQuery)
export class CostSummaryHandler implements IQueryHandler<CostSummaryQuery> {
  constructor(
    private readonly database: Database,
    private readonly queries: QueryBus,
  ) {}

  async execute({ request }: CostSummaryQuery): Promise<CostSummary> {
    const { groupBy, vehicleId, fleetId, limit = MOST_ROWS } = request;
    const timeZone = await this.queries.execute(new TimeZoneQuery(currentContext().tenantId!));
    const span = spanOf(request, timeZone, groupBy === 'month' ? 'month' : null);
    const params = readingParams(span, { vehicleIds: vehicleId, fleetIds: fleetId });
    const rows = await this.database.read<Row>(statementOf(groupBy, vehicleId !== undefined), params);
    const groups = groupsOf(rows, groupBy, span);
    const whole = nothing(null);
    for (const { spent, metres, engineSeconds } of groups.values()) {
      whole.spent.push(...spent);
      whole.metres += metres;
      whole.engineSeconds += engineSeconds;
    }
    // Of categories only the whole is driven.
    if (groupBy === 'category') groups.delete(null);
    const data = [...groups].map(([key, group]) => rowOf(key, group, groupBy === 'category' ? whole : group, span));
    if (groupBy !== 'month') data.sort(byCost);
    const { from, to } = span;
    const { key: _key, label: _label, ...total } = rowOf(null, whole, whole, span);
    return {
      from,
      to,
      timeZone,
      groupBy,
      data: data.slice(0, limit),
      total,
      omitted: Math.max(0, data.length - limit),
    };
  }
}

function groupsOf(rows: Row[], groupBy: CostGroup, span: ReportSpan): Map<string | null, Group> {
  // Months in which nothing happened are rows as well.
  const months = groupBy === 'month' ? span.stretches : [];
  const groups = new Map<string | null, Group>(months.map(({ n, label }) => [String(n), nothing(label)]));
  for (const { key, label, currency, fixed, variable, metres, engineSeconds } of rows) {
    const group = groups.get(key) ?? nothing(label);
    groups.set(key, group);
    if (currency !== null) group.spent.push({ currency, fixed: Number(fixed), variable: Number(variable) });
    else {
      group.metres += metres;
      group.engineSeconds += engineSeconds;
    }
  }
  return groups;
}

function rowOf(key: string | null, { label, spent }: Group, used: Group, span: ReportSpan): CostRow {
  const month = span.stretches.length > 0 && span.stretches[0].label !== null && key !== null;
  const days = month ? dayCount(span.stretches[Number(key)].from, span.stretches[Number(key)].to) : span.days;
  const { metres, engineSeconds } = used;
  const costs = costsOf(spent, { metres, engineSeconds, days });
  const rounded = { metres: Math.round(metres), engineSeconds: Math.round(engineSeconds) };
  return { key: month ? label : key, label, costs, ...rounded, days };
}

/** The dearest first, by the currency that is spent most; then by name. */
const byCost = (a: CostRow, b: CostRow): number =>
  (b.costs[0]?.total.amount ?? 0) - (a.costs[0]?.total.amount ?? 0) ||
  (a.label ?? '').localeCompare(b.label ?? '') ||
  (a.key ?? '').localeCompare(b.key ?? '');
