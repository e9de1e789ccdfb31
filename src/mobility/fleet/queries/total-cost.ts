import { Query, QueryBus, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { TimeZoneQuery } from '../../../access/organizations/contracts/time-zone';
import { clock } from '../../../kernel/clock/clock';
import { currentContext } from '../../../kernel/context/request-context';
import { Database } from '../../../kernel/database/database';
import type { Money } from '../../../kernel/money/money';
import { activityOf, partsOf, PICKED, readingParams, WORN_BY_END } from '../data/cost-reading';
import { costsOf, type CurrencyCosts } from '../domain/cost-figures';
import { dayOf, plusDays, type CostCategory, type Purchase } from '../domain/costs';
import { spanOf } from '../domain/report-span';
import { CostProfileQuery } from './cost-settings';
import { FindVehicleQuery } from './vehicles';

export interface TotalCost {
  vehicleId: string;
  vehicleName: string;
  from: string;
  to: string;
  timeZone: string;
  costs: CurrencyCosts[];
  byCategory: { category: CostCategory; costs: Money[] }[];
  metres: number;
  engineSeconds: number;
  days: number;
  purchase: Purchase | null;
  /** Price less what is worn off by the end of the period. */
  bookValue: Money | null;
}

/**
 * What a vehicle costs altogether: its depreciation, (price − residual) by days or by metres of its life, and all that was
 * paid for it, in days [from, to) of the organization's time zone; default from its purchase, else from when it was
 * entered, until today. The sale is no part of it: what is not worn off is the book value.
 * @throws AppError not-found `fleet.vehicle-not-found`, invalid `fleet.report-period`
 */
export class TotalCostQuery extends Query<TotalCost> {
  constructor(
    readonly vehicleId: string,
    readonly request: { from?: string; to?: string },
  ) {
    super();
  }
}

/** Fifty years. */
const MOST_DAYS = 18_300;
const STATEMENT = `with ${PICKED}, ${partsOf(true)}, ${activityOf(true)}
  select x.category, x.fixed, x.currency, sum(x.amount)::bigint as amount, null::float8 as metres, null::float8 as "engineSeconds"
  from parts x group by 1, 2, 3 having sum(x.amount) <> 0
  union all
  select null, null, null, (select (c.price - ${WORN_BY_END})::bigint from fleet.cost_profiles c join picked p on p.id = c.id
      where c.tenant_id = kernel.tenant_id() and c.price is not null), sum(a.metres), sum(a.engine_seconds)
  from activity a`;

interface Row {
  category: CostCategory | null;
  fixed: boolean;
  currency: string;
  /** Of the row without a category: the book value. */
  amount: number | null;
  metres: number;
  engineSeconds: number;
}

@QueryHandler(TotalCostQuery)
export class TotalCostHandler implements IQueryHandler<TotalCostQuery> {
  constructor(
    private readonly database: Database,
    private readonly queries: QueryBus,
  ) {}

  async execute({ vehicleId, request }: TotalCostQuery): Promise<TotalCost> {
    const [timeZone, vehicle, { purchase }] = await Promise.all([
      this.queries.execute(new TimeZoneQuery(currentContext().tenantId!)),
      this.queries.execute(new FindVehicleQuery(vehicleId)),
      this.queries.execute(new CostProfileQuery(vehicleId)),
    ]);
    const {
      from = purchase?.purchasedOn ?? dayOf(new Date(vehicle.createdAt), timeZone),
      to = plusDays(dayOf(clock.now(), timeZone), 1),
    } = request;
    const span = spanOf({ from, to }, timeZone, null, MOST_DAYS);
    const rows = await this.database.read<Row>(STATEMENT, readingParams(span, { vehicleIds: [vehicleId] }));
    const whole = rows.find(({ category }) => category === null)!;
    const { days } = span;
    const [metres, engineSeconds] = [Math.round(whole.metres), Math.round(whole.engineSeconds)];
    const parts = rows.flatMap(({ category, fixed, currency, amount }) =>
      category === null
        ? []
        : [{ category, currency, fixed: fixed ? Number(amount) : 0, variable: fixed ? 0 : Number(amount) }],
    );
    const used = { metres, engineSeconds, days };
    const byCategory = [...new Set(parts.map(({ category }) => category))].map((category) => ({
      category,
      costs: costsOf(
        parts.filter((part) => part.category === category),
        used,
      ).map(({ total }) => total),
    }));
    byCategory.sort((a, b) => b.costs[0].amount - a.costs[0].amount || (a.category < b.category ? -1 : 1));
    const left = purchase && whole.amount !== null ? { ...purchase.price, amount: Number(whole.amount) } : null;
    const about = { vehicleId, vehicleName: vehicle.name, from, to, timeZone };
    return {
      ...about,
      costs: costsOf(parts, used),
      byCategory,
      metres,
      engineSeconds,
      days,
      purchase,
      bookValue: left,
    };
  }
}
