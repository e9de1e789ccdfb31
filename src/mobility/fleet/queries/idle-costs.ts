import { Query, QueryBus, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { TimeZoneQuery } from '../../../access/organizations/contracts/time-zone';
import { currentContext } from '../../../kernel/context/request-context';
import { Database } from '../../../kernel/database/database';
import { multiply, sum, type Money } from '../../../kernel/money/money';
import { divideHalfUp } from '../../../kernel/money/rational';
import { PICKED, readingParams } from '../data/cost-reading';
import { CLASS_IDLE, energyOf, type BurntFuel } from '../domain/emissions';
import { spanOf } from '../domain/report-span';
import { fuelUnitOf, type FuelType, type VehicleClass } from '../domain/vehicle';
import { CostSettingsQuery, type CostSettings } from './cost-settings';

export interface IdleRow {
  vehicleId: string;
  vehicleName: string;
  idleSeconds: number;
  /** Of the time that the engine ran, on trips and idling, 0 to 1. */
  idleShare: number;
  /** Litres, kilograms or kilowatt hours an hour, and who says so. */
  rate: number;
  rateSource: 'vehicle' | 'organization' | 'class';
  unit: 'l' | 'kg' | 'kWh' | null;
  quantity: number;
  /** For one unit, and where it is from; null where nobody knows. */
  price: { money: Money; source: 'filled_in' | 'organization' } | null;
  fuelCost: Money | null;
  hourCost: Money | null;
}

export interface IdleCosts {
  from: string;
  to: string;
  timeZone: string;
  data: IdleRow[];
  /** Vehicles that are not among the rows; the sums have them. */
  omitted: number;
  /** One sum a currency. */
  total: Money[];
  idleSeconds: number;
  /** Vehicles that idled, whose fuel has no price. */
  unpriced: number;
}

/**
 * What idling cost in days [from, to), where it began: idle hours × (rate × price of fuel + cost of an hour). The rate is the
 * vehicle's own, else the organization's or the product's for its class; the price is the mean of what was filled in during
 * the period, in the currency most of it was paid in, else what the organization set.
 * @throws AppError invalid `fleet.report-period`
 */
export class IdleCostsQuery extends Query<IdleCosts> {
  constructor(
    readonly request: { from: string; to: string; vehicleId?: readonly string[]; fleetId?: readonly string[] },
  ) {
    super();
  }
}

const STATEMENT = `with ${PICKED},
    idled as (
      select i.vehicle_id, sum(i.seconds) as idle from fleet.idlings i
      where i.tenant_id = kernel.tenant_id() and i.started_at >= $5::timestamptz and i.started_at < $6::timestamptz group by 1),
    driven as (
      select t.vehicle_id, sum(extract(epoch from t.ended_at - t.started_at))::float8 as seconds
      from fleet.trips t where t.tenant_id = kernel.tenant_id() and t.started_at >= $5::timestamptz and t.started_at < $6::timestamptz
      group by 1),
    prices as (
      select distinct on (f.fuel_type) f.fuel_type, f.currency, sum(f.amount)::text as amount, sum(f.quantity)::text as quantity
      from fleet.fuel_entries f
      where f.tenant_id = kernel.tenant_id() and f.at >= $5::timestamptz and f.at < $6::timestamptz and f.amount is not null
      group by 1, 2 order by 1, sum(f.quantity) desc, 2)
    select p.id as "vehicleId", p.name as "vehicleName", p.class, p.fuel_type as "fuelType", i.idle, coalesce(d.seconds, 0) as seconds, c.idle_rate as own,
      r.currency, r.amount, r.quantity
    from idled i join picked p on p.id = i.vehicle_id left join driven d on d.vehicle_id = i.vehicle_id
      left join fleet.cost_profiles c on c.tenant_id = kernel.tenant_id() and c.id = p.id
      left join prices r on r.fuel_type = p.fuel_type
    order by i.idle desc, p.id`;
/** Rows that are told one by one; the sums are of all. */
const MOST_ROWS = 500;

interface Row {
  vehicleId: string;
  vehicleName: string;
  class: VehicleClass;
  fuelType: FuelType;
  idle: number;
  seconds: number;
  own: number | null;
  /** Null where nothing was filled in at a price: minor units, and thousandths of a unit. */
  currency: string | null;
  amount: string;
  quantity: string;
}

@QueryHandler(IdleCostsQuery)
export class IdleCostsHandler implements IQueryHandler<IdleCostsQuery> {
  constructor(
    private readonly database: Database,
    private readonly queries: QueryBus,
  ) {}

  async execute({ request }: IdleCostsQuery): Promise<IdleCosts> {
    const [timeZone, settings] = await Promise.all([
      this.queries.execute(new TimeZoneQuery(currentContext().tenantId!)),
      this.queries.execute(new CostSettingsQuery()),
    ]);
    const span = spanOf(request, timeZone);
    const scope = { vehicleIds: request.vehicleId, fleetIds: request.fleetId };
    const rows = await this.database.read<Row>(STATEMENT, readingParams(span, scope));
    const data = rows.map((row) => idleOf(row, settings));
    const costs = data.flatMap(({ fuelCost, hourCost }) => [fuelCost, hourCost].filter((cost) => cost !== null));
    const total = [...new Set(costs.map(({ currency }) => currency))].sort().map((currency) =>
      sum(
        costs.filter((cost) => cost.currency === currency),
        currency,
      ),
    );
    const idleSeconds = data.reduce((all, row) => all + row.idleSeconds, 0);
    const unpriced = data.filter(({ price, unit }) => price === null && unit !== null).length;
    const { from, to } = span;
    const told = data.slice(0, MOST_ROWS);
    return { from, to, timeZone, data: told, omitted: data.length - told.length, total, idleSeconds, unpriced };
  }
}

function idleOf(row: Row, settings: CostSettings): IdleRow {
  const { vehicleId, vehicleName, class: kind, fuelType, own, idle, seconds } = row;
  const set = settings.idleRates[kind];
  const ofClass = fuelType === 'none' ? 0 : CLASS_IDLE[kind][energyOf(fuelType)];
  const rate = own ?? set ?? ofClass;
  const rateSource = own !== null ? 'vehicle' : set !== undefined ? 'organization' : 'class';
  const idleSeconds = Math.round(idle);
  const hours = { numerator: BigInt(idleSeconds), denominator: 3_600n };
  const unit = fuelUnitOf(fuelType);
  const priced = unit === null ? null : priceOf(row, settings);
  return {
    ...{ vehicleId, vehicleName, idleSeconds, rate, rateSource, unit },
    idleShare: idle / (idle + seconds),
    quantity: Math.round(idleSeconds * rate) / 3_600,
    price: priced && { money: priced.shown, source: priced.source },
    fuelCost: priced && multiply(priced.exact, hours, rate, priced.each),
    hourCost: settings.idleHour && multiply(settings.idleHour, hours),
  };
}

/** The price of a unit: `exact` × `each` is it unrounded, `shown` rounded. */
function priceOf({ currency, amount, quantity, fuelType }: Row, { fuelPrices }: CostSettings) {
  if (currency !== null) {
    const each = { numerator: 1_000n, denominator: BigInt(quantity) };
    const shown = { amount: Number(divideHalfUp(BigInt(amount) * 1_000n, BigInt(quantity))), currency };
    return { exact: { amount: Number(amount), currency }, each, shown, source: 'filled_in' as const };
  }
  const set = fuelPrices[fuelType as BurntFuel];
  return set
    ? { exact: set, each: { numerator: 1n, denominator: 1n }, shown: set, source: 'organization' as const }
    : null;
}
