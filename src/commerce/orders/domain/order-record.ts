import { Column, PrimaryColumn } from 'typeorm';
import { allocate } from '../../../kernel/money/money';
import { Aggregate } from '../../../kernel/messaging/domain-event';
import type { CancelReason, OrderFacts } from '../contracts/order-events';
import type { FulfilmentStatus, OrderPaymentStatus, OrderStatus, ReturnStatus } from '../contracts/order-status';
import type { OrderDiscount } from './order-discount';
import { deriveStatus, type OrderFacets } from './order-machines';
import { lineDiscount, lineName, type OrderLine } from './order-line';
import { lineNotFound } from './orders.errors';
import type { TaxSum } from './tax';
import type { OrderOrigin, ShippingAddress } from './new-order';

/** Why nothing of an order is shipped; `review`: until its payment was judged. */
type HoldReason = 'shortfall' | 'approval' | 'manual' | 'review';
/** What an order holds, and what follows from it: its status, what is due, what is told of it. `Order` says how it changes. */
export abstract class OrderRecord extends Aggregate implements OrderFacets {
  @PrimaryColumn('uuid', { name: 'tenant_id' }) tenantId: string;
  @PrimaryColumn('uuid') id: string;
  @Column('text') number: string;
  @Column('text') channel: 'web' | 'import';
  @Column('uuid', { name: 'cart_id', nullable: true }) cartId: string | null;
  /** What it comes from, where that is no cart; `originId` is that thing's. */
  @Column('text', { nullable: true }) origin: OrderOrigin['kind'] | null;
  @Column('uuid', { name: 'origin_id', nullable: true }) originId: string | null;
  @Column('uuid', { name: 'customer_id', nullable: true }) customerId: string | null;
  @Column('uuid', { name: 'user_id', nullable: true }) userId: string | null;
  @Column('text', { nullable: true }) email: string | null;
  @Column('text', { name: 'customer_name', nullable: true }) customerName: string | null;
  @Column('jsonb', { name: 'shipping_address', nullable: true }) shippingAddress: ShippingAddress | null;
  @Column('text') currency: string;
  @Column('bigint') subtotal: number;
  @Column('bigint', { name: 'discount_total' }) discountTotal: number;
  @Column('bigint', { name: 'shipping_total' }) shippingTotal: number;
  @Column('bigint', { name: 'tax_total' }) taxTotal: number;
  @Column('bigint') total: number;
  /** True where prices hold their tax: then it is no part of the sum, `total` = subtotal − discounts + shipping. */
  @Column('boolean', { name: 'tax_included' }) taxIncluded: boolean;
  /** Part of `taxTotal` that is taken on the freight. */
  @Column('bigint', { name: 'shipping_tax' }) shippingTax: number;
  /** What each tax comes to. */
  @Column('jsonb') taxes: TaxSum[];
  /** Which promotions make up the discounts. */
  @Column('jsonb') discounts: OrderDiscount[];
  /** How it was to be shipped. */
  @Column('jsonb', { name: 'shipping_method', nullable: true }) shippingMethod: { id: string; name: string } | null;
  @Column('text', { name: 'payment_status' }) paymentStatus: OrderPaymentStatus;
  @Column('text', { name: 'fulfilment_status' }) fulfilmentStatus: FulfilmentStatus;
  @Column('text', { name: 'return_status' }) returnStatus: ReturnStatus;
  @Column('text', { name: 'on_hold_reason', nullable: true }) onHoldReason: HoldReason | null;
  @Column('text', { name: 'cancel_reason', nullable: true }) cancelReason: CancelReason | null;
  @Column('text', { name: 'cancel_note', nullable: true }) cancelNote: string | null;
  @Column('bytea', { name: 'access_token_hash', nullable: true }) accessTokenHash: Buffer | null;
  @Column('timestamptz', { name: 'hold_expires_at', nullable: true }) holdExpiresAt: Date | null;
  @Column('bytea', { name: 'placed_from', nullable: true }) placedFrom: Buffer | null;
  @Column('timestamptz', { name: 'placed_at', nullable: true }) placedAt: Date | null;
  /** When its payment was reserved; null where it was charged at once. */
  @Column('timestamptz', { name: 'authorized_at', nullable: true }) authorizedAt: Date | null;
  @Column('timestamptz', { name: 'paid_at', nullable: true }) paidAt: Date | null;
  @Column('timestamptz', { name: 'fulfilled_at', nullable: true }) fulfilledAt: Date | null;
  @Column('timestamptz', { name: 'cancelled_at', nullable: true }) cancelledAt: Date | null;
  @Column('timestamptz', { name: 'closed_at', nullable: true }) closedAt: Date | null;
  /** When the last piece reached the shopper. */
  @Column('timestamptz', { name: 'delivered_at', nullable: true }) deliveredAt: Date | null;
  /** Money that went back, minor units. */
  @Column('bigint', { name: 'refunded_total' }) refundedTotal: number;
  /** Part of the total that was never taken: given up before the capture, or let go by it; minor units. */
  @Column('bigint', { name: 'uncollected_total' }) uncollectedTotal: number;
  /** What was paid for goods that came back, for which others were sent instead: it stays with the shop; minor units. */
  @Column('bigint', { name: 'exchanged_total' }) exchangedTotal: number;
  /** Worth of returned goods that this order was paid with besides its total (`origin` is their return); minor units. */
  @Column('bigint', { name: 'traded_total' }) tradedTotal: number;
  /** Of that worth what went back to where it came from, or on into a further exchange. */
  @Column('bigint', { name: 'traded_spent' }) tradedSpent: number;
  /** Part of the total that gift cards and store credit pay; minor units. */
  @Column('bigint', { name: 'credit_total' }) creditTotal: number;
  /** Of that what was put back. */
  @Column('bigint', { name: 'credit_refunded' }) creditRefunded: number;
  /** Checked by the repository's guarded update, together with the status. */
  @Column('int') version: number;

