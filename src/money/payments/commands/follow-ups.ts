import { clock } from '../../../kernel/clock/clock';
import type { Transaction } from '../../../kernel/database/transaction';
import type { RefundRepository } from '../data/refund.repository';
import type { PaymentIntent } from '../domain/payment-intent';
import { refundDueAt } from '../domain/resolver.policy';
import { CancelAtGateway } from '../jobs/cancel-at-gateway';
import { RefundAtGateway } from '../jobs/refund-at-gateway';
import { AskAboutRefund } from '../reactions/ask-about-refund';

/** Asks for the gateway calls that a decision needs, in the commit of that decision. The intent is saved already. */
export async function askForFollowUps(
  tx: Transaction,
  intent: PaymentIntent,
  refunds: RefundRepository,
): Promise<void> {
  for (const attemptId of intent.followUps.cancel) tx.job(CancelAtGateway, { attemptId });
  for (const { attemptId, amount, reason } of intent.followUps.refund) {
    const refundId = await refunds.request(tx, attemptId, amount, reason);
    if (!refundId) continue;
    tx.job(RefundAtGateway, { refundId });
    tx.timer(AskAboutRefund, { refundId, step: 0 }, refundDueAt(clock.now(), 0)!);
  }
}
