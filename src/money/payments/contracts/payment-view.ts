import type { Money } from '../../../kernel/money/money';

/** States of an intent; the allowed edges are in the payments domain. */
export type IntentStatus =
  | 'requires_payment_method'
  | 'requires_confirmation'
  | 'requires_action'
  | 'processing'
  | 'requires_capture'
  | 'requires_merchant_action'
  | 'partially_captured'
  | 'succeeded'
  | 'canceled'
  | 'expired'
  | 'conflicted';

/** States of one try at one gateway. */
export type AttemptState =
  | 'started'
  | 'processing'
  | 'authentication_pending'
  | 'authenticated'
  | 'authorized'
  | 'capture_started'
  | 'charged'
  | 'failed'
  | 'voided'
  | 'unresolved';

/** What is paid for; `id` belongs to another context and is never joined. */
export interface Payable {
  type: 'order';
  id: string;
}

/** A payment as other contexts and clients see it. */
export interface PaymentView {
  /** Id of the intent. */
  id: string;
  status: IntentStatus;
  amount: Money;
  /** Why the latest try failed, or null. */
  error: { code: string; message: string } | null;
  /** What the shopper must do next, or null. */
  nextAction: { type: 'redirect'; url: string } | null;
}

/** A payment with the facts that the code of other contexts needs; `attemptId` is the latest try. */
export interface PaymentFacts extends PaymentView {
  payable: Payable;
  /** What its latest try took; refunds are not subtracted. */
  captured: Money;
  attemptId: string | null;
  attemptState: AttemptState | null;
}

/** Narrows facts to what clients see. */
export const paymentViewOf = (facts: PaymentFacts): PaymentView => ({
  id: facts.id,
  status: facts.status,
  amount: facts.amount,
  error: facts.error,
  nextAction: facts.nextAction,
});
