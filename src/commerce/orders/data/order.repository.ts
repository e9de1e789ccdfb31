import { Injectable } from '@nestjs/common';
import { together } from '../../../kernel/database/together';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import type { OrderStatus } from '../contracts/order-status';
import { Order } from '../domain/order';
import type { OrderLine } from '../domain/order-line';
import { staleOrder } from '../domain/orders.errors';
import { OrderPush } from './order-push';
import { RELEASE_COUPONS } from './coupon.repository';

/** First number of a shop's own orders. */
const FIRST_NUMBER = 1001;
export const LINE_COLUMNS = `components, id, position, sku, variant_id as "variantId", product_id as "productId",
  product_name as "productName", variant_name as "variantName", category_id as "categoryId", category_name as "categoryName",
  quantity, unit_price as "unitPrice", discount_basis_points as "discountBasisPoints", total, tax, tax_category as "taxCategory",
  shipped_quantity as "shippedQuantity", cancelled_quantity as "cancelledQuantity", returned_quantity as "returnedQuantity"`;

const insertLines = (
  lines: string,
): string => `insert into orders.order_lines (tenant_id, order_id, id, position, sku, variant_id,
    product_id, product_name, variant_name, category_id, category_name, quantity, unit_price, discount_basis_points, total, tax,
    tax_category, components)
  select $1, $2, x.* from json_to_recordset(${lines}::json) as x(id uuid, position int, sku text, "variantId" uuid,
    "productId" uuid, "productName" text, "variantName" text, "categoryId" uuid, "categoryName" text,
    quantity bigint, "unitPrice" bigint, "discountBasisPoints" int, total bigint, tax bigint, "taxCategory" text, components jsonb)`;
const INSERT_LINES = insertLines('$3');

const statusAtLoad = new WeakMap<Order, OrderStatus>();
/** What of an order is shown where people look at it, as it was told last. */
const shownAtLoad = new WeakMap<Order, string>();
const shownOf = (order: Order): string => {
  const { status, paymentStatus, fulfilmentStatus, returnStatus, deliveredAt, refundedTotal, total } = order;
  const gone = order.lines.map(({ shippedQuantity, cancelledQuantity }) => [shippedQuantity, cancelledQuantity]);
  return JSON.stringify([
    status,
    paymentStatus,
    fulfilmentStatus,
    returnStatus,
    deliveredAt,
    refundedTotal,
    total,
    gone,
  ]);
};

