import { Injectable } from '@nestjs/common';
import { Clock } from '../../../kernel/clock/clock';
import type { Transaction } from '../../../kernel/database/transaction';
import type { Money } from '../../../kernel/money/money';
import { DisputeClosed, DisputeFundsMoved, DisputeOpened } from '../contracts/dispute-events';
import { DisputeRepository, UNANSWERED, type DisputeRow } from '../data/dispute.repository';
import { PaymentRepository } from '../data/payment.repository';
import { asksForAnswer, isOver, REMIND_BEFORE_HOURS, stateAfter } from '../domain/dispute';
import type { DisputeMovement, GatewayAccount, ReportedDispute } from '../domain/payment-gateway';
import { factsOf, LookAtDisputeAgain, RemindOfDispute } from '../reactions/remind-of-dispute';

/** Hours after the deadline at which the provider is asked how a dispute stands. */
const LOOK_AFTER_HOURS = 1;
const HOUR_MS = 3_600_000;

/** Writes down what a provider reports of a dispute: whoever heard of it, in whatever order, however often. */
@Injectable()
export class DisputeDesk {
  constructor(
    private readonly clock: Clock,
    private readonly disputes: DisputeRepository,
    private readonly payments: PaymentRepository,
  ) {}

  /**
   * @param attemptId the charge that is disputed
   * @returns the dispute, locked and stored
   */
  async record(
    tx: Transaction,
    account: GatewayAccount,
    attemptId: string,
    reported: ReportedDispute,
  ): Promise<DisputeRow> {
    // The payment first, as refunds do: a refund that is asked for meanwhile sees the dispute, or the dispute the refund.
    const intent = (await this.payments.lockByAttempt(tx, attemptId))!;
    const of = { gatewayId: account.id, provider: account.provider, intentId: intent.id, attemptId };
    const opened = await this.disputes.open(tx, of, reported);
    const dispute = (await this.disputes.lock(tx, {
      gatewayId: account.id,
      providerDisputeId: reported.providerDisputeId,
    }))!;
    const before = { over: !opened && isOver(dispute.state), state: dispute.state, due: dispute.evidenceDueAt };
    const due = reported.evidenceDueBy ? new Date(reported.evidenceDueBy) : null;
    const next = opened ? null : stateAfter(dispute, { state: reported.status, evidenceDueAt: due });
    if (next) {
      dispute.state = next;
      Object.assign(dispute, UNANSWERED);
    }
    if (next || dispute.state === reported.status) {
      dispute.evidenceDueAt = due;
      dispute.amount = reported.amount.amount;
    }
    if (opened) tx.record(new DisputeOpened(dispute.id, { ...factsOf(dispute), inquiry: isInquiry(dispute) }));
    // What moves after the end is told with how it ended; what moved until then, the end takes along.
    const endedBefore = before.over && next === null ? (before.state as Ended) : null;
    await this.move(tx, dispute, reported.movements, endedBefore);
    if (isOver(dispute.state) && endedBefore === null)
      tx.record(
        new DisputeClosed(dispute.id, {
          ...factsOf(dispute),
          outcome: dispute.state as Ended,
          kept: keptOf(dispute),
        }),
      );
    await this.disputes.save(tx, dispute);
    if (dispute.evidenceDueAt && (opened || dispute.evidenceDueAt.getTime() !== before.due?.getTime()))
      this.remind(tx, dispute);
    return dispute;
  }

  /** Money that moved and is not known yet. */
  private async move(
    tx: Transaction,
    dispute: DisputeRow,
    movements: readonly DisputeMovement[],
    ended: Ended | null,
  ): Promise<void> {
    for (const movement of await this.disputes.move(tx, dispute.id, movements)) {
      const { id: movementId, kind, amount: moved, fee } = movement;
      dispute.keptCurrency ??= moved.currency;
      dispute.kept += kind === 'withdrawn' ? moved.amount : -moved.amount;
      tx.record(
        new DisputeFundsMoved(dispute.id, {
          ...factsOf(dispute),
          movementId,
          kind,
          moved,
          fee: fee && fee.amount !== 0 ? fee : null,
          ended,
        }),
      );
    }
  }

  private remind(tx: Transaction, dispute: DisputeRow): void {
    const due = dispute.evidenceDueAt!;
    if (!asksForAnswer(dispute.state)) return;
    const about = { disputeId: dispute.id, due: due.toISOString() };
    for (const hours of REMIND_BEFORE_HOURS) {
      const at = new Date(due.getTime() - hours * HOUR_MS);
      if (at > this.clock.now()) tx.timer(RemindOfDispute, { ...about, hours }, at);
    }
    tx.timer(
      LookAtDisputeAgain,
      { disputeId: dispute.id },
      new Date(Math.max(due.getTime(), this.clock.nowMs()) + LOOK_AFTER_HOURS * HOUR_MS),
    );
  }
}

type Ended = 'won' | 'lost' | 'warning_closed';

const isInquiry = ({ state }: DisputeRow): boolean => state.startsWith('warning_');

/** What the provider keeps, in the currency that it settles in. */
const keptOf = ({ kept, keptCurrency, currency }: DisputeRow): Money => ({
  amount: Math.max(0, kept),
  currency: keptCurrency ?? currency,
});
