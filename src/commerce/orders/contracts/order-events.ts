import { DomainEvent } from '../../../kernel/messaging/domain-event';
import type { Money } from '../../../kernel/money/money';
import type { OrderStatus } from './order-status';

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

/** The order waits for an approval before it may be paid; said besides order-placed. Aggregate: the order. */
export class OrderAwaitsApproval extends DomainEvent<OrderFacts & { approval: AwaitedApproval }> {
  static override readonly type = 'orders.order-awaits-approval.v1';
}

/** The order is paid and its stock is promised; said once per order. */
export class OrderPaid extends DomainEvent<OrderFacts> {
  static override readonly type = 'orders.order-paid.v1';
}

/** A person must look, or money goes back by itself: `shortfall` is paid for but sold out meanwhile. */
export class OrderPutOnHold extends DomainEvent<OrderFacts & { reason: 'shortfall' }> {
  static override readonly type = 'orders.order-put-on-hold.v1';
}

/** The order ended without goods. */
export class OrderCancelled extends DomainEvent<
  OrderFacts & { reason: 'unpaid' | 'shortfall' | 'staff' | 'not_approved'; note: string | null }
> {
  static override readonly type = 'orders.order-cancelled.v1';
}

/** All goods left the house. */
export class OrderFulfilled extends DomainEvent<OrderFacts> {
  static override readonly type = 'orders.order-fulfilled.v1';
}
