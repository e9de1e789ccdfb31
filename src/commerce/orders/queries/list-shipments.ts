import { Query, QueryBus, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Database } from '../../../kernel/database/database';
import type { Viewer } from '../domain/order-access';
import { FindOrderQuery } from './find-order';

/** A parcel of an order as clients see it. */
export interface Shipment {
  id: string;
  number: string;
  carrier: string | null;
  trackingNumber: string | null;
  trackingUrl: string | null;
  shippedAt: string;
  deliveredAt: string | null;
  lines: { lineId: string; sku: string; quantity: number }[];
}

/**
 * The parcels of an order, oldest first, for who may see the order; an order has as many as it has pieces at most.
 * @throws AppError not-found `orders.order-not-found`
 */
export class ListShipmentsQuery extends Query<{ data: Shipment[] }> {
  constructor(
    readonly orderId: string,
    readonly viewer: Viewer,
  ) {
    super();
  }
}

type Row = Omit<Shipment, 'shippedAt' | 'deliveredAt'> & { shippedAt: Date; deliveredAt: Date | null };

@QueryHandler(ListShipmentsQuery)
export class ListShipmentsHandler implements IQueryHandler<ListShipmentsQuery> {
  constructor(
    private readonly database: Database,
    private readonly queries: QueryBus,
  ) {}

  async execute({ orderId, viewer }: ListShipmentsQuery): Promise<{ data: Shipment[] }> {
    await this.queries.execute(new FindOrderQuery(orderId, viewer));
    const rows = await this.database.read<Row>(
      `select s.id, s.number, s.carrier, s.tracking_number as "trackingNumber", s.tracking_url as "trackingUrl",
         s.shipped_at as "shippedAt", s.delivered_at as "deliveredAt",
         (select json_agg(json_build_object('lineId', x.line_id, 'sku', l.sku, 'quantity', x.quantity) order by l.position)
          from orders.shipment_lines x join orders.order_lines l on l.tenant_id = x.tenant_id and l.id = x.line_id
          where x.tenant_id = s.tenant_id and x.shipment_id = s.id) as lines
       from orders.shipments s where s.tenant_id = kernel.tenant_id() and s.order_id = $1 order by s.shipped_at, s.id`,
      [orderId],
    );
    return {
      data: rows.map((row) => ({
        ...row,
        shippedAt: row.shippedAt.toISOString(),
        deliveredAt: row.deliveredAt?.toISOString() ?? null,
      })),
    };
  }
}
