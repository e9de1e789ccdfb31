import { Column, Entity, PrimaryColumn } from 'typeorm';
import { newId } from '../../../kernel/ids/ids';
import { allocate, type Money } from '../../../kernel/money/money';
import type { OrderDiscount } from './order-discount';
import { Aggregate } from '../../../kernel/messaging/domain-event';
import {
  OrderAuthorized,
  OrderAwaitsApproval,
  OrderBackorderAllocated,
  OrderCancelled,
  OrderClosed,
  OrderContinued,
  OrderFulfilled,
  OrderLinesCancelled,
  OrderPaid,
  OrderPaymentReminded,
  OrderPlaced,
  OrderPutOnHold,
  OrderRefunded,
  OrderShipped,
  OrderTradeReturned,
  type AwaitedApproval,
  type CancelReason,
  type ContinuedOrder,
  type OrderFacts,
} from '../contracts/order-events';
import type { FulfilmentStatus, OrderPaymentStatus, OrderStatus, ReturnStatus } from '../contracts/order-status';
import { deriveStatus, edgeAllowed, type OrderFacets } from './order-machines';
import { lineDiscount, lineName, openQuantity, shareOf, type NewLine, type OrderLine } from './order-line';
import { countryFixed, lineNotFound, notEditable, quantityExceeded, transitionRefused } from './orders.errors';
import type { Figures } from './price-calculation';
import type { TaxSum } from './tax';

export interface ShippingAddress {
  name: string | null;
  line1: string | null;
  line2?: string | null;
  city: string | null;
  region?: string | null;
  postalCode: string | null;
  /** ISO 3166-1 alpha-2 for orders of our own; imported ones keep what they had. */
  country: string | null;
}

/** Paid, nobody stops it, and goods are still in the house. */
const UNDERWAY: readonly OrderStatus[] = ['paid', 'allocated', 'partly_fulfilled'];
/** The same, or its payment is reserved. */
/** Why nothing of an order is shipped; `review`: until its payment was judged. */
type HoldReason = 'shortfall' | 'approval' | 'manual' | 'review';
const PROMISED: readonly OrderStatus[] = ['authorized', ...UNDERWAY];

/** What leaves the house at once, and what is written on it. */
export interface Parcel {
  shipmentId: string;
  shipmentNumber: string;
  carrier: string | null;
  trackingNumber: string | null;
  trackingUrl: string | null;
  lines: readonly { lineId: string; quantity: number }[];
}

/** What an order is made of. */
export interface NewOrder {
  id: string;
  cartId: string | null;
  customerId: string | null;
  userId: string | null;
  email: string;
  shippingAddress: ShippingAddress;
  currency: string;
  lines: NewLine[];
  /** What the lines, the way to the customer and the taxes come to. */
  figures: Omit<Figures, 'lines'>;
  discounts: OrderDiscount[];
  shippingMethod: { id: string; name: string } | null;
  accessTokenHash: Buffer | null;
  holdExpiresAt: Date;
  /** Whom the stock is held for: a keyed hash of the user's id or the guest's address. */
  placedFrom: Buffer | null;
  /** What it comes from, where that is no cart. */
  origin?: OrderOrigin;
  /** Worth of returned goods that pays for it besides its total, minor units. */
  traded?: number;
}

/** What an order without a cart comes from: an order that it adds to, a return that it is sent for, a quote. */
export interface OrderOrigin {
  kind: 'addition' | 'exchange' | 'quote';
  id: string;
}

/**
 * An order. Three machines (payment, fulfilment, return) and a few marks say what happened; its status is derived from
 * them and never set. Every change goes through `change`, which checks each machine against the one table of edges.
 */
@Entity({ schema: 'orders', name: 'orders' })
export class Order extends Aggregate implements OrderFacets {
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

