import type { Money } from '../../../kernel/money/money';
import { DomainEvent } from '../../../kernel/messaging/domain-event';
import type { Payable } from './payment-view';

/** The payable is paid in full; said exactly once per intent. Aggregate: the intent. */
export class PaymentCaptured extends DomainEvent<{
  intentId: string;
  attemptId: string;
  payable: Payable;
  amount: Money;
  provider: string;
  /** RFC 3339, kernel time. */
  capturedAt: string;
}> {
  static override readonly type = 'payments.payment-captured.v1';
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

/** Reason of a refund that gives back a second charge of what is paid and stays paid. */
export const PAID_TWICE = 'paid_twice';

/** A charge was given back. Aggregate: the intent. */
export class RefundSucceeded extends DomainEvent<{
  intentId: string;
  attemptId: string;
  refundId: string;
  payable: Payable;
  amount: Money;
  reason: string;
}> {
  static override readonly type = 'payments.refund-succeeded.v1';
}

/** A person must look: the gateway stayed silent through every retry, or reports another amount than asked for. */
export class PaymentNeedsAttention extends DomainEvent<{
  intentId: string;
  attemptId: string;
  payable: Payable;
  amount: Money;
  problem: 'unresolved' | 'amount-conflict' | 'refund-failed';
  detail: string;
}> {
  static override readonly type = 'payments.needs-attention.v1';
}
