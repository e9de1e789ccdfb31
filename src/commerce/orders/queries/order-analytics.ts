import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Database } from '../../../kernel/database/database';
import { multiply, type Money } from '../../../kernel/money/money';
import { FIGURES, figuresOf, SUMS, windowParams, type Dimension } from '../data/sales-figures';
import { currencyNeeded } from '../domain/orders.errors';
import { onePeriod, rollingWindow, salesWindow, type Grain, type SalesWindow } from '../domain/sales-window';

export const GROUPS = ['day', 'month', 'year', 'channel', 'product', 'customer', 'category'] as const;
export type GroupBy = (typeof GROUPS)[number];

export interface SalesFigures {
  orders: number;
  quantity: number;
  /** Price × quantity, before discounts. */
  gross: Money;
  /** After line discounts, each line rounded half-up to the minor unit. */
  net: Money;
  /** Null where the group is part of an order: freight belongs to whole orders. */
  shipping: Money | null;
  /** Net an order, half-up; null where the group is part of an order, or empty. */
  averageOrder: Money | null;
}

export interface SalesRow extends SalesFigures {
  key: string;
  label: string;
}

export interface SalesReport {
  data: SalesRow[];
  total: SalesFigures;
}

/**
 * Paid sales, without cancelled and refunded orders, from `from` to just before `to` (by the time they were placed):
 * what a recount of the orders says, from sums of whole days where there are any.
 * @throws AppError invalid `orders.currency-needed` when the orders are in several currencies and none is chosen
 */
export class OrderAnalyticsQuery extends Query<SalesReport> {
  constructor(readonly request: { from?: string; to?: string; groupBy: GroupBy; currency?: string; limit: number }) {
    super();
  }
}

interface Grouping {
  dimension: Dimension;
  /** Longest time that one row may span. */
  coarsest: Grain;
  key: string;
  label: string;
  sort: string;
}

/** The latest name among rows of one key. */
const NAMED = `(array_agg(label order by day desc) filter (where label is not null))[1]`;

const byTime = (coarsest: Grain, key: string, label: string): Grouping => ({
  dimension: 'channel',
  coarsest,
  key: `to_char(day, '${key}')`,
  label: `max(to_char(day, '${label}'))`,
  sort: 'key',
});
const byKey = (dimension: Dimension): Grouping => ({
  dimension,
  coarsest: 'all',
  key: 'key',
  label: NAMED,
  sort: 'net desc, key',
});
const GROUPINGS: Record<GroupBy, Grouping> = {
  day: byTime('day', 'YYYY-MM-DD', 'YYYY-MM-DD'),
  month: byTime('month', 'YYYY-MM', 'FMMonth YYYY'),
  year: byTime('year', 'YYYY', 'YYYY'),
  channel: byKey('channel'),
  customer: byKey('customer'),
  product: byKey('product'),
  category: byKey('category'),
};

const TOTALS = `with ${figuresOf('channel')}
  select currency, ${SUMS}, (select f.rolled::text from orders.sales_folds f where f.tenant_id = kernel.tenant_id()) as rolled
  from (select * from added union all select * from corrected) f
  where $10::text is null or currency = $10 group by currency having sum(orders) > 0 order by 2 desc, currency`;

/** Names the rows as they were named last; of those that changed since they were added up, as they are now. */
const labelled = (dimension: Dimension, rows: string, sort: string): string =>
  `select key, coalesce(label, (select l.label from orders.sales_labels l
     where l.tenant_id = kernel.tenant_id() and l.dimension = '${dimension}' and l.key = found.key), key) as label,
     orders, quantity, gross, net, shipping
   from (${rows}) as found order by ${sort}`;

/** $11 rows, $10 currency. */
function statementOf({ dimension, key, label, sort }: Grouping): string {
  const rows = `select ${key} as key, ${label} as label, ${SUMS}
    from (select * from added union all select * from corrected) f where currency = $10::text
    group by 1 having sum(orders) > 0 order by ${sort} limit $11`;
  return `with ${figuresOf(dimension)} ${labelled(dimension, rows, sort)}`;
}

/** What differs from what was added up, by key. */
const touched = (corrected: string): string => `touched as materialized (
      select key, ${NAMED} as label, ${SUMS} from ${corrected} where currency = $10::text group by key
    )`;

/** Days by which the time is longer (1) or shorter (-1) than the period that is read: $14-$16 low, high, sign. */
const differing = (
  dimension: Dimension,
): string => `select r.period as day, r.currency, r.key, null::text as label, ${FIGURES.split(', ')
  .map((figure) => `d.sign * r.${figure} as ${figure}`)
  .join(', ')}
      from unnest($14::date[], $15::date[], $16::int[]) as d(low, high, sign) cross join lateral (
        select x.* from orders.sales_rollups x where x.tenant_id = kernel.tenant_id() and x.dimension = '${dimension}'
          and x.grain = 'day' and x.period >= d.low and x.period < d.high and x.currency = $10::text offset 0
      ) r`;

/**
 * The best of one period, which are found by index: those that nothing changed about since, and all others. $12 and
 * $13 say the period, $14-$16 by which days the time differs from it, $17 the day of rolling windows: of another there is none.
 */
