import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Database } from '../../../kernel/database/database';
import { OrdersOfCustomerQuery, type OrderHappening } from '../contracts/orders-of-customer';

/** Happenings by the column that tells when. */
const KINDS: [OrderHappening['kind'], string][] = [
  ['order-placed', 'placed_at'],
  ['order-paid', 'paid_at'],
  ['order-fulfilled', 'fulfilled_at'],
  ['order-cancelled', 'cancelled_at'],
];
const HAPPENINGS = KINDS.map(
  ([
    kind,
    column,
  ]) => `(select '${kind}' as kind, o.${column} as at, o.id, o.number, o.total, o.currency from orders.orders o
    where o.tenant_id = kernel.tenant_id() and o.customer_id = $1 and o.${column} is not null and ($2::timestamptz is null or o.${column} <= $2)
    order by o.${column} desc, o.id limit $3)`,
).join(' union all ');

@QueryHandler(OrdersOfCustomerQuery)
export class OrdersOfCustomerHandler implements IQueryHandler<OrdersOfCustomerQuery> {
  constructor(private readonly database: Database) {}

  async execute({ request: { customerId, until, limit } }: OrdersOfCustomerQuery): Promise<OrderHappening[]> {
    const rows = await this.database.read<Omit<OrderHappening, 'total'> & { total: number; currency: string }>(
      `select kind, to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at, id as "orderId", number, total, currency
       from (${HAPPENINGS}) h order by h.at desc, kind, id limit $3`,
      [customerId, until, limit],
    );
    return rows.map(({ total, currency, ...row }) => ({ ...row, total: { amount: total, currency } }));
  }
}
