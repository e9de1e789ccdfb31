import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Database } from '../../../kernel/database/database';
import { keyset, type LargeListQuery, type Page } from '../../../kernel/http/pagination';
import type { Money } from '../../../kernel/money/money';
import type { OrderPaymentStatus, OrderStatus } from '../contracts/order-status';

export interface OrderSummary {
  id: string;
  number: string;
  channel: 'web' | 'import';
  status: OrderStatus;
  paymentStatus: OrderPaymentStatus;
  email: string | null;
  customerId: string | null;
  customerName: string | null;
  total: Money;
  placedAt: string;
}

/** A page of orders; with `ownerId` only those that this user placed. */
export class ListOrdersQuery extends Query<Page<OrderSummary>> {
  constructor(
    readonly list: LargeListQuery,
    readonly ownerId: string | null,
  ) {
    super();
  }
}

const ORDERS = keyset({
  id: 'o.id',
  sorts: {
    placedAt: { sql: 'o.placed_at', type: 'timestamptz' },
    // The field's usual name for the same moment.
    createdAt: { sql: 'o.placed_at', type: 'timestamptz' },
  },
  defaultSort: '-placedAt',
  filters: {
    status: { sql: 'o.status', type: 'text' },
    email: { sql: 'o.email', type: 'text' },
    number: { sql: 'o.number', type: 'text' },
    channel: { sql: 'o.channel', type: 'text' },
    customerId: { sql: 'o.customer_id', type: 'uuid' },
    placedAt: { sql: 'o.placed_at', type: 'timestamptz' },
    createdAt: { sql: 'o.placed_at', type: 'timestamptz' },
    total: { sql: 'o.total', type: 'bigint' },
  },
  fields: [
    'id',
    'number',
    'channel',
    'status',
    'paymentStatus',
    'email',
    'customerId',
    'customerName',
    'total',
    'placedAt',
  ],
});

type Row = Omit<OrderSummary, 'total' | 'placedAt'> & { total: number; currency: string; placedAt: Date };

@QueryHandler(ListOrdersQuery)
export class ListOrdersHandler implements IQueryHandler<ListOrdersQuery> {
  constructor(private readonly database: Database) {}

  execute({ list, ownerId }: ListOrdersQuery): Promise<Page<OrderSummary>> {
    return ORDERS.run<Row, OrderSummary>(this.database, list, {
      select: `o.id, o.number, o.channel, o.status, o.payment_status as "paymentStatus", o.email, o.customer_id as "customerId",
        o.customer_name as "customerName", o.total, o.currency, o.placed_at as "placedAt"`,
      from: 'orders.orders o',
      where: `o.tenant_id = kernel.tenant_id() and o.placed_at is not null${ownerId === null ? '' : ' and o.user_id = $1::uuid'}`,
      params: ownerId === null ? [] : [ownerId],
      map: (row) => ({
        id: row.id,
        number: row.number,
        channel: row.channel,
        status: row.status,
        paymentStatus: row.paymentStatus,
        email: row.email,
        customerId: row.customerId,
        customerName: row.customerName,
        total: { amount: row.total, currency: row.currency },
        placedAt: row.placedAt.toISOString(),
      }),
    });
  }
}
