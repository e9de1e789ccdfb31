import { Query, QueryBus, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Database } from '../../../kernel/database/database';
import { AllocationsOfQuery } from '../../inventory/contracts/allocations-of';
import type { Viewer } from '../domain/order-access';
import type { OrderLine } from '../domain/order-line';
import { orderViewOf, withGoods, type OrderRecord, type OrderView } from '../domain/order-view';
import { orderNotFound } from '../domain/orders.errors';

/** One order, for who may see it: another's is as absent as none. @throws AppError not-found `orders.order-not-found` */
export class FindOrderQuery extends Query<OrderView> {
  constructor(
    readonly orderId: string,
    readonly viewer: Viewer,
  ) {
    super();
  }
}

const COLUMNS = `o.discounts, o.shipping_method as "shippingMethod", o.id, o.number, o.channel, o.origin, o.origin_id as "originId", o.status, o.payment_status as "paymentStatus",
  o.fulfilment_status as "fulfilmentStatus", o.return_status as "returnStatus", o.on_hold_reason as "onHoldReason",
  o.cancel_reason as "cancelReason", o.email, o.customer_id as "customerId", o.customer_name as "customerName",
  o.shipping_address as "shippingAddress", o.currency, o.subtotal, o.discount_total as "discountTotal",
  o.shipping_total as "shippingTotal", o.tax_total as "taxTotal", o.total, o.tax_included as "taxIncluded",
  o.shipping_tax as "shippingTax", o.taxes, o.placed_at as "placedAt", o.paid_at as "paidAt",
  o.fulfilled_at as "fulfilledAt", o.cancelled_at as "cancelledAt", o.closed_at as "closedAt",
  o.delivered_at as "deliveredAt", o.refunded_total as "refundedTotal", o.authorized_at as "authorizedAt",
  o.uncollected_total as "uncollectedTotal", o.credit_total as "creditTotal", o.version`;
const LINES = `(select json_agg(json_build_object('id', l.id, 'position', l.position, 'sku', l.sku, 'variantId', l.variant_id,
    'components', l.components, 'productId', l.product_id, 'productName', l.product_name, 'variantName', l.variant_name, 'categoryId', l.category_id,
    'categoryName', l.category_name, 'quantity', l.quantity, 'unitPrice', l.unit_price,
    'discountBasisPoints', l.discount_basis_points, 'total', l.total, 'tax', l.tax, 'taxCategory', l.tax_category,
    'shippedQuantity', l.shipped_quantity, 'cancelledQuantity', l.cancelled_quantity, 'returnedQuantity', l.returned_quantity) order by l.position)
  from orders.order_lines l where l.tenant_id = o.tenant_id and l.order_id = o.id) as lines`;

type Found = OrderRecord & { lines: OrderLine[] | null; ownerId: string | null; open: boolean };

@QueryHandler(FindOrderQuery)
export class FindOrderHandler implements IQueryHandler<FindOrderQuery> {
  constructor(
    private readonly database: Database,
    private readonly queries: QueryBus,
  ) {}

  async execute({ orderId, viewer }: FindOrderQuery): Promise<OrderView> {
    const [order] = await this.database.read<Found>(
      `select ${COLUMNS}, ${LINES}, o.user_id as "ownerId",
         coalesce($2 or o.user_id = $3::uuid or o.access_token_hash = $4::bytea, false) as open
       from orders.orders o where o.tenant_id = kernel.tenant_id() and o.id = $1
         and ($5::boolean or $2::boolean or o.user_id = $3::uuid or o.access_token_hash = $4::bytea)`,
      [orderId, viewer.all, viewer.userId, viewer.tokenHash, viewer.maySee !== undefined],
    );
    if (!order) throw orderNotFound();
    const { id, ownerId: owner, status: state, open } = order;
    if (!open && !viewer.maySee?.({ id, owner, state })) throw orderNotFound();
    const [held] = await this.queries.execute(new AllocationsOfQuery({ references: [id] }));
    const lines = order.lines ?? [];
    return withGoods(orderViewOf(order, lines), lines, held);
  }
}
