import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../../kernel/database/transaction';
import { Timer, type Fires } from '../../../kernel/messaging/reaction';
import { DisputeDeadlineNear } from '../contracts/dispute-events';
import { DisputeRepository, type DisputeRow } from '../data/dispute.repository';
import { asksForAnswer } from '../domain/dispute';
import { LookAtDispute } from '../jobs/look-at-dispute';

/** Says that the time to answer a dispute is nearly over, unless somebody has answered or the deadline was moved. */
@Injectable()
@Timer({ name: 'payments.remind-of-dispute' })
export class RemindOfDispute implements Fires<{ disputeId: string; due: string; hours: number }> {
  constructor(private readonly disputes: DisputeRepository) {}

  async fire(
    { disputeId, due, hours }: { disputeId: string; due: string; hours: number },
    tx: Transaction,
  ): Promise<void> {
    const dispute = await this.disputes.lock(tx, { id: disputeId });
    if (!dispute || !asksForAnswer(dispute.state) || dispute.evidenceDueAt?.toISOString() !== due) return;
    tx.record(new DisputeDeadlineNear(dispute.id, { ...factsOf(dispute), hoursLeft: hours }));
  }
}

/** Asks the provider how a dispute stands of which nothing was heard: its deadline is over, or an answer was lost. */
@Injectable()
@Timer({ name: 'payments.look-at-dispute-again' })
export class LookAtDisputeAgain implements Fires<{ disputeId: string }> {
  fire({ disputeId }: { disputeId: string }, tx: Transaction): Promise<void> {
    tx.job(LookAtDispute, { disputeId });
    return Promise.resolve();
  }
}

/** What every event says of its dispute. */
export const factsOf = (dispute: DisputeRow) => ({
  disputeId: dispute.id,
  intentId: dispute.intentId,
  attemptId: dispute.attemptId,
  payable: { type: dispute.payableType, id: dispute.payableId },
  gatewayId: dispute.gatewayId,
  provider: dispute.provider,
  amount: { amount: dispute.amount, currency: dispute.currency },
  reason: dispute.reason,
  evidenceDueBy: dispute.evidenceDueAt?.toISOString() ?? null,
});
