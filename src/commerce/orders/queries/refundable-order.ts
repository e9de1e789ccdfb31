import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Database } from '../../../kernel/database/database';
import { RefundableOrderQuery, type RefundableOrder } from '../contracts/refundable-order';

@QueryHandler(RefundableOrderQuery)
export class RefundableOrderHandler implements IQueryHandler<RefundableOrderQuery> {
  constructor(private readonly database: Database) {}

  async execute({ orderId }: RefundableOrderQuery): Promise<RefundableOrder | null> {
    const [order] = await this.database.read<RefundableOrder>(
      `select o.id as "orderId", o.currency, greatest(0, o.total - o.uncollected_total - o.refunded_total - o.exchanged_total - o.credit_total + o.credit_refunded)::float8 as due,
         json_build_object('gross', o.shipping_total + case when o.tax_included then 0 else o.shipping_tax end,
           'tax', o.shipping_tax) as shipping,
         coalesce((select json_agg(json_build_object('lineId', l.id, 'sku', l.sku, 'quantity', l.quantity, 'tax', l.tax,
             'gross', l.total + case when o.tax_included then 0 else l.tax end,
             'open', l.quantity - l.shipped_quantity - l.cancelled_quantity,
             'out', l.shipped_quantity - l.returned_quantity) order by l.position)
           from orders.order_lines l where l.tenant_id = o.tenant_id and l.order_id = o.id), '[]') as lines
       from orders.orders o where o.tenant_id = kernel.tenant_id() and o.id = $1`,
      [orderId],
    );
    return order ?? null;
  }
}