function bestOf(dimension: Dimension): string {
  const rows = `(
      select r.key, null::text as label, ${FIGURES} from orders.sales_rollups r
      where r.tenant_id = kernel.tenant_id() and r.dimension = '${dimension}' and r.grain = $12::text and r.period = $13::date
        and r.currency = $10::text and r.key not in (select t.key from touched t)
      order by r.net desc, r.key limit $11
    ) union all (
      select t.key, t.label, ${FIGURES.split(', ')
        .map((figure) => `t.${figure} + coalesce(r.${figure}, 0)`)
        .join(', ')}
      from touched t left join lateral (
        select x.* from orders.sales_rollups x where x.tenant_id = kernel.tenant_id() and x.dimension = '${dimension}'
          and x.grain = $12::text and x.period = $13::date and x.currency = $10::text and x.key = t.key offset 0
      ) r on true
      where t.orders + coalesce(r.orders, 0) > 0
    ) order by net desc, key limit $11`;
  const corrected = `(select * from corrected union all ${differing(dimension)}) c`;
  const rolled = `$17::date is null or $17::date = (select f.rolled from orders.sales_folds f where f.tenant_id = kernel.tenant_id())`;
  return `with ${figuresOf(dimension)}, ${touched(corrected)}
    ${labelled(dimension, `select * from (${rows}) r where ${rolled}`, 'net desc, key')}`;
}

/**
 * The best of a time of several periods: their net says which they are, and all figures are read of these only.
 */
function bestOfSpan(dimension: Dimension): string {
  const added = (
    columns: string,
    which: string,
  ): string => `select ${columns} from unnest($5::text[], $6::date[], $7::date[]) as c(grain, low, high)
      cross join lateral (
        select x.* from orders.sales_rollups x where x.tenant_id = kernel.tenant_id() and x.dimension = '${dimension}'
          and x.grain = c.grain and x.period >= c.low and x.period < c.high and x.currency = $10::text ${which} offset 0
      ) r`;
  const rows = `select key, max(label) as label, ${SUMS} from (
      ${added(`r.key, null::text as label, ${FIGURES}`, `and x.key = any(array(select b.key from best b))`)}
      union all
      select key, label, ${FIGURES} from touched where key in (select b.key from best b)
    ) f group by key order by net desc, key`;
  return `with ${figuresOf(dimension)}, ${touched('corrected')}, best as materialized (
      select key from (${added('r.key, r.net, r.orders', '')} union all select key, net, orders from touched) f
      group by key having sum(orders) > 0 order by sum(net) desc, key limit $11
    ) ${labelled(dimension, rows, 'net desc, key')}`;
}

interface Sums {
  orders: number;
  quantity: number;
  gross: number;
  net: number;
  shipping: number;
}

const NOTHING: Sums = { orders: 0, quantity: 0, gross: 0, net: 0, shipping: 0 };

@QueryHandler(OrderAnalyticsQuery)
export class OrderAnalyticsHandler implements IQueryHandler<OrderAnalyticsQuery> {
  constructor(private readonly database: Database) {}

  async execute({ request }: OrderAnalyticsQuery): Promise<SalesReport> {
    const totals = await this.database.read<Sums & { currency: string; rolled: string | null }>(TOTALS, [
      ...windowParams(salesWindow(request, 'all')),
      request.currency ?? null,
    ]);
    if (totals.length > 1) throw currencyNeeded(totals.map((total) => total.currency));
    const currency = totals[0]?.currency ?? request.currency ?? 'EUR';
    const total = figures(totals[0] ?? NOTHING, currency, true);
    if (totals.length === 0) return { data: [], total };
    const grouping = GROUPINGS[request.groupBy];
    const { rolled } = totals[0];
    const rows = await this.rows(
      grouping,
      salesWindow(request, grouping.coarsest),
      { currency, rolled },
      request.limit,
    );
    const whole = grouping.dimension === 'channel' || grouping.dimension === 'customer';
    return { data: rows.map((row) => ({ key: row.key, label: row.label, ...figures(row, currency, whole) })), total };
  }

  private async rows(
    grouping: Grouping,
    window: SalesWindow,
    { currency, rolled }: { currency: string; rolled: string | null },
    limit: number,
  ): Promise<Row[]> {
    const params = [...windowParams(window), currency, limit];
    const { dimension } = grouping;
    if (dimension === 'channel') return this.database.read<Row>(statementOf(grouping), params);
    const one = onePeriod(window);
    if (one) return this.database.read<Row>(bestOf(dimension), [...params, one.grain, one.period, [], [], [], null]);
    const rolling = rollingWindow(window, rolled);
    if (rolling) {
      const [low, high, sign] = [
        rolling.differs.map((days) => days.low),
        rolling.differs.map((days) => days.high),
        rolling.differs.map((days) => days.sign),
      ];
      const best = [...params, rolling.grain, '-infinity', low, high, sign, rolled];
      const rows = await this.database.read<Row>(bestOf(dimension), best);
      // There are sales: it was folded meanwhile, for another day.
      if (rows.length > 0) return rows;
    }
    return this.database.read<Row>(bestOfSpan(dimension), params);
  }
}

type Row = Sums & { key: string; label: string };

/** @param whole false where the group is part of an order */
function figures(sums: Sums, currency: string, whole: boolean): SalesFigures {
  const money = (amount: number): Money => ({ amount, currency });
  const each = { numerator: 1n, denominator: BigInt(sums.orders) };
  return {
    orders: sums.orders,
    quantity: sums.quantity,
    gross: money(sums.gross),
    net: money(sums.net),
    shipping: whole ? money(sums.shipping) : null,
    averageOrder: whole && sums.orders > 0 ? multiply(money(sums.net), each) : null,
  };
}