  /** The lines; always there, because the repository reads them with the order. */
  lines: OrderLine[];

  get status(): OrderStatus {
    return deriveStatus(this);
  }

  /** What of the total is to be taken, or was, did not go back and pays for nothing else; minor units. */
  get due(): number {
    return this.total - this.uncollectedTotal - this.refundedTotal - this.exchangedTotal;
  }

  /** Of what is due, what gift cards and store credit pay; minor units. It goes back before money does. */
  get creditDue(): number {
    return Math.max(0, Math.min(this.creditTotal - this.creditRefunded, this.due));
  }

  /** Of what is due, what a gateway is asked for, or was; minor units. */
  get chargeable(): number {
    return this.due - this.creditDue;
  }

  /** What is left of the worth of returned goods that it was paid with, minor units. */
  get tradeLeft(): number {
    return this.tradedTotal - this.tradedSpent;
  }

  /** The part of that worth which paid for a line, minor units; all lines' parts add up to it. */
  tradeOf(line: OrderLine): number {
    if (this.tradedTotal === 0) return 0;
    const weights = this.lines.map(({ unitPrice, quantity }) => unitPrice * quantity);
    return allocate({ amount: this.tradedTotal, currency: this.currency }, weights)[this.lines.indexOf(line)].amount;
  }

  /** What a line cost the shopper, with its tax, minor units. */
  payableOf(line: OrderLine): number {
    return line.total + (this.taxIncluded ? 0 : line.tax);
  }

  /** What the freight cost the shopper, with its tax, minor units. */
  get payableShipping(): number {
    return this.shippingTotal + (this.taxIncluded ? 0 : this.shippingTax);
  }

  /** @throws AppError invalid `orders.unknown-line` */
  line(id: string): OrderLine {
    const line = this.lines.find((each) => each.id === id);
    if (!line) throw lineNotFound(id);
    return line;
  }

  protected facets(): OrderFacets {
    const { paymentStatus, fulfilmentStatus, returnStatus, onHoldReason, placedAt, cancelledAt, closedAt } = this;
    return { paymentStatus, fulfilmentStatus, returnStatus, onHoldReason, placedAt, cancelledAt, closedAt };
  }

  protected facts(): OrderFacts {
    const money = (amount: number) => ({ amount, currency: this.currency });
    return {
      orderId: this.id,
      number: this.number,
      channel: this.channel,
      email: this.email,
      customerId: this.customerId,
      userId: this.userId,
      country: this.shippingAddress?.country ?? null,
      status: this.status,
      subtotal: money(this.subtotal),
      discount: money(this.discountTotal),
      shipping: money(this.shippingTotal),
      tax: money(this.taxTotal),
      taxIncluded: this.taxIncluded,
      total: money(this.total),
      lines: this.lines.map((line) => ({
        lineId: line.id,
        sku: line.sku,
        name: lineName(line),
        quantity: line.quantity,
        unitPrice: money(line.unitPrice),
        discount: money(lineDiscount(line)),
        tax: money(line.tax),
        total: money(line.total),
      })),
    };
  }
}
