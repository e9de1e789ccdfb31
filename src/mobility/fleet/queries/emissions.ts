import { Query, QueryBus, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { TimeZoneQuery } from '../../../access/organizations/contracts/time-zone';
import { currentContext } from '../../../kernel/context/request-context';
import { Database } from '../../../kernel/database/database';
import { activityOf, PICKED, readingParams } from '../data/cost-reading';
import { BURNT_FUELS, CLASS_CONSUMPTION, energyOf, type BurntFuel, type Co2Factor } from '../domain/emissions';
import { spanOf } from '../domain/report-span';
import type { VehicleClass } from '../domain/vehicle';
import { CostSettingsQuery } from './cost-settings';

export const EMISSION_GROUPS = ['vehicle', 'month', 'fleet', 'fuel'] as const;
export type EmissionGroup = (typeof EMISSION_GROUPS)[number];

/** Of fuel that was filled in; of distance and the vehicle's own norm; of distance and what its class takes. */
export const EMISSION_METHODS = ['fuel', 'norm', 'class'] as const;
export type EmissionMethod = (typeof EMISSION_METHODS)[number];

export interface EmissionFigures {
  /** CO2 equivalents in kilograms: out of the exhaust, and with what making the fuel took. */
  tankToWheel: number;
  wellToWheel: number;
  metres: number;
  /** Grams for a kilometre, well-to-wheel; null where nothing was driven. */
  gramsPerKm: number | null;
  /** All that a part of it follows from. */
  methods: EmissionMethod[];
}

export interface Emissions {
  from: string;
  to: string;
  timeZone: string;
  groupBy: EmissionGroup;
  data: (EmissionFigures & { key: string | null; label: string | null })[];
  total: EmissionFigures;
  factors: Record<BurntFuel, Co2Factor & { source: string }>;
  omitted: number;
}

/**
 * CO2 equivalents of days [from, to): Σ quantity × factor of the fuel. The quantity is what was filled in, where anything
 * was filled into the vehicle in the period; else kilometres ÷ 100 × its norm (of machines: hours of the engine × norm);
 * else kilometres ÷ 100 × what its class takes. Which it was is said.
 * @throws AppError invalid `fleet.report-period`
 */
export class EmissionsQuery extends Query<Emissions> {
  constructor(
    readonly request: {
      from: string;
      to: string;
      groupBy: EmissionGroup;
      vehicleId?: readonly string[];
      fleetId?: readonly string[];
      limit?: number;
    },
  ) {
    super();
  }
}

const KEYS: Record<EmissionGroup, { key: string; label: string }> = {
  vehicle: { key: 'p.id::text', label: 'p.name' },
  fleet: {
    key: 'p.fleet_id::text',
    label: `(select f.name from fleet.fleets f where f.tenant_id = kernel.tenant_id() and f.id = p.fleet_id)`,
  },
  month: { key: 'x.n::text', label: 'null' },
  fuel: { key: 'x.fuel', label: 'x.fuel' },
};

function statementOf(groupBy: EmissionGroup, narrow: boolean): string {
  const { key, label } = KEYS[groupBy];
  const vehicles = narrow ? 'and f.vehicle_id = any($7::uuid[])' : '';
  return `with ${PICKED}, ${activityOf(narrow)},
    filled as (
      select f.vehicle_id, s.n, f.fuel_type, sum(f.quantity)::float8 / 1000 as quantity
      from fleet.fuel_entries f join stretches s on f.at >= s.starts and f.at < s.ends
      where f.tenant_id = kernel.tenant_id() and f.at >= $5::timestamptz and f.at < $6::timestamptz ${vehicles}
      group by 1, 2, 3),
    burnt as (
      select f.vehicle_id, f.n, f.fuel_type as fuel, 'fuel' as method, f.quantity, 0::float8 as metres from filled f
      union all
      select a.vehicle_id, a.n, p.fuel_type, case when p.consumption_norm is null then 'class' else 'norm' end,
        p.consumption_norm * case p.class when 'machine' then a.engine_seconds / 3600 else a.metres / 100000 end, a.metres
      from activity a join picked p on p.id = a.vehicle_id
      where p.fuel_type <> 'none' and not exists (select from filled f where f.vehicle_id = a.vehicle_id)
        and (a.metres > 0 or a.engine_seconds > 0)
      union all
      select a.vehicle_id, a.n, p.fuel_type, null, null, a.metres
      from activity a join picked p on p.id = a.vehicle_id
      where a.metres > 0 and exists (select from filled f where f.vehicle_id = a.vehicle_id))
    select ${key} as key, min(${label}) as label, x.fuel, x.method,
      p.class, sum(x.quantity) as quantity, sum(x.metres) as metres
    from burnt x join picked p on p.id = x.vehicle_id group by 1, 3, 4, 5`;
}

interface Row {
  key: string | null;
  label: string | null;
  /** `none` of what drives, or is drawn, without a fuel of its own. */
  fuel: BurntFuel | 'none';
  method: EmissionMethod | null;
  class: VehicleClass;
  quantity: number | null;
  metres: number;
}
const NO_FUEL = { tankToWheel: 0, wellToWheel: 0 };
type Sums = Pick<EmissionFigures, 'tankToWheel' | 'wellToWheel' | 'metres'> & { methods: Set<EmissionMethod> };
const nothing = (): Sums => ({ tankToWheel: 0, wellToWheel: 0, metres: 0, methods: new Set() });
const rounded = (value: number): number => Math.round(value * 1_000) / 1_000;
const figuresOf = ({ tankToWheel, wellToWheel, metres, methods }: Sums): EmissionFigures => ({
  tankToWheel: rounded(tankToWheel),
  wellToWheel: rounded(wellToWheel),
  metres: Math.round(metres),
  gramsPerKm: metres > 0 ? rounded((wellToWheel * 1_000_000) / metres) : null,
  methods: EMISSION_METHODS.filter((method) => methods.has(method)),
});

@QueryHandler(EmissionsQuery)
export class EmissionsHandler implements IQueryHandler<EmissionsQuery> {
  constructor(
    private readonly database: Database,
    private readonly queries: QueryBus,
  ) {}

  async execute({ request }: EmissionsQuery): Promise<Emissions> {
    const { groupBy, vehicleId, fleetId, limit = 500 } = request;
    const [timeZone, { effectiveCo2Factors: factors }] = await Promise.all([
      this.queries.execute(new TimeZoneQuery(currentContext().tenantId!)),
      this.queries.execute(new CostSettingsQuery()),
    ]);
    const span = spanOf(request, timeZone, groupBy === 'month' ? 'month' : null);
    const params = readingParams(span, { vehicleIds: vehicleId, fleetIds: fleetId });
    const rows = await this.database.read<Row>(statementOf(groupBy, vehicleId !== undefined), params);
    const months = groupBy === 'month' ? span.stretches : [];
    const groups = new Map<string | null, Sums & { label: string | null }>(
      months.map(({ n, label }) => [String(n), { ...nothing(), label }]),
    );
    const total = nothing();
    for (const { key, label, fuel, method, class: kind, quantity, metres } of rows) {
      const group = groups.get(key) ?? { ...nothing(), label };
      groups.set(key, group);
      const factor = fuel === 'none' ? NO_FUEL : factors[fuel];
      const ofClass = fuel === 'none' ? 0 : CLASS_CONSUMPTION[kind][energyOf(fuel)];
      const burnt = method === 'class' ? (metres / 100_000) * ofClass : (quantity ?? 0);
      for (const sums of [group, total]) {
        sums.metres += metres;
        sums.tankToWheel += burnt * factor.tankToWheel;
        sums.wellToWheel += burnt * factor.wellToWheel;
        if (method) sums.methods.add(method);
      }
    }
    const data = [...groups].map(([key, group]) => ({
      ...{ key: groupBy === 'month' ? group.label : key, label: group.label },
      ...figuresOf(group),
    }));
    if (groupBy === 'fuel')
      data.sort((a, b) => BURNT_FUELS.indexOf(a.key as never) - BURNT_FUELS.indexOf(b.key as never));
    else if (groupBy !== 'month')
      data.sort((a, b) => b.wellToWheel - a.wellToWheel || (a.key ?? '').localeCompare(b.key ?? ''));
    const { from, to } = span;
    const omitted = Math.max(0, data.length - limit);
    return { from, to, timeZone, groupBy, data: data.slice(0, limit), total: figuresOf(total), factors, omitted };
  }
}
