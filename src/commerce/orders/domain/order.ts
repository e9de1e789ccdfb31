import { Entity } from 'typeorm';
import { newId } from '../../../kernel/ids/ids';
import type { Money } from '../../../kernel/money/money';
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
} from '../contracts/order-events';
import type { FulfilmentStatus, OrderStatus } from '../contracts/order-status';
import { deriveStatus, edgeAllowed, type OrderFacets } from './order-machines';
import type { NewOrder, ShippingAddress } from './new-order';
import { lineName, openQuantity, shareOf } from './order-line';
import { countryFixed, notEditable, quantityExceeded, transitionRefused } from './orders.errors';
import { OrderRecord } from './order-record';

/** Paid, nobody stops it, and goods are still in the house. */
const UNDERWAY: readonly OrderStatus[] = ['paid', 'allocated', 'partly_fulfilled'];
/** The same, or its payment is reserved. */
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

/**
 * An order. Three machines (payment, fulfilment, return) and a few marks say what happened; its status is derived from
 * them and never set. Every change goes through `change`, which checks each machine against the one table of edges.
 */
@Entity({ schema: 'orders', name: 'orders' })
export class Order extends OrderRecord {
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
    if (this.status !== 'awaiting_approval') throw transitionRefused(this.status, 'pending_payment');
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
    const fulfilmentStatus = this.unpromised;
    this.change({
      paymentStatus: 'pending',
      fulfilmentStatus,
      authorizedAt: null,
      onHoldReason: null,
      holdExpiresAt: until,
    });
  }

  /**
   * The payment is captured and the stock promised. @param captured minor units, less than what is due where staff let
   * the rest go
   */
  markPaid(at: Date, captured: number = this.chargeable): void {
    const reserved = this.paymentStatus === 'authorized';
    if (!reserved && this.status !== 'pending_payment') throw transitionRefused(this.status, 'paid');
    // Whoever holds it up lets it go, not its money.
    const held = reserved && this.status === 'on_hold';
    if (!held) this.demand('paid');
    const uncollectedTotal = this.uncollectedTotal + Math.max(0, this.chargeable - captured);
    this.change({ paymentStatus: 'paid', paidAt: at, onHoldReason: held ? this.onHoldReason : null, uncollectedTotal });
    this.record(new OrderPaid(this.id, this.facts(), this.version + 1));
  }

  /** Gift cards and store credit pay a part of a new order. @param amount minor units */
  payWithCredit(amount: number): void {
    this.creditTotal = amount;
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
    const fulfilmentStatus = this.unpromised;
    this.change({ cancelledAt: at, cancelReason: reason, cancelNote: note, paymentStatus: payment, fulfilmentStatus });
    this.record(new OrderCancelled(this.id, { ...this.facts(), reason, note }, this.version + 1));
  }

  /** Money arrived, or went back, after the order had ended. */
  settleRefund(payment: 'refunding' | 'refunded'): void {
    if (!this.cancelledAt) throw transitionRefused(this.status, 'cancelled');
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

  /**
   * Whether goods of a promised order are still to come: known when they are promised, when some come, and when some are
   * given up. An order that never waited stays as it is.
   */
  noteStock(waiting: boolean): void {
    const { fulfilmentStatus: now, paymentStatus } = this;
    if (this.cancelledAt || this.closedAt || !['authorized', 'paid'].includes(paymentStatus)) return;
    if (waiting && now === 'none') this.change({ fulfilmentStatus: 'backordered' });
    if (!waiting && now === 'backordered') this.change({ fulfilmentStatus: 'allocated' });
  }

  /** How far an order is whose goods are not promised any more. */
  private get unpromised(): FulfilmentStatus {
    const { fulfilmentStatus: now } = this;
    return now === 'backordered' || now === 'allocated' ? 'none' : now;
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
    if (this.status !== 'on_hold' || this.onHoldReason !== 'review') return false;
    this.change({ onHoldReason: null });
    return true;
  }

  /** Lets go what a person held up. */
  letGo(): void {
    // One that was cancelled while it was held up says so still.
    if (this.status !== 'on_hold' || this.onHoldReason !== 'manual') throw transitionRefused(this.status, 'paid');
    this.change({ onHoldReason: null });
  }

  /** The last parcel arrived. */
  markDelivered(at: Date): void {
    if (this.fulfilmentStatus !== 'fulfilled') throw transitionRefused(this.status, 'delivered');
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
}
