import type { Money } from '../../../kernel/money/money';

/** What the letters to staff about payments need. */
export interface PaymentTemplateData {
  /** A charge is disputed, or the time to answer is nearly over. */
  dispute: {
    disputeId: string;
    amount: Money;
    /** The provider's word, in plain letters. */
    reason: string;
    provider: string;
    /** `2026-03-01 12:00 UTC`; null: no answer is taken. */
    until: string | null;
    /** Hours that are left; null: it was opened just now. */
    hoursLeft: number | null;
  };
  /** A shopper's bank wants to hear them about a payment that was begun without them. */
  'confirm-payment': { paymentId: string; amount: Money };
  /** Reserved money waits for a person's decision, or has waited too long. */
  'payment-review': {
    reviewId: string;
    amount: Money;
    /** Sentences; none in a reminder. */
    reasons: string[];
    /** When it should be decided by, and when it is rejected by itself. */
    due: string;
    rejected: string;
    overdue: boolean;
  };
}
