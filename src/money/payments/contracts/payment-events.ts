import type { Money } from '../../../kernel/money/money';
import { DomainEvent } from '../../../kernel/messaging/domain-event';
import type { ReportedCard } from './gateway-outcome';
import type { Payable } from './payment-view';

/** Members that events about money have since gateways are accounts of tenants; older stored events lack them. */
interface AboutMoney {
  /** The account at the provider that the money went through. */
  gatewayId?: string;
  /** Where the sale was made: `online`, `import`, ... */
  channel?: string;
  /** What the provider kept of it; null where it did not say. */
  fee?: Money | null;
}

/**
 * The payable is paid in full; said exactly once per intent. Aggregate: the intent. Every charge is told by exactly one of
 * `PaymentCaptured`, `PaymentPartlyCaptured` and `ChargeUnused`.
 */
export class PaymentCaptured extends DomainEvent<
  {
    intentId: string;
    attemptId: string;
    payable: Payable;
    amount: Money;
    provider: string;
    /** RFC 3339, kernel time. */
    capturedAt: string;
    /** What the provider says of the card, where it says so. */
    card?: ReportedCard;
  } & AboutMoney
> {
  static override readonly type = 'payments.payment-captured.v1';
}

/** Less was captured than was reserved, by decision; the rest was let go. Aggregate: the intent. */
export class PaymentPartlyCaptured extends DomainEvent<
  {
    intentId: string;
    attemptId: string;
    payable: Payable;
    /** What was captured. */
    amount: Money;
    authorized: Money;
    provider: string;
    /** RFC 3339, kernel time. */
    capturedAt: string;
  } & AboutMoney
> {
  static override readonly type = 'payments.payment-partly-captured.v1';
}

/**
 * Money was taken that pays for nothing: too late, twice, for what was given up meanwhile (all given back by a refund of
 * their own), or another amount than was asked for (a person decides). Aggregate: the intent.
 */
export class ChargeUnused extends DomainEvent<
  {
    intentId: string;
    attemptId: string;
    payable: Payable;
    /** What was charged. */
    amount: Money;
    provider: string;
    why: 'late' | 'paid-twice' | 'given-up' | 'other-amount';
  } & AboutMoney
> {
  static override readonly type = 'payments.charge-unused.v1';
}

/** The gateway has reserved the amount; it waits for its capture. Aggregate: the intent. */
export class PaymentAuthorized extends DomainEvent<
  {
    intentId: string;
    attemptId: string;
    payable: Payable;
    amount: Money;
    provider: string;
    card?: ReportedCard;
  } & AboutMoney
> {
  static override readonly type = 'payments.payment-authorized.v1';
}

/** What was reserved by one try was let go without being captured. Aggregate: the intent. */
export class PaymentVoided extends DomainEvent<
  { intentId: string; attemptId: string; payable: Payable; amount: Money; provider: string } & AboutMoney
> {
  static override readonly type = 'payments.payment-voided.v1';
}

/** One try failed; the payable can be tried again. Aggregate: the intent. */
export class PaymentFailed extends DomainEvent<{
  intentId: string;
  attemptId: string;
  payable: Payable;
  amount: Money;
  provider: string;
  /** The provider's code, e.g. `card_declined`, or `abandoned` when the gateway never heard of the try. */
  code: string;
  message: string;
}> {
  static override readonly type = 'payments.payment-failed.v1';
}

/** A gateway surely did not take a try up, and the payment went on at another one. Aggregate: the intent. */
export class PaymentRerouted extends DomainEvent<{
  intentId: string;
  payable: Payable;
  amount: Money;
  from: { attemptId: string; gatewayId: string; provider: string };
  to: { attemptId: string; gatewayId: string; provider: string };
  /** Why, e.g. `gateway_unreachable`. */
  code: string;
}> {
  static override readonly type = 'payments.payment-rerouted.v1';
}

/** A payment was begun without the shopper, whose bank wants to hear them: they are sent a link. Aggregate: the intent. */
export class ShopperNeeded extends DomainEvent<{
  intentId: string;
  attemptId: string;
  payable: Payable;
  amount: Money;
  email: string;
}> {
  static override readonly type = 'payments.shopper-needed.v1';
}

/** Reason of a refund that gives back a second charge of what is paid and stays paid. */
export const PAID_TWICE = 'paid_twice';

/** The gateway did not give a charge back: the money is where it was, and may be asked for again. Aggregate: the intent. */
export class RefundFailed extends DomainEvent<{
  intentId: string;
  attemptId: string;
  refundId: string;
  payable: Payable;
  amount: Money;
  reason: string;
  /** The provider's code and words. */
  code: string;
  message: string;
}> {
  static override readonly type = 'payments.refund-failed.v1';
}

/** What a refund is made up of, where it was asked for by line; older stored events lack it. */
interface MadeUpOf {
  /** The account at the provider, and its provider. */
  gatewayId?: string;
  provider?: string;
  lines?: {
    lineId: string;
    quantity: number;
    /** What goes back for these pieces, tax included. */
    amount: Money;
    /** The tax in it. */
    tax: Money;
    /** Pieces that left the house and are back on the shelf. */
    takeBack: number;
    /** Pieces that did not leave, and are given up. */
    giveUp: number;
  }[];
  /** Freight that goes back; null: none. */
  shipping?: { amount: Money; tax: Money } | null;
}

/** A charge was given back. Aggregate: the intent. */
export class RefundSucceeded extends DomainEvent<
  {
    intentId: string;
    attemptId: string;
    refundId: string;
    payable: Payable;
    amount: Money;
    reason: string;
  } & MadeUpOf
> {
  static override readonly type = 'payments.refund-succeeded.v1';
}

/**
 * A refund that had succeeded failed after all: the bank sent the money back (the account is closed, say), and it may be
 * given back again. Said at most once a refund. Aggregate: the intent.
 */
export class RefundReversed extends DomainEvent<
  {
    intentId: string;
    attemptId: string;
    refundId: string;
    payable: Payable;
    amount: Money;
    reason: string;
    /** The provider's code and words. */
    code: string;
    message: string;
  } & MadeUpOf
> {
  static override readonly type = 'payments.refund-reversed.v1';
}

/** A person must look: the gateway stayed silent through every retry, or reports another amount than asked for. */
export class PaymentNeedsAttention extends DomainEvent<{
  intentId: string;
  attemptId: string;
  payable: Payable;
  amount: Money;
  problem: 'unresolved' | 'amount-conflict' | 'refund-failed' | 'refund-reversed';
  detail: string;
}> {
  static override readonly type = 'payments.needs-attention.v1';
}
