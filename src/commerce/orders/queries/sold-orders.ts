import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Database } from '../../../kernel/database/database';
import type { OrderFacts } from '../contracts/order-events';
import { SoldOrdersQuery, type SoldOrder } from '../contracts/sold-orders';
import { lineDiscount, lineName } from '../domain/order-line';

interface Row {
  id: string;
  number: string;
  channel: 'web' | 'import';
  email: string | null;
  customerId: string | null;
  userId: string | null;
  country: string | null;
  status: OrderFacts['status'];
  currency: string;
  subtotal: number;
  discount: number;
  shipping: number;
  tax: number;
  taxIncluded: boolean;
  total: number;
  placedAt: Date;
  shippedAt: Date | null;
  lines: {
    id: string;
    sku: string;
    productName: string;
    variantName: string | null;
    quantity: number;
    unitPrice: number;
    tax: number;
    total: number;
  }[];
}

const SOLD = `o.tenant_id = kernel.tenant_id() and o.channel = $1 and o.payment_status = 'paid' and o.cancelled_at is null
  and o.placed_at is not null and o.id > greatest($2::uuid, '00000000-0000-0000-0000-000000000000')`;

@QueryHandler(SoldOrdersQuery)
export class SoldOrdersHandler implements IQueryHandler<SoldOrdersQuery> {
  constructor(private readonly database: Database) {}

  async execute({
    request: { channel, after, limit },
  }: SoldOrdersQuery): Promise<{ orders: SoldOrder[]; left: number }> {
    const [[{ left }], rows] = await Promise.all([
      this.database.read<{ left: number }>(`select count(*)::int as left from orders.orders o where ${SOLD}`, [
        channel,
        after,
      ]),
      this.database.read<Row>(
        `select o.id, o.number, o.channel, o.email, o.customer_id as "customerId", o.user_id as "userId", o.shipping_address->>'country' as country, o.status, o.currency,
           o.subtotal, o.discount_total as discount, o.shipping_total as shipping, o.tax_total as tax, o.tax_included as "taxIncluded",
           o.total, o.placed_at as "placedAt", o.fulfilled_at as "shippedAt",
           (select json_agg(json_build_object('id', l.id, 'sku', l.sku, 'productName', l.product_name, 'variantName', l.variant_name,
               'quantity', l.quantity, 'unitPrice', l.unit_price, 'tax', l.tax, 'total', l.total) order by l.id)
             from orders.order_lines l where l.tenant_id = o.tenant_id and l.order_id = o.id) as lines
         from orders.orders o where ${SOLD} order by o.id limit $3`,
        [channel, after, limit],
      ),
    ]);
    return { left, orders: rows.map(soldOrder) };
  }
}

function soldOrder(row: Row): SoldOrder {
  const money = (amount: number) => ({ amount, currency: row.currency });
  const { id: orderId, number, channel, email, customerId, userId, country, status, taxIncluded } = row;
  return {
    placedAt: row.placedAt.toISOString(),
    shippedAt: row.shippedAt?.toISOString() ?? null,
    facts: {
      orderId,
      number,
      channel,
      email,
      customerId,
      userId,
      country,
      status,
      subtotal: money(row.subtotal),
      discount: money(row.discount),
      shipping: money(row.shipping),
      tax: money(row.tax),
      taxIncluded,
      total: money(row.total),
      lines: (row.lines ?? []).map((line) => ({
        lineId: line.id,
        sku: line.sku,
        name: lineName(line),
        quantity: line.quantity,
        unitPrice: money(line.unitPrice),
        discount: money(lineDiscount(line)),
        tax: money(line.tax),
        total: money(line.total),
      })),
    },
  };
}
