import type { Transaction } from '../../../kernel/database/transaction';
import type { Money } from '../../../kernel/money/money';
import { PaymentNeedsAttention, RefundFailed, RefundReversed, RefundSucceeded } from '../contracts/payment-events';
import type { Payable } from '../contracts/payment-view';
import type { RefundRow } from '../data/refund.repository';
import type { RefundOutcome } from '../domain/payment-gateway';

/** Says what became of a refund that was settled just now, whoever heard of it first; a failed one to a person too. */
export function tellOfRefund(
  tx: Transaction,
  payment: { intentId: string; attemptId: string; payable: Payable },
  refund: RefundRow,
  outcome: RefundOutcome,
  settled: 'settled' | 'reversed',
): void {
  const { id: refundId, amount, currency, reason, gateway_id: gatewayId, provider } = refund;
  const money = (minor: number): Money => ({ amount: minor, currency });
  const facts = { ...payment, amount: money(amount) };
  const lines = refund.lines.map((line) => ({ ...line, amount: money(line.amount), tax: money(line.tax) }));
  const shipping = refund.shipping > 0 ? { amount: money(refund.shipping), tax: money(refund.shipping_tax) } : null;
  if (outcome.status !== 'failed' && outcome.status !== 'canceled') {
    tx.record(
      new RefundSucceeded(payment.intentId, { ...facts, refundId, reason, gatewayId, provider, lines, shipping }),
    );
    return;
  }
  const { code, message } = outcome;
  if (settled === 'reversed') {
    const made = { refundId, reason, code, message, gatewayId, provider, lines, shipping };
    tx.record(
      new RefundReversed(payment.intentId, { ...facts, ...made }),
      new PaymentNeedsAttention(payment.intentId, {
        ...facts,
        problem: 'refund-reversed',
        detail: `${code}: ${message}`,
      }),
    );
    return;
  }
  tx.record(
    new RefundFailed(payment.intentId, { ...facts, refundId, reason, code, message }),
    new PaymentNeedsAttention(payment.intentId, { ...facts, problem: 'refund-failed', detail: `${code}: ${message}` }),
  );
}
