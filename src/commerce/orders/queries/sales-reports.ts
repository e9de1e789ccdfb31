import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Clock } from '../../../kernel/clock/clock';
import { Database } from '../../../kernel/database/database';
import { multiply, type Money } from '../../../kernel/money/money';
import { FUNNEL } from '../data/funnel-rollups';
import { COHORTS } from '../data/cohort-figures';
import { figuresOf, SUMS, windowParams } from '../data/sales-figures';
import { CART_DAYS, FUNNEL_DAYS } from '../domain/cart.policy';
import { daysAfter } from '../domain/order-policy';
import { currencyNeeded, funnelTooOld } from '../domain/orders.errors';
import { firstTold, funnelWindow, salesWindow } from '../domain/sales-window';

export interface DaySums {
  orders: number;
  /** Price × quantity, before discounts. */
  gross: Money;
  discount: Money;
  shipping: Money;
  tax: Money;
  /** What the orders come to. */
  total: Money;
  /** What went back of it, or was never taken. */
  reduced: Money;
  /** What an order comes to on average, half-up; null without any. */
  averageOrder: Money | null;
}

export interface DaySales extends DaySums {
  /** `2026-03-01`, UTC. */
  day: string;
  channel: 'web' | 'import';
}

/**
 * Paid orders by the day on which they were placed and their channel, cancelled and refunded ones left out: what a
 * recount of the orders says.
 * @throws AppError invalid `orders.currency-needed` when the orders are in several currencies and none is chosen
 */
export class SalesByDayQuery extends Query<{ data: DaySales[]; total: DaySums }> {
  constructor(readonly request: { from: string; to?: string; currency?: string; channel?: string }) {
    super();
  }
}

export interface Cohort {
  /** Month of the first order, `2026-03`, UTC. */
  month: string;
  /** Customers who ordered first in it. */
  customers: number;
  /** How many of them ordered so many months later, and for how much in each currency. */
  periods: { monthsLater: number; customers: number; orders: number; revenue: Money[] }[];
}

/** Customers by the month of their first paid order, and how they came back. Guests count by their address. */
export class CohortsQuery extends Query<Cohort[]> {
  constructor(readonly request: { from: string; to?: string }) {
    super();
  }
}

export interface Funnel {
  /** The time that was counted. */
  from: string;
  to: string;
  /** Carts begun; those that were brought into another at the login count once. */
  carts: number;
  /** With at least one line. */
  filled: number;
  /** Ordered. */
  checkedOut: number;
  /** Whose order was paid, whatever became of it later. */
  paid: number;
  /** Basis points of the carts with a line: 2500 is 25 %. Null without any. */
  checkoutRate: number | null;
  paidRate: number | null;
}

/**
 * How many carts become paid orders; each counts once in every step that it came to, also after it was forgotten. Carts begun
 * more than 31 days ago are told by whole days (UTC): `from` and `to` of the answer are the time that was counted.
 * @throws AppError invalid `orders.funnel-too-old` where carts were forgotten uncounted
 */
export class FunnelQuery extends Query<Funnel> {
  constructor(readonly request: { from?: string; to?: string }) {
    super();
  }
}

interface DayRow {
  day: string;
  channel: 'web' | 'import';
  currency: string;
  orders: number;
  subtotal: number;
  discount: number;
  shipping: number;
  tax: number;
  total: number;
  reduced: number;
}

const MOST_DAYS = 731;
/** The last day whose year PostgreSQL and JSON write alike. */
const LAST_DAY = Date.UTC(9999, 11, 31);

const BY_DAY = `with ${figuresOf('channel')}
  select to_char(day, 'YYYY-MM-DD') as day, key as channel, currency, ${SUMS}
  from (select * from added union all select * from corrected) f
  where ($10::text is null or currency = $10) and ($11::text is null or key = $11)
  group by day, key, currency having sum(orders) > 0 order by day, key, currency`;

@QueryHandler(SalesByDayQuery)
export class SalesByDayHandler implements IQueryHandler<SalesByDayQuery> {
  constructor(private readonly database: Database) {}

