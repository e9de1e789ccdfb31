import type { Transaction } from '../../../kernel/database/transaction';
import { PaymentNeedsAttention, RefundFailed, RefundSucceeded } from '../contracts/payment-events';
import type { Payable } from '../contracts/payment-view';
import type { RefundRow } from '../data/refund.repository';
import type { RefundOutcome } from '../domain/payment-gateway';

/** Says what became of a refund that was settled just now, whoever heard of it first; a failed one to a person too. */
export function tellOfRefund(
  tx: Transaction,
  payment: { intentId: string; attemptId: string; payable: Payable },
  refund: RefundRow,
  outcome: RefundOutcome,
): void {
  const { id: refundId, amount, currency, reason } = refund;
  const facts = { ...payment, amount: { amount, currency } };
  if (outcome.status !== 'failed') {
    tx.record(new RefundSucceeded(payment.intentId, { ...facts, refundId, reason }));
    return;
  }
  const { code, message } = outcome;
  tx.record(
    new RefundFailed(payment.intentId, { ...facts, refundId, reason, code, message }),
    new PaymentNeedsAttention(payment.intentId, { ...facts, problem: 'refund-failed', detail: `${code}: ${message}` }),
  );
}