  /** A new order that waits for its payment. Its number is given by the repository, in the same statement that stores it. */
  static place(data: NewOrder, at: Date): Order {
    const untouched = { shippedQuantity: 0, cancelledQuantity: 0, returnedQuantity: 0 };
    const lines = data.lines.map((line, index) => ({ ...line, ...untouched, id: newId(), position: index + 1 }));
    return Object.assign(new Order(), {
      id: data.id,
      number: '',
      channel: 'web' as const,
      cartId: data.cartId,
      origin: data.origin?.kind ?? null,
      originId: data.origin?.id ?? null,
      customerId: data.customerId,
      userId: data.userId,
      email: data.email,
      customerName: data.shippingAddress.name,
      shippingAddress: data.shippingAddress,
      currency: data.currency,
      subtotal: data.figures.subtotal,
      discountTotal: data.figures.discountTotal,
      shippingTotal: data.figures.shippingTotal,
      taxTotal: data.figures.taxTotal,
      total: data.figures.total,
      taxIncluded: data.figures.taxIncluded,
      shippingTax: data.figures.shippingTax,
      taxes: data.figures.taxes,
      discounts: data.discounts,
      shippingMethod: data.shippingMethod,
      paymentStatus: 'pending' as const,
      fulfilmentStatus: 'none' as const,
      returnStatus: 'none' as const,
      onHoldReason: null,
      cancelReason: null,
      cancelNote: null,
      accessTokenHash: data.accessTokenHash,
      holdExpiresAt: data.holdExpiresAt,
      placedFrom: data.placedFrom,
      placedAt: at,
      authorizedAt: null,
      paidAt: null,
      fulfilledAt: null,
      cancelledAt: null,
      closedAt: null,
      deliveredAt: null,
      refundedTotal: 0,
      uncollectedTotal: 0,
      exchangedTotal: 0,
      creditTotal: 0,
      creditRefunded: 0,
      tradedTotal: data.traded ?? 0,
      tradedSpent: 0,
      version: 1,
      lines,
    });
  }

  /** Says that the order was placed, once it has its number. */
  announce(approval: AwaitedApproval | null = null): void {
    this.record(new OrderPlaced(this.id, this.facts(), this.version));
    if (approval) this.record(new OrderAwaitsApproval(this.id, { ...this.facts(), approval }, this.version));
  }

  /** Says which paid order, or which goods that came back, it goes on from. @param from amounts in minor units */
  announceContinued(from: Pick<ContinuedOrder, 'kind' | 'orderId' | 'number' | 'returnNumber'>, back: number): void {
    const money = (amount: number): Money => ({ amount, currency: this.currency });
    const continues = {
      ...from,
      traded: money(this.tradedTotal),
      back: money(back),
      due: money(this.due),
      payUntil: this.due > 0 ? (this.holdExpiresAt?.toISOString() ?? null) : null,
    };
    this.record(new OrderContinued(this.id, { ...this.facts(), continues }, this.version));
  }

  /** A new order that may not be paid before somebody approves it. */
  awaitApproval(): void {
    if (this.status !== 'pending_payment' || this.number !== '')
      throw transitionRefused(this.status, 'awaiting_approval');
    this.onHoldReason = 'approval';
  }

  /** It may be paid now. */
  approve(): void {
    this.demand('pending_payment');
    this.change({ onHoldReason: null });
  }

  /** Says that somebody should be reminded to pay. */
  remind(): void {
    this.record(new OrderPaymentReminded(this.id, this.facts(), this.version));
  }

  /** Says that pieces which it waited for are here. Parts of bundles go by the bundle's name. */
  announceAllocated(lines: readonly { sku: string; quantity: number }[], waiting: number): void {
    const allocated = lines.map(({ sku, quantity }) => {
      const line = this.lines.find((each) => each.sku === sku || each.components?.some((part) => part.sku === sku));
      return { sku, name: line ? lineName(line) : sku, quantity };
    });
    this.record(new OrderBackorderAllocated(this.id, { ...this.facts(), allocated, waiting }, this.version));
  }

  /** The payment is reserved and the stock promised. */
  markAuthorized(at: Date): void {
    if (this.status !== 'pending_payment') throw transitionRefused(this.status, 'authorized');
    this.change({ paymentStatus: 'authorized', authorizedAt: at });
    this.record(new OrderAuthorized(this.id, { ...this.facts(), authorizedAt: at.toISOString() }, this.version + 1));
  }

  /** What was reserved was lost (refused at the capture, lapsed at the bank): until `until` it can be paid anew. */
  loseAuthorization(until: Date): void {
    if (this.paymentStatus !== 'authorized') throw transitionRefused(this.status, 'pending_payment');
    this.change({ paymentStatus: 'pending', authorizedAt: null, onHoldReason: null, holdExpiresAt: until });
  }