/** Stores orders. Their rows are locked before payments' and inventory's. */
@Injectable()
export class OrderRepository {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly push: OrderPush,
  ) {}

  /**
   * The order with its lines, locked; null when the shop has none with this id.
   * @param lines its lines where the caller read them before: they never change
   */
  async lock(id: string, lines?: OrderLine[]): Promise<Order | null> {
    const tx = this.uow.current();
    const [order, found] = await together(
      () => tx.store.load(Order, id),
      async () =>
        lines ??
        tx.query<OrderLine>(
          `select ${LINE_COLUMNS} from orders.order_lines where tenant_id = $1 and order_id = $2 order by position`,
          [tx.tenantId, id],
        ),
    );
    if (!order) return null;
    order.lines = found;
    statusAtLoad.set(order, order.status);
    shownAtLoad.set(order, shownOf(order));
    return order;
  }

  /**
   * Stores a new order with its lines, gives it the shop's next number, and closes its cart, in one statement: the
   * counter is locked from here to the commit and no longer. One order per cart by a unique key.
   */
  async place(order: Order): Promise<void> {
    const tx = this.uow.current();
    const rows = await tx.query<{ number: string }>(
      `with counter as (
         insert into orders.order_counters (tenant_id, id, last) values ($1, $1, ${FIRST_NUMBER})
         on conflict (tenant_id, id) do update set last = order_counters.last + 1 returning last
       ), placed as (
         insert into orders.orders (tenant_id, id, number, channel, cart_id, customer_id, user_id, email, customer_name,
           shipping_address, currency, subtotal, discount_total, shipping_total, tax_total, total, payment_status,
           fulfilment_status, return_status, access_token_hash, hold_expires_at, placed_at, paid_at, created_at, updated_at, placed_from, on_hold_reason,
           tax_included, shipping_tax, taxes, discounts, shipping_method, origin, origin_id, traded_total, credit_total)
         select $1, $2, counter.last::text, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20,
           $21, $22, kernel.now(), kernel.now(), $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34 from counter
         returning number
       ), lines as (
         ${insertLines('$23')}
       ), closed as (
         update orders.carts set order_id = $2, updated_at = kernel.now() where tenant_id = $1 and id = $4
       )
       select number from placed`,
      [
        tx.tenantId,
        order.id,
        order.channel,
        order.cartId,
        order.customerId,
        order.userId,
        order.email,
        order.customerName,
        JSON.stringify(order.shippingAddress),
        order.currency,
        order.subtotal,
        order.discountTotal,
        order.shippingTotal,
        order.taxTotal,
        order.total,
        order.paymentStatus,
        order.fulfilmentStatus,
        order.returnStatus,
        order.accessTokenHash,
        order.holdExpiresAt,
        order.placedAt,
        order.paidAt,
        JSON.stringify(order.lines),
        order.placedFrom,
        order.onHoldReason,
        order.taxIncluded,
        order.shippingTax,
        JSON.stringify(order.taxes),
        JSON.stringify(order.discounts),
        order.shippingMethod,
        order.origin,
        order.originId,
        order.tradedTotal,
        order.creditTotal,
      ],
    );
    order.number = rows[0].number;
    statusAtLoad.set(order, order.status);
    this.tell(order);
  }

  /**
   * Writes a changed order where it still is what it was when it was read, and records its events. Should it not be, the
   * transaction fails with AppError conflict `orders.stale-order`.
   */
  save(order: Order): void {
    const tx = this.uow.current();
    tx.later(
      `with saved as (update orders.orders set payment_status = $5, fulfilment_status = $6, return_status = $7, on_hold_reason = $8,
         cancel_reason = $9, cancel_note = $10, paid_at = $11, fulfilled_at = $12, cancelled_at = $13, closed_at = $14, delivered_at = $15,
         refunded_total = $16, hold_expires_at = $17, authorized_at = $18, uncollected_total = $19,
         exchanged_total = $20, traded_spent = $21, credit_total = $22, credit_refunded = $23,
         version = version + 1, updated_at = kernel.now()
       where tenant_id = $1 and id = $2 and version = $3 and status = $4 returning 1)
       select kernel.expect_rows(count(*), 1, :label) from saved`,
      [
        tx.tenantId,
        order.id,
        order.version,
        statusAtLoad.get(order),
        order.paymentStatus,
        order.fulfilmentStatus,
        order.returnStatus,
        order.onHoldReason,
        order.cancelReason,
        order.cancelNote,
        order.paidAt,
        order.fulfilledAt,
        order.cancelledAt,
        order.closedAt,
        order.deliveredAt,
        order.refundedTotal,
        order.holdExpiresAt,
        order.authorizedAt,
        order.uncollectedTotal,
        order.exchangedTotal,
        order.tradedSpent,
        order.creditTotal,
        order.creditRefunded,
      ],
      staleOrder,
    );
    // Whoever ends an order: its coupons can be used again.
    if (order.status === 'cancelled' && statusAtLoad.get(order) !== 'cancelled')
      tx.later(RELEASE_COUPONS, [tx.tenantId, order.id]);
    order.version += 1;
    statusAtLoad.set(order, order.status);
    this.tell(order);
    this.recordEvents(order);
  }

  /** Writes what an order is made of anew: its lines and all that they come to. @throws AppError conflict `orders.stale-order` */
  async rewrite(order: Order): Promise<void> {
    const tx = this.uow.current();
    const affected = await tx.execute(
      `with gone as (delete from orders.order_lines where tenant_id = $1 and order_id = $2)
       update orders.orders set subtotal = $4, discount_total = $5, shipping_total = $6, tax_total = $7, total = $8,
         tax_included = $9, shipping_tax = $10, taxes = $11, discounts = $12, shipping_method = $13,
         lines_changed_at = kernel.now(), version = version + 1, updated_at = kernel.now()
       where tenant_id = $1 and id = $2 and version = $3`,
      [
        tx.tenantId,
        order.id,
        order.version,
        order.subtotal,
        order.discountTotal,
        order.shippingTotal,
        order.taxTotal,
        order.total,
        order.taxIncluded,
        order.shippingTax,
        JSON.stringify(order.taxes),
        JSON.stringify(order.discounts),
        order.shippingMethod,
      ],
    );
    if (affected !== 1) throw staleOrder();
    await tx.execute(INSERT_LINES, [tx.tenantId, order.id, JSON.stringify(order.lines)]);
    order.version += 1;
    this.tell(order);
  }

  /** Writes where the order goes, and to whom. @throws AppError conflict `orders.stale-order` */
  async saveAddress(order: Order): Promise<void> {
    const tx = this.uow.current();
    const affected = await tx.execute(
      `update orders.orders set shipping_address = $4, customer_name = $5, version = version + 1, updated_at = kernel.now()
       where tenant_id = $1 and id = $2 and version = $3`,
      [tx.tenantId, order.id, order.version, JSON.stringify(order.shippingAddress), order.customerName],
    );
    if (affected !== 1) throw staleOrder();
    order.version += 1;
  }

  /** Shows what changed of it to whoever looks, once it is committed. */
  private tell(order: Order): void {
    const shown = shownOf(order);
    if (shownAtLoad.get(order) === shown) return;
    shownAtLoad.set(order, shown);
    this.push.later(order, this.uow.current());
  }

  /** Moves what the order recorded into the transaction. */
  recordEvents(order: Order): void {
    this.uow.current().record(...order.pullEvents());
  }
}
