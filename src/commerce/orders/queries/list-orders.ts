import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Database } from '../../../kernel/database/database';
import { keyset, type LargeListQuery, type Page } from '../../../kernel/http/pagination';
import type { Money } from '../../../kernel/money/money';
import type { FulfilmentStatus, OrderPaymentStatus, OrderStatus } from '../contracts/order-status';

export interface OrderSummary {
  id: string;
  number: string;
  channel: 'web' | 'import';
  status: OrderStatus;
  paymentStatus: OrderPaymentStatus;
  fulfilmentStatus: FulfilmentStatus;
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

/** Matches that a search may have; beyond them a person has to say more. */
const MOST_MATCHES = 1_000;
/** A phrase as LIKE takes it by the letter. */
const likeOf = (phrase: string): string =>
  phrase
    .trim()
    .toLowerCase()
    .replace(/[\\%_]/g, '\\$&');

const ORDERS = keyset({
  id: 'o.id',
  sorts: {
    placedAt: { sql: 'o.placed_at', type: 'timestamptz' },
    // The field's usual name for the same moment.
    createdAt: { sql: 'o.placed_at', type: 'timestamptz' },
    total: { sql: 'o.total', type: 'bigint' },
  },
  defaultSort: '-placedAt',
  filters: {
    status: { sql: 'o.status', type: 'text' },
    paymentStatus: { sql: 'o.payment_status', type: 'text' },
    fulfilmentStatus: { sql: 'o.fulfilment_status', type: 'text' },
    currency: { sql: 'o.currency', type: 'text' },
    // Orders with a line of the SKU: found by the lines, whatever else is asked for.
    sku: (sku: string, place) =>
      `o.id in (select l.order_id from orders.order_lines l where l.tenant_id = kernel.tenant_id() and l.sku = ${place(sku, 'text')})`,
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
    'fulfilmentStatus',
    'email',
    'customerId',
    'customerName',
    'total',
    'placedAt',
  ],
});
const NEWEST_FIRST = new Set([undefined, '-placedAt', '-createdAt']);
const SAYS_NO_MORE = new Set(['q', 'limit', 'sort', 'fields']);

/** Of a search alone the newest matches are the first page: no more need be found. */
const isFirstPageOfSearch = (list: LargeListQuery): boolean =>
  NEWEST_FIRST.has(list.sort) &&
  Object.entries(list).every(([name, value]) => SAYS_NO_MORE.has(name) || value === undefined || value === null);

type Row = Omit<OrderSummary, 'total' | 'placedAt'> & { total: number; currency: string; placedAt: Date };

@QueryHandler(ListOrdersQuery)
export class ListOrdersHandler implements IQueryHandler<ListOrdersQuery> {
  constructor(private readonly database: Database) {}

  execute({ list, ownerId }: ListOrdersQuery): Promise<Page<OrderSummary>> {
    const params: unknown[] = [];
    const place = (value: unknown, type: string): string => `$${params.push(value)}::${type}`;
    const own = ownerId === null ? '' : ` and o.user_id = ${place(ownerId, 'uuid')}`;
    const { q } = list as { q?: string };
    const most = ownerId === null && isFirstPageOfSearch(list) ? list.limit + 1 : MOST_MATCHES;
    // One by one by its key, whatever is prepared: a plan made for a small shop may look through an index as a whole.
    const from =
      q === undefined || q === null
        ? 'orders.orders o'
        : `orders.search_orders(${place(likeOf(q), 'text')}, ${place(most, 'int')}) s cross join lateral (
            select * from orders.orders where tenant_id = kernel.tenant_id() and id = s.id offset 0) o`;
    return ORDERS.run<Row, OrderSummary>(this.database, list, {
      select: `o.id, o.number, o.channel, o.status, o.payment_status as "paymentStatus",
        o.fulfilment_status as "fulfilmentStatus", o.email, o.customer_id as "customerId",
        o.customer_name as "customerName", o.total, o.currency, o.placed_at as "placedAt"`,
      from,
      where: `o.tenant_id = kernel.tenant_id() and o.placed_at is not null${own}`,
      params,
      map: (row) => ({
        id: row.id,
        number: row.number,
        channel: row.channel,
        status: row.status,
        paymentStatus: row.paymentStatus,
        fulfilmentStatus: row.fulfilmentStatus,
        email: row.email,
        customerId: row.customerId,
        customerName: row.customerName,
        total: { amount: row.total, currency: row.currency },
        placedAt: row.placedAt.toISOString(),
      }),
    });
  }
}
