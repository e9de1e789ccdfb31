import { Query, QueryBus, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Database } from '../../../kernel/database/database';
import { actsForShop, type Viewer } from '../domain/order-access';
import { FindOrderQuery } from './find-order';

/** Something that happened to an order. */
export interface TimelineEntry {
  at: string;
  kind: string;
  /** Who did it, where that was a user; shown to staff alone. */
  actorId: string | null;
  note: string | null;
  data: Record<string, unknown> | null;
}

/**
 * What happened to an order, oldest first: its own moments, parcels, and what was written down beside them. Staff sees
 * all of it, a shopper what is meant for shoppers.
 * @throws AppError not-found `orders.order-not-found`
 */
export class OrderTimelineQuery extends Query<{ data: TimelineEntry[] }> {
  constructor(
    readonly orderId: string,
    readonly viewer: Viewer,
  ) {
    super();
  }
}

const MOST = 500;

@QueryHandler(OrderTimelineQuery)
export class OrderTimelineHandler implements IQueryHandler<OrderTimelineQuery> {
  constructor(
    private readonly database: Database,
    private readonly queries: QueryBus,
  ) {}

  async execute({ orderId, viewer }: OrderTimelineQuery): Promise<{ data: TimelineEntry[] }> {
    const { id, status } = await this.queries.execute(new FindOrderQuery(orderId, viewer));
    const staff =
      viewer.all ||
      (viewer.maySee !== undefined && actsForShop({ id, status, userId: await this.ownerOf(id) }, viewer));
    const rows = await this.database.read<Omit<TimelineEntry, 'at'> & { at: Date }>(
      `select moment.at, moment.kind, moment.actor_id as "actorId", moment.note, moment.data from (
         select m.at, m.kind, m.rank, null::uuid as actor_id, m.note, null::jsonb as data
         from orders.orders o, lateral (values
           (o.placed_at, 'placed', 0, null::text), (o.authorized_at, 'authorized', 1, null), (o.paid_at, 'paid', 1, null),
           (o.fulfilled_at, 'fulfilled', 4, null), (o.delivered_at, 'delivered', 6, null),
           (o.cancelled_at, 'cancelled', 7, case when $2 then o.cancel_note end), (o.closed_at, 'closed', 8, null)
         ) as m (at, kind, rank, note)
         where o.tenant_id = kernel.tenant_id() and o.id = $1 and m.at is not null
         union all
         select s.shipped_at, 'shipped', 3, null, null,
           jsonb_build_object('shipmentId', s.id, 'number', s.number, 'trackingNumber', s.tracking_number)
         from orders.shipments s where s.tenant_id = kernel.tenant_id() and s.order_id = $1
         union all
         select s.delivered_at, 'shipment_delivered', 5, null, null, jsonb_build_object('shipmentId', s.id, 'number', s.number)
         from orders.shipments s where s.tenant_id = kernel.tenant_id() and s.order_id = $1 and s.delivered_at is not null
         union all
         select e.at, e.kind, 2, case when $2 then e.actor_id end, e.note, e.data
         from orders.order_entries e
         where e.tenant_id = kernel.tenant_id() and e.order_id = $1 and ($2 or e.shown_to_customer)
       ) as moment order by moment.at, moment.rank limit ${MOST}`,
      [orderId, staff],
    );
    return { data: rows.map((row) => ({ ...row, at: row.at.toISOString() })) };
  }

  /** Who placed the order; asked for those alone whose right hangs on it. */
  private async ownerOf(orderId: string): Promise<string | null> {
    const [row] = await this.database.read<{ owner: string | null }>(
      'select user_id as owner from orders.orders where tenant_id = kernel.tenant_id() and id = $1',
      [orderId],
    );
    return row?.owner ?? null;
  }
}
