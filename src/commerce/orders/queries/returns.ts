import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Database } from '../../../kernel/database/database';
import { keyset, type LargeListQuery, type Page } from '../../../kernel/http/pagination';
import { RETURN_COLUMNS, RETURN_LINES } from '../data/return.repository';
import type { OrderStatus } from '../contracts/order-status';
import type { Viewer } from '../domain/order-access';
import type { ReturnLine, ReturnRecord } from '../domain/order-return';
import { returnNotFound } from '../domain/orders.errors';
import { returnViewOf, type ReturnView } from '../domain/return-view';

type Row = ReturnRecord & { lines: ReturnLine[] | null };

/** A page of returns; with `ownerId` only those of orders that this user placed. */
export class ListReturnsQuery extends Query<Page<ReturnView>> {
  constructor(
    readonly list: LargeListQuery,
    readonly ownerId: string | null,
  ) {
    super();
  }
}

const RETURNS = keyset({
  id: 'r.id',
  sorts: { requestedAt: { sql: 'r.requested_at', type: 'timestamptz' } },
  defaultSort: '-requestedAt',
  filters: {
    status: { sql: 'r.status', type: 'text' },
    orderId: { sql: 'r.order_id', type: 'uuid' },
    requestedAt: { sql: 'r.requested_at', type: 'timestamptz' },
  },
  fields: [
    'id',
    'number',
    'orderId',
    'status',
    'requestedBy',
    'note',
    'refund',
    'refundId',
    'replacementOrderId',
    'lines',
    'requestedAt',
    'approvedAt',
    'receivedAt',
    'inspectedAt',
    'endedAt',
    'version',
  ],
});

@QueryHandler(ListReturnsQuery)
export class ListReturnsHandler implements IQueryHandler<ListReturnsQuery> {
  constructor(private readonly database: Database) {}

  execute({ list, ownerId }: ListReturnsQuery): Promise<Page<ReturnView>> {
    return RETURNS.run<Row, ReturnView>(this.database, list, {
      select: `${RETURN_COLUMNS}, ${RETURN_LINES}`,
      from: 'orders.returns r',
      where: `r.tenant_id = kernel.tenant_id()${
        ownerId === null
          ? ''
          : ` and exists (select 1 from orders.orders o where o.tenant_id = r.tenant_id and o.id = r.order_id and o.user_id = $1::uuid)`
      }`,
      params: ownerId === null ? [] : [ownerId],
      map: (row) => returnViewOf(row, row.lines ?? []),
    });
  }
}

/** One return, for who may see its order. @throws AppError not-found `orders.return-not-found` */
export class FindReturnQuery extends Query<ReturnView> {
  constructor(
    readonly returnId: string,
    readonly viewer: Viewer,
  ) {
    super();
  }
}

@QueryHandler(FindReturnQuery)
export class FindReturnHandler implements IQueryHandler<FindReturnQuery> {
  constructor(private readonly database: Database) {}

  async execute({ returnId, viewer }: FindReturnQuery): Promise<ReturnView> {
    const [row] = await this.database.read<Row & { owner: string | null; state: OrderStatus; open: boolean }>(
      `select ${RETURN_COLUMNS}, ${RETURN_LINES}, o.user_id as owner, o.status as state,
         coalesce($2 or o.user_id = $3::uuid or o.access_token_hash = $4::bytea, false) as open
       from orders.returns r join orders.orders o on o.tenant_id = r.tenant_id and o.id = r.order_id
       where r.tenant_id = kernel.tenant_id() and r.id = $1`,
      [returnId, viewer.all, viewer.userId, viewer.tokenHash],
    );
    if (!row) throw returnNotFound();
    const { owner, state, open } = row;
    if (!open && !viewer.maySee?.({ id: row.orderId, owner, state })) throw returnNotFound();
    return returnViewOf(row, row.lines ?? []);
  }
}
