import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Database } from '../../../kernel/database/database';
import type { Money } from '../../../kernel/money/money';
import { currencyNeeded } from '../domain/orders.errors';

export const GROUPS = ['month', 'year', 'product', 'customer', 'category'] as const;
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
 * Paid sales, without cancelled and refunded orders, from `from` to just before `to` (by the time they were placed).
 * @throws AppError invalid `orders.currency-needed` when the orders are in several currencies and none is chosen
 */
export class OrderAnalyticsQuery extends Query<SalesReport> {
  constructor(readonly request: { from?: string; to?: string; groupBy: GroupBy; currency?: string; limit: number }) {
    super();
  }
}

const UTC = `o.placed_at at time zone 'UTC'`;
/** What a group is called; those of `line` level split an order. */
const GROUPINGS: Record<GroupBy, { level: 'order' | 'line'; key: string; label: string; sort: string }> = {
  month: { level: 'order', key: `to_char(${UTC}, 'YYYY-MM')`, label: `to_char(${UTC}, 'FMMonth YYYY')`, sort: 'key' },
  year: { level: 'order', key: `to_char(${UTC}, 'YYYY')`, label: `to_char(${UTC}, 'YYYY')`, sort: 'key' },
  customer: {
    level: 'order',
    key: `coalesce(o.customer_id::text, o.email, 'unknown')`,
    label: `coalesce(o.customer_name, o.email, 'Unknown')`,
    sort: 'net desc, key',
  },
  product: {
    level: 'line',
    key: `coalesce(l.product_id::text, l.sku)`,
    label: 'l.product_name',
    sort: 'net desc, key',
  },
  category: {
    level: 'line',
    key: `coalesce(l.category_id::text, l.category_name, 'none')`,
    label: `coalesce(l.category_name, 'Without category')`,
    sort: 'net desc, key',
  },
};
const SOLD = `from orders.orders o join orders.order_lines l on l.tenant_id = o.tenant_id and l.order_id = o.id
  where o.tenant_id = kernel.tenant_id() and o.payment_status = 'paid' and o.cancelled_at is null
    and o.placed_at >= coalesce($1::timestamptz, '-infinity') and o.placed_at < coalesce($2::timestamptz, 'infinity')
    and ($3::text is null or o.currency = $3)`;
const SUMS = `sum(l.quantity)::bigint as quantity, sum(l.unit_price * l.quantity)::bigint as gross, sum(l.total)::bigint as net`;
const RESUMMED = `count(*)::int as orders, sum(quantity)::bigint as quantity, sum(gross)::bigint as gross,
  sum(net)::bigint as net, sum(shipping)::bigint as shipping`;

interface Sums {
  orders: number;
  quantity: number;
  gross: number;
  net: number;
  shipping: number | null;
}

@QueryHandler(OrderAnalyticsQuery)
export class OrderAnalyticsHandler implements IQueryHandler<OrderAnalyticsQuery> {
  constructor(private readonly database: Database) {}

  async execute({ request }: OrderAnalyticsQuery): Promise<SalesReport> {
    const { from, to, groupBy, limit } = request;
    const totals = await this.database.read<Sums & { currency: string }>(
      `select currency, ${RESUMMED} from (
         select o.currency, o.id, o.shipping_total as shipping, ${SUMS} ${SOLD} group by o.tenant_id, o.id
       ) per_order group by currency order by count(*) desc, currency`,
      [from ?? null, to ?? null, request.currency ?? null],
    );
    if (totals.length > 1) throw currencyNeeded(totals.map((total) => total.currency));
    const currency = totals[0]?.currency ?? request.currency ?? 'EUR';
    const nothing: Sums = { orders: 0, quantity: 0, gross: 0, net: 0, shipping: 0 };
    const rows = await this.database.read<Sums & { key: string; label: string }>(statementOf(groupBy), [
      from ?? null,
      to ?? null,
      currency,
      limit,
    ]);
    return {
      data: rows.map((row) => ({ key: row.key, label: row.label, ...figures(row, currency) })),
      total: figures(totals[0] ?? nothing, currency),
    };
  }
}

function statementOf(groupBy: GroupBy): string {
  const { level, key, label, sort } = GROUPINGS[groupBy];
  if (level === 'line') {
    return `select ${key} as key, max(${label}) as label, count(distinct o.id)::int as orders, ${SUMS}, null::bigint as shipping
      ${SOLD} group by 1 order by ${sort} limit $4`;
  }
  return `select key, max(label) as label, ${RESUMMED} from (
      select ${key} as key, ${label} as label, o.shipping_total as shipping, ${SUMS} ${SOLD} group by o.tenant_id, o.id
    ) per_order group by key order by ${sort} limit $4`;
}

function figures(sums: Sums, currency: string): SalesFigures {
  const money = (amount: number): Money => ({ amount, currency });
  return {
    orders: sums.orders,
    quantity: sums.quantity,
    gross: money(sums.gross),
    net: money(sums.net),
    shipping: sums.shipping === null ? null : money(sums.shipping),
  };
}
