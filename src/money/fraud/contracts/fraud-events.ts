import { DomainEvent } from '../../../kernel/messaging/domain-event';
import type { Money } from '../../../kernel/money/money';

/** What every event says of the payment that it is about. */
interface AboutPayment {
  assessmentId: string;
  attemptId: string;
  payable: { type: string; id: string };
  amount: Money;
  /** 0 to 100. */
  score: number;
}

/** A try to pay was refused before any gateway was asked. Aggregate: the assessment. */
export class PaymentBlocked extends DomainEvent<AboutPayment & { reasons: string[] }> {
  static override readonly type = 'fraud.payment-blocked.v1';
}

/** Money is reserved, or was charged already, and waits for a person's decision. Aggregate: the review. */
export class ReviewOpened extends DomainEvent<
  AboutPayment & {
    reviewId: string;
    intentId: string;
    reasons: string[];
    /** When it should be decided by, RFC 3339. */
    dueAt: string;
    /** When it is rejected by itself, RFC 3339. */
    rejectAt: string;
    /** The money was charged at once, as its method cannot reserve; older events do not say it. */
    charged?: boolean;
  }
> {
  static override readonly type = 'fraud.review-opened.v1';
}

/** A review was not decided in its time. Aggregate: the review. */
export class ReviewOverdue extends DomainEvent<
  AboutPayment & { reviewId: string; intentId: string; dueAt: string; rejectAt: string }
> {
  static override readonly type = 'fraud.review-overdue.v1';
}

/**
 * What is reserved may be taken: a person approved it, or what the gateway said of the card settled it. Aggregate: the
 * assessment. Said at most once per assessment, and never beside `PaymentRejected`.
 */
export class PaymentCleared extends DomainEvent<
  AboutPayment & { intentId: string; reviewId: string | null; by: 'person' | 'rules' }
> {
  static override readonly type = 'fraud.payment-cleared.v1';
}

/** What is reserved is let go, and what it was to pay for ends. Aggregate: the assessment. */
export class PaymentRejected extends DomainEvent<
  AboutPayment & { intentId: string; reviewId: string | null; by: 'person' | 'rules' | 'time' }
> {
  static override readonly type = 'fraud.payment-rejected.v1';
}