  async execute({ request }: SalesByDayQuery): Promise<{ data: DaySales[]; total: DaySums }> {
    const { from, channel } = request;
    const most = new Date(Math.min(daysAfter(new Date(from), MOST_DAYS).getTime(), LAST_DAY)).toISOString();
    const to = request.to !== undefined && Date.parse(request.to) < Date.parse(most) ? request.to : most;
    const rows = await this.database.read<DayRow>(BY_DAY, [
      ...windowParams(salesWindow({ from, to }, 'day')),
      request.currency ?? null,
      channel ?? null,
    ]);
    const currencies = [...new Set(rows.map((row) => row.currency))].sort();
    if (currencies.length > 1) throw currencyNeeded(currencies);
    const currency = currencies[0] ?? request.currency ?? 'EUR';
    const sum = (of: keyof Omit<DayRow, 'day' | 'channel' | 'currency'>) => rows.reduce((all, row) => all + row[of], 0);
    const total = {
      orders: sum('orders'),
      subtotal: sum('subtotal'),
      discount: sum('discount'),
      shipping: sum('shipping'),
      tax: sum('tax'),
      total: sum('total'),
      reduced: sum('reduced'),
    };
    return {
      data: rows.map((row) => ({ day: row.day, channel: row.channel, ...sumsOf(row, currency) })),
      total: sumsOf(total, currency),
    };
  }
}

function sumsOf(row: Omit<DayRow, 'day' | 'channel' | 'currency'>, currency: string): DaySums {
  const money = (amount: number): Money => ({ amount, currency });
  return {
    orders: row.orders,
    gross: money(row.subtotal),
    discount: money(row.discount),
    shipping: money(row.shipping),
    tax: money(row.tax),
    total: money(row.total),
    reduced: money(row.reduced),
    averageOrder:
      row.orders === 0 ? null : multiply(money(row.total), { numerator: 1n, denominator: BigInt(row.orders) }),
  };
}

interface CohortRow {
  month: string;
  monthsLater: number;
  customers: number;
  orders: number;
  revenue: Money[];
}

@QueryHandler(CohortsQuery)
export class CohortsHandler implements IQueryHandler<CohortsQuery> {
  constructor(private readonly database: Database) {}

  async execute({ request: { from, to } }: CohortsQuery): Promise<Cohort[]> {
    const rows = await this.database.read<CohortRow>(COHORTS, [from, to ?? null]);
    const cohorts = new Map<string, Cohort>();
    for (const { month, ...period } of rows) {
      const cohort = cohorts.get(month) ?? { month, customers: period.customers, periods: [] };
      cohort.periods.push(period);
      cohorts.set(month, cohort);
    }
    return [...cohorts.values()];
  }
}

interface FunnelRow {
  carts: number;
  filled: number;
  checkedOut: number;
  paid: number;
  since: Date | null;
}

@QueryHandler(FunnelQuery)
export class FunnelHandler implements IQueryHandler<FunnelQuery> {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  async execute({ request }: FunnelQuery): Promise<Funnel> {
    const now = this.clock.now();
    const exact = daysAfter(now, -FUNNEL_DAYS);
    const asked = {
      from: request.from ?? daysAfter(now, -CART_DAYS).toISOString(),
      to: request.to ?? now.toISOString(),
    };
    const { from, to, days, edges } = funnelWindow(asked, { exact, now });
    const [{ since, ...row }] = await this.database.read<FunnelRow>(FUNNEL, [
      from,
      to,
      days.low,
      days.high,
      edges.map((edge) => edge.low),
      edges.map((edge) => edge.high),
    ]);
    const earliest = since && firstTold(since, exact);
    if (earliest && Date.parse(asked.from) < earliest.getTime()) throw funnelTooOld(earliest.toISOString());
    const rate = (count: number): number | null =>
      row.filled === 0 ? null : Math.round((count * 10_000) / row.filled);
    return { from, to, ...row, checkoutRate: rate(row.checkedOut), paidRate: rate(row.paid) };
  }
}

export const REPORT_HANDLERS = [SalesByDayHandler, CohortsHandler, FunnelHandler];
