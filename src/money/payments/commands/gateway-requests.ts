import type { AttemptFacts } from '../data/attempt-reader';
import type { AttemptReference, CreateRequest } from '../domain/payment-gateway';

/** What the gateway is asked for when an attempt begins; the same attempt always gives the same request. */
export const createRequestOf = (
  attempt: Pick<AttemptFacts, 'id' | 'intentId' | 'amount' | 'method' | 'capture' | 'challenge' | 'metadata'> &
    Partial<Pick<AttemptFacts, 'payer' | 'offSession' | 'payingAs'>>,
  publicUrl: string,
): CreateRequest => ({
  attemptId: attempt.id,
  amount: attempt.amount,
  method: attempt.method,
  capture: attempt.capture,
  challenge: attempt.challenge,
  returnUrl: `${publicUrl}/api/v1/payments/${attempt.intentId}/return`,
  metadata: attempt.metadata,
  ...(attempt.payer ? { payer: attempt.payer } : {}),
  ...(attempt.offSession ? { offSession: true } : {}),
  ...(attempt.payingAs ? { payingAs: attempt.payingAs } : {}),
});

/** How an attempt is named to a gateway that may or may not have heard of it. */
export const referenceOf = (attempt: AttemptFacts, publicUrl: string): AttemptReference => ({
  attemptId: attempt.id,
  providerPaymentId: attempt.providerPaymentId,
  request: createRequestOf(attempt, publicUrl),
  createdAt: attempt.createdAt,
});