  /**
   * The payment is captured and the stock promised. @param captured minor units, less than what is due where staff let
   * the rest go
   */
  markPaid(at: Date, captured: number = this.chargeable): void {
    const held = this.paymentStatus === 'authorized' && this.onHoldReason === 'manual';
    if (!held) this.demand('paid');
    const uncollectedTotal = this.uncollectedTotal + Math.max(0, this.chargeable - captured);
    this.change({ paymentStatus: 'paid', paidAt: at, onHoldReason: held ? 'manual' : null, uncollectedTotal });
    this.record(new OrderPaid(this.id, this.facts(), this.version + 1));
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

  /** Gift cards and store credit pay a part of a new order. @param amount minor units */
  payWithCredit(amount: number): void {
    this.creditTotal = amount;
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

  /**
   * Worth of goods that came back goes on into another order: what was paid first, then what it was traded for itself.
   * @returns of the charge what is not to go back any more; minor units
   */
  exchange(worth: number): number {
    const before = this.chargeable;
    const own = Math.min(worth, this.due);
    this.exchangedTotal += own;
    this.tradedSpent += worth - own;
    return before - this.chargeable;
  }

  /**
   * The reverse: an order that was sent in exchange is given up, all of it or a part.
   * @returns what of the worth was paid for this order, and of its charge what may go back again; minor units
   */
  endExchange(worth: number): { own: number; released: number } {
    const before = this.chargeable;
    const own = Math.min(worth, this.exchangedTotal);
    this.exchangedTotal -= own;
    this.tradedSpent -= Math.min(worth - own, this.tradedSpent);
    return { own, released: this.chargeable - before };
  }

  /** A part of the worth that it was paid with goes back to where it came from. */
  giveTradeBack(amount: number): void {
    if (amount === 0) return;
    this.tradedSpent += amount;
    const { id: orderId, currency } = this;
    const returnId = this.originId!;
    this.record(new OrderTradeReturned(this.id, { orderId, returnId, amount: { amount, currency } }, this.version + 1));
  }

  /** Paid for, but sold out meanwhile: the money goes back. */
  holdForShortfall(refund: 'refunding' | 'voided'): void {
    if (this.fulfilmentStatus === 'partly_fulfilled') throw transitionRefused(this.status, 'on_hold');
    this.demand('on_hold');
    this.change({ paymentStatus: refund, onHoldReason: 'shortfall' });
    this.record(new OrderPutOnHold(this.id, { ...this.facts(), reason: 'shortfall' }, this.version + 1));
  }

  /** Ends the order without goods. `payment` is what becomes of money that was paid or may still come. */
  cancel(
    reason: CancelReason,
    payment: 'voided' | 'refunding' | 'refunded',
    at: Date,
    note: string | null = null,
  ): void {
    this.demand('cancelled');
    this.change({ cancelledAt: at, cancelReason: reason, cancelNote: note, paymentStatus: payment });
    this.record(new OrderCancelled(this.id, { ...this.facts(), reason, note }, this.version + 1));
  }

  /** Money arrived, or went back, after the order had ended. */
  settleRefund(payment: 'refunding' | 'refunded'): void {
    this.change({ paymentStatus: payment });
  }

  /**
   * Some goods left the house; with the last of them the order is fulfilled.
   * @param parcel what is written on it; `lines` by id, whole pieces
   * @throws AppError conflict `orders.transition-refused`, `orders.quantity-exceeded`, invalid `orders.unknown-line`
   */
  ship(parcel: Parcel, at: Date): void {
    if (!UNDERWAY.includes(this.status)) throw transitionRefused(this.status, 'fulfilled');
    const shipped = parcel.lines.map(({ lineId, quantity }) => {
      const line = this.line(lineId);
      if (quantity > openQuantity(line)) throw quantityExceeded(line.sku, quantity, openQuantity(line));
      const total = shareOf(line.total, line.quantity, line.shippedQuantity + line.cancelledQuantity, quantity);
      line.shippedQuantity += quantity;
      const amount = { amount: total, currency: this.currency };
      return { lineId, sku: line.sku, name: lineName(line), quantity, total: amount };
    });
    const complete = this.lines.every((line) => openQuantity(line) === 0);
    this.change(
      complete ? { fulfilmentStatus: 'fulfilled', fulfilledAt: at } : { fulfilmentStatus: 'partly_fulfilled' },
    );
    const { shipmentId, shipmentNumber, carrier, trackingNumber, trackingUrl } = parcel;
    this.record(
      new OrderShipped(
        this.id,
        {
          ...this.facts(),
          shipment: {
            shipmentId,
            number: shipmentNumber,
            carrier,
            trackingNumber,
            trackingUrl,
            complete,
            lines: shipped,
          },
        },
        this.version + 1,
      ),
    );
    if (complete) this.record(new OrderFulfilled(this.id, this.facts(), this.version + 1));
  }

  /** True while goods may leave, or be given up. */
  get underway(): boolean {
    return UNDERWAY.includes(this.status);
  }

  /** A person stops the order: nothing is shipped until it is let go. */
  holdUp(): void {
    if (!PROMISED.includes(this.status)) throw transitionRefused(this.status, 'on_hold');
    this.change({ onHoldReason: 'manual' });
    this.record(new OrderPutOnHold(this.id, { ...this.facts(), reason: 'manual' }, this.version + 1));
  }

  /** Its payment, which is charged already, waits for a judgement. @returns false where there is nothing left to hold */
  holdForReview(): boolean {
    if (!PROMISED.includes(this.status) || this.onHoldReason !== null) return false;
    this.change({ onHoldReason: 'review' });
    this.record(new OrderPutOnHold(this.id, { ...this.facts(), reason: 'review' }, this.version + 1));
    return true;
  }

  /** The judgement was good. @returns false where the order did not wait for it */
  endReview(): boolean {
    if (this.onHoldReason !== 'review') return false;
    this.change({ onHoldReason: null });
    return true;
  }

  /** Lets go what a person held up. */
  letGo(): void {
    if (this.onHoldReason !== 'manual') throw transitionRefused(this.status, 'paid');
    this.change({ onHoldReason: null });
  }

  /** The last parcel arrived. */
  markDelivered(at: Date): void {
    this.change({ deliveredAt: at });
  }

  /** Nothing more is expected of the order. */
  close(at: Date): void {
    this.demand('closed');
    this.change({ closedAt: at });
    this.record(new OrderClosed(this.id, this.facts(), this.version + 1));
  }

  /** Corrects where the goods go, while some have not left. */
  readdress(address: ShippingAddress): void {
    if (!['pending_payment', 'awaiting_approval', 'authorized', 'paid', 'allocated', 'on_hold'].includes(this.status))
      throw notEditable(this.status);
    if (address.country !== this.shippingAddress?.country) throw countryFixed();
    this.shippingAddress = address;
    this.customerName = address.name;
  }

  /**
   * Other pieces at another price, before anything is paid. Lines keep their ids by SKU.
   * @throws AppError conflict `orders.not-editable`
   */
  rewrite(data: Pick<NewOrder, 'lines' | 'figures' | 'discounts' | 'shippingMethod'>): void {
    if (this.status !== 'pending_payment') throw notEditable(this.status);
    const known = new Map(this.lines.map((line) => [line.sku, line]));
    const untouched = { shippedQuantity: 0, cancelledQuantity: 0, returnedQuantity: 0 };
    this.lines = data.lines.map((line, index) => ({
      ...line,
      ...untouched,
      id: known.get(line.sku)?.id ?? newId(),
      position: index + 1,
    }));
    const { subtotal, discountTotal, shippingTotal, taxTotal, total, taxIncluded, shippingTax, taxes } = data.figures;
    Object.assign(this, { subtotal, discountTotal, shippingTotal, taxTotal, total, taxIncluded, shippingTax, taxes });
    this.discounts = data.discounts;
    this.shippingMethod = data.shippingMethod;
  }

  /** What a line cost the shopper, with its tax, minor units. */
  payableOf(line: OrderLine): number {
    return line.total + (this.taxIncluded ? 0 : line.tax);
  }

  /** What the freight cost the shopper, with its tax, minor units. */
  get payableShipping(): number {
    return this.shippingTotal + (this.taxIncluded ? 0 : this.shippingTax);
  }

  /**
   * Gives up pieces that did not leave.
   * @returns what each of the named cost the shopper, minor units; of a reservation that much less is captured
   * @throws AppError conflict `orders.transition-refused`, `orders.quantity-exceeded`, invalid `orders.unknown-line`
   */
  cancelLines(asked: readonly { lineId: string; quantity: number }[], at: Date, note: string | null): number[] {
    if (!PROMISED.includes(this.status)) throw transitionRefused(this.status, 'cancelled');
    const worths: number[] = [];
    let traded = 0;
    for (const { lineId, quantity } of asked) {
      const line = this.line(lineId);
      if (quantity > openQuantity(line)) throw quantityExceeded(line.sku, quantity, openQuantity(line));
      const before = line.cancelledQuantity + line.returnedQuantity;
      worths.push(shareOf(this.payableOf(line), line.quantity, before, quantity));
      traded += shareOf(this.tradeOf(line), line.quantity, before, quantity);
      line.cancelledQuantity += quantity;
    }
    let worth = worths.reduce((sum, one) => sum + one, 0);
    if (this.paymentStatus === 'authorized') {
      const less = Math.min(worth, this.due);
      // Less credit is spent first: it is only promised yet.
      this.creditTotal -= Math.min(less, this.creditTotal);
      this.uncollectedTotal += less;
      worth = 0;
    }
    this.giveTradeBack(Math.min(traded, this.tradeLeft));
    const left = this.lines.some((line) => openQuantity(line) > 0);
    if (!left) this.change({ fulfilmentStatus: 'fulfilled', fulfilledAt: at });
    const cancelled = asked.map(({ lineId, quantity }) => {
      const line = this.line(lineId);
      return { lineId, sku: line.sku, name: lineName(line), quantity };
    });
    const refund = worth > 0 ? { amount: worth, currency: this.currency } : null;
    const facts = this.facts();
    this.record(new OrderLinesCancelled(this.id, { ...facts, cancelled, refund, note }, this.version + 1));
    if (!left) this.record(new OrderFulfilled(this.id, facts, this.version + 1));
    return worths;
  }

  /** Money went back, minor units. The last of it makes the order refunded. */
  noteRefund(refundId: string, amount: number): void {
    const refundedTotal = Math.min(this.total - this.uncollectedTotal, this.refundedTotal + amount);
    // A paid order that is refunded by hand stays open until somebody cancels it: its goods are still promised.
    const promised = this.status === 'paid' || this.status === 'allocated';
    const all =
      refundedTotal + this.uncollectedTotal === this.total &&
      !promised &&
      edgeAllowed('payment', this.paymentStatus, 'refunded');
    this.change({ refundedTotal, ...(all ? { paymentStatus: 'refunded' as const } : {}) });
    const back = { amount, currency: this.currency };
    this.record(new OrderRefunded(this.id, { ...this.facts(), refundId, amount: back }, this.version + 1));
  }

  /** Money that went back came back to the shop, minor units: it is owed again, or where goods were kept still paid. */
  takeAgain(amount: number): void {
    const refundedTotal = Math.max(0, this.refundedTotal - amount);
    const owed = this.cancelledAt ? ('refunding' as const) : ('paid' as const);
    this.change({ refundedTotal, ...(this.paymentStatus === 'refunded' ? { paymentStatus: owed } : {}) });
  }

  /** What gift cards or store credit paid was put back, minor units. */
  noteCreditBack(refundId: string, amount: number): void {
    this.creditRefunded += amount;
    this.noteRefund(refundId, amount);
  }

  /** Goods are on their way back, or none are any more. */
  markReturning(underway: boolean): void {
    if (underway) {
      // All of it is back already where an exchange was given up.
      if (this.returnStatus === 'none') this.change({ returnStatus: 'returning' });
      return;
    }
    const back = this.lines.every((line) => line.returnedQuantity + line.cancelledQuantity === line.quantity);
    if (this.returnStatus === 'returning') this.change({ returnStatus: back ? 'returned' : 'none' });
  }

  /** @throws AppError invalid `orders.unknown-line` */
  line(id: string): OrderLine {
    const line = this.lines.find((each) => each.id === id);
    if (!line) throw lineNotFound(id);
    return line;
  }

  /** True when the order may move on to this status, which it does not have yet. */
  may(to: OrderStatus): boolean {
    // What a person holds up may have left in part: that part cannot be cancelled any more.
    if (to === 'cancelled' && this.fulfilmentStatus === 'partly_fulfilled') return false;
    return edgeAllowed('order', this.status, to) && this.status !== to;
  }

  private demand(to: OrderStatus): void {
    if (!this.may(to)) throw transitionRefused(this.status, to);
  }

  /** The one place where an order changes. @throws AppError conflict `orders.transition-refused` */
  private change(changes: Partial<OrderFacets> & Partial<Order>): void {
    const before = this.status;
    const after = deriveStatus({ ...this.facets(), ...changes });
    const allowed =
      edgeAllowed('order', before, after) &&
      edgeAllowed('payment', this.paymentStatus, changes.paymentStatus ?? this.paymentStatus) &&
      edgeAllowed('fulfilment', this.fulfilmentStatus, changes.fulfilmentStatus ?? this.fulfilmentStatus) &&
      edgeAllowed('return', this.returnStatus, changes.returnStatus ?? this.returnStatus);
    if (!allowed) throw transitionRefused(before, after);
    Object.assign(this, changes);
  }

  private facets(): OrderFacets {
    const { paymentStatus, fulfilmentStatus, returnStatus, onHoldReason, placedAt, cancelledAt, closedAt } = this;
    return { paymentStatus, fulfilmentStatus, returnStatus, onHoldReason, placedAt, cancelledAt, closedAt };
  }

  private facts(): OrderFacts {
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
