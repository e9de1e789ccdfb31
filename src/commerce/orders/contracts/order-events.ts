import { DomainEvent } from '../../../kernel/messaging/domain-event';
import type { Money } from '../../../kernel/money/money';
import type { OrderStatus, ReturnState } from './order-status';

/**
 * An order as its events tell it: a copy of the facts, so that nobody has to ask back.
 * `total = subtotal − discount + shipping + tax`; with `taxIncluded` the prices hold their tax, which is then not added:
 * net of tax is `total − tax` either way. Orders of before these figures were told lack them.
 */
export interface OrderFacts {
  orderId: string;
  number: string;
  channel: 'web' | 'import';
  email: string | null;
  customerId: string | null;
  userId: string | null;
  /** Where it goes, ISO 3166-1 alpha-2; of imported orders as the import has it. Orders of before it was told lack it. */
  country?: string | null;
  status: OrderStatus;
  /** Price × quantity of all lines. */
  subtotal: Money;
  discount: Money;
  shipping: Money;
  tax: Money;
  taxIncluded: boolean;
  total: Money;
  lines: {
    lineId: string;
    sku: string;
    name: string;
    quantity: number;
    unitPrice: Money;
    /** What all discounts take off the line. */
    discount: Money;
    /** Tax on `total`. */
    tax: Money;
    /** Price × quantity − discount. */
    total: Money;
  }[];
}

/** The approval that an order waits for, as organizations asked for it. */
export interface AwaitedApproval {
  accountId: string;
  requesterId: string;
  ruleId: string | null;
  /** RFC 3339. */
  expiresAt: string;
}

/** An order exists and waits for its payment; its stock is held. Aggregate: the order. */
export class OrderPlaced extends DomainEvent<OrderFacts> {
  static override readonly type = 'orders.order-placed.v1';
}

/** What an order goes on from: one that was paid and to which goods were added, or goods that came back. */
export interface ContinuedOrder {
  kind: 'addition' | 'exchange';
  orderId: string;
  number: string;
  /** Whose goods are exchanged; null for an addition. */
  returnNumber: string | null;
  /** What the goods that came back pay of it. */
  traded: Money;
  /** What of their worth is left over, and goes back. */
  back: Money;
  /** What is left to pay. */
  due: Money;
  /** Until when; null where nothing is. RFC 3339. */
  payUntil: string | null;
}

/** Goods were added to a paid order, or are sent for others that came back; said besides order-placed. Aggregate: the order. */
export class OrderContinued extends DomainEvent<OrderFacts & { continues: ContinuedOrder }> {
  static override readonly type = 'orders.order-continued.v1';
}

/** The order waits for an approval before it may be paid; said besides order-placed. Aggregate: the order. */
export class OrderAwaitsApproval extends DomainEvent<OrderFacts & { approval: AwaitedApproval }> {
  static override readonly type = 'orders.order-awaits-approval.v1';
}

/** The order's payment failed a while ago, and it can still be paid; said at most once per order. Aggregate: the order. */
export class OrderPaymentReminded extends DomainEvent<OrderFacts> {
  static override readonly type = 'orders.order-payment-reminded.v1';
}

/**
 * The order's payment is reserved and its stock promised: it is placed for good, and charged later. Aggregate: the order.
 */
export class OrderAuthorized extends DomainEvent<
  OrderFacts & {
    /** RFC 3339. */
    authorizedAt: string;
  }
> {
  static override readonly type = 'orders.order-authorized.v1';
}

/** The order is paid and its stock is promised; said once per order. */
export class OrderPaid extends DomainEvent<OrderFacts> {
  static override readonly type = 'orders.order-paid.v1';
}

/**
 * A person must look, or money goes back by itself: `shortfall` is paid for but sold out meanwhile, `manual` was stopped
 * by somebody.
 */
export class OrderPutOnHold extends DomainEvent<OrderFacts & { reason: 'shortfall' | 'manual' | 'review' }> {
  static override readonly type = 'orders.order-put-on-hold.v1';
}

/** Why an order ended without goods; `payment_voided`: what was reserved for it was let go. */
export type CancelReason = 'unpaid' | 'shortfall' | 'staff' | 'not_approved' | 'payment_voided';

/** The order ended without goods. */
export class OrderCancelled extends DomainEvent<OrderFacts & { reason: CancelReason; note: string | null }> {
  static override readonly type = 'orders.order-cancelled.v1';
}

/** A parcel of an order. Amounts are the share of the line's total, so that all parcels of a line add up to it. */
export interface ShippedParcel {
  shipmentId: string;
  number: string;
  carrier: string | null;
  trackingNumber: string | null;
  trackingUrl: string | null;
  /** True when nothing is left to ship. */
  complete: boolean;
  lines: { lineId: string; sku: string; name: string; quantity: number; total: Money }[];
}

/** Some goods left the house. Aggregate: the order. */
export class OrderShipped extends DomainEvent<OrderFacts & { shipment: ShippedParcel }> {
  static override readonly type = 'orders.order-shipped.v1';
}

/** Nothing more is expected of the order: delivered, and the time to return it is over. Aggregate: the order. */
export class OrderClosed extends DomainEvent<OrderFacts> {
  static override readonly type = 'orders.order-closed.v1';
}

/** All goods left the house. */
export class OrderFulfilled extends DomainEvent<OrderFacts> {
  static override readonly type = 'orders.order-fulfilled.v1';
}

/** Pieces of a paid order were given up before they left. Aggregate: the order. */
export class OrderLinesCancelled extends DomainEvent<
  OrderFacts & {
    cancelled: { lineId: string; sku: string; name: string; quantity: number }[];
    /** What goes back for them; null when nothing was paid for them. */
    refund: Money | null;
    note: string | null;
  }
> {
  static override readonly type = 'orders.order-lines-cancelled.v1';
}

/**
 * An order was paid, all of it or a part, with the worth of goods that came back, and of that worth some goes back to where
 * it came from: pieces of it were given up, or came back too. Aggregate: the order.
 */
export class OrderTradeReturned extends DomainEvent<{
  orderId: string;
  /** The return whose goods' worth it is. */
  returnId: string;
  amount: Money;
}> {
  static override readonly type = 'orders.order-trade-returned.v1';
}

/** Money of an order went back to its shopper, all of it or a part. Aggregate: the order. */
export class OrderRefunded extends DomainEvent<OrderFacts & { refundId: string; amount: Money }> {
  static override readonly type = 'orders.order-refunded.v1';
}

/** Pieces that the shopper waited for are here, and will leave. Aggregate: the order. */
export class OrderBackorderAllocated extends DomainEvent<
  OrderFacts & {
    allocated: { sku: string; name: string; quantity: number }[];
    /** Pieces that are still waited for. */
    waiting: number;
  }
> {
  static override readonly type = 'orders.backorder-allocated.v1';
}

/** A return moved on. Aggregate: the return. */
export class ReturnChanged extends DomainEvent<{
  returnId: string;
  number: string;
  status: ReturnState;
  orderId: string;
  orderNumber: string;
  email: string | null;
  userId: string | null;
  /** What goes back for it, once that is known. */
  refund: Money | null;
  lines: { lineId: string; sku: string; name: string; quantity: number }[];
}> {
  static override readonly type = 'orders.return-changed.v1';
}
