import { QueryBus } from '@nestjs/cqrs';
import { FoldSalesCommand } from '../../src/commerce/orders/commands/fold-sales';
import { ImportOrdersCommand, type ImportedOrder } from '../../src/commerce/orders/contracts/import-orders';
import { OrderAnalyticsQuery, type GroupBy } from '../../src/commerce/orders/queries/order-analytics';
import type { OrderDesk } from './order-desk';

const SOLD = `from orders.orders o join orders.order_lines l on l.tenant_id = o.tenant_id and l.order_id = o.id
  where o.payment_status = 'paid' and o.cancelled_at is null
    and o.placed_at >= coalesce($1::timestamptz, '-infinity') and o.placed_at < coalesce($2::timestamptz, 'infinity')`;
const SUMS = `sum(l.quantity)::bigint as quantity, sum(l.unit_price * l.quantity)::bigint as gross, sum(l.total)::bigint as net`;
const UTC = `o.placed_at at time zone 'UTC'`;
/** What a group is counted by, in plain SQL; those of lines split an order. */
const RECOUNT: Record<GroupBy, { key: string; lines?: true; sort: string }> = {
  day: { key: `to_char(${UTC}, 'YYYY-MM-DD')`, sort: 'key' },
  month: { key: `to_char(${UTC}, 'YYYY-MM')`, sort: 'key' },
  year: { key: `to_char(${UTC}, 'YYYY')`, sort: 'key' },
  channel: { key: `o.channel`, sort: 'net desc, key' },
  customer: { key: `coalesce(o.customer_id::text, o.email, 'unknown')`, sort: 'net desc, key' },
  product: { key: `coalesce(l.product_id::text, l.sku)`, lines: true, sort: 'net desc, key' },
  category: { key: `coalesce(l.category_id::text, l.category_name, 'none')`, lines: true, sort: 'net desc, key' },
};

/** An amount of the shop's sales, in minor units. */
export const usd = (amount: number) => ({ amount, currency: 'USD' });

/** A sale of one or two lines; its number says which customer, goods and category. */
export const sale = (
  number: number,
  placedAt: string,
  more: Partial<ImportedOrder> = {},
  pieces = 1,
): ImportedOrder => ({
  line: number,
  number: String(number),
  customerId: null,
  email: `${'abc'[number % 3]}@example.com`,
  customerName: null,
  placedAt,
  shippedAt: null,
  shippingAddress: null,
  shipping: usd(number * 10),
  lines: [0, 1].slice(0, 1 + (number % 2)).map((line) => ({
    line,
    sku: `S${(number + line) % 4}`,
    variantId: null,
    productId: null,
    productName: `Thing ${(number + line) % 4}`,
    variantName: null,
    categoryId: null,
    categoryName: number % 5 === 0 ? null : `Shelf ${number % 2}`,
    quantity: pieces,
    unitPrice: usd(100 + number),
    discountBasisPoints: 333,
  })),
  ...more,
});

/**
 * Sales of a desk, taken in, added up, and told; `agree` compares what is told with a recount in plain SQL.
 * @param of the desk, which may be opened later
 */
export function salesDesk(of: () => OrderDesk) {
  const execute = <T>(command: object): Promise<T> => of().asStaff(() => of().commands.execute(command as never));
  const fold = () => execute<{ days: number }>(new FoldSalesCommand());
  const take = (orders: ImportedOrder[]) => execute(new ImportOrdersCommand({ orders }));
  const refund = (number: number, amount: number) =>
    of().rows(`update orders.orders set refunded_total = $2 where number = $1`, [String(number), amount]);
  const report = (groupBy: GroupBy, window: { from?: string; to?: string } = {}, limit = 1000) =>
    of().asStaff(() =>
      of()
        .app.get(QueryBus)
        .execute(new OrderAnalyticsQuery({ groupBy, ...window, limit })),
    );

  /** The report by the orders themselves. */
  async function recount(groupBy: GroupBy, { from, to }: { from?: string; to?: string }, limit: number) {
    const { key, lines, sort } = RECOUNT[groupBy];
    const found = await of().rows<{ key: string; net: number }>(
      lines
        ? `select ${key} as key, count(distinct o.id)::int as orders, ${SUMS}, null as shipping ${SOLD} group by 1 order by ${sort} limit $3`
        : `select key, count(*)::int as orders, sum(quantity)::bigint as quantity, sum(gross)::bigint as gross, sum(net)::bigint as net,
             sum(shipping)::bigint as shipping
           from (select ${key} as key, o.shipping_total as shipping, ${SUMS} ${SOLD} group by o.tenant_id, o.id) x
           group by 1 order by ${sort} limit $3`,
      [from ?? null, to ?? null, limit],
    );
    return found;
  }

  async function agree(groupBy: GroupBy, window: { from?: string; to?: string } = {}, limit = 1000): Promise<void> {
    const told = (await report(groupBy, window, limit)).data.map((row) => ({
      key: row.key,
      orders: row.orders,
      quantity: row.quantity,
      gross: row.gross.amount,
      net: row.net.amount,
      shipping: row.shipping && row.shipping.amount,
    }));
    expect({ groupBy, window, told }).toEqual({ groupBy, window, told: await recount(groupBy, window, limit) });
  }

  return { execute, fold, take, refund, report, agree };
}
