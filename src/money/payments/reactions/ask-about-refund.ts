import { Injectable } from '@nestjs/common';
import { Clock } from '../../../kernel/clock/clock';
import type { Transaction } from '../../../kernel/database/transaction';
import { Timer, type Fires } from '../../../kernel/messaging/reaction';
import { logger } from '../../../kernel/telemetry/logger';
import { PaymentRepository } from '../data/payment.repository';
import { RefundRepository } from '../data/refund.repository';
import { OPEN_REFUNDS } from '../domain/refund';
import { refundDueAt } from '../domain/resolver.policy';
import { RefundAtGateway } from '../jobs/refund-at-gateway';

/**
 * Money that is owed is not forgotten with a job that died: a refund that is still open is looked for at the gateway, given
 * to it again where it never arrived, and a person is told when it still is open after the last time.
 */
@Injectable()
@Timer({ name: 'payments.ask-about-refund' })
export class AskAboutRefund implements Fires<{ refundId: string; step: number }> {
  constructor(
    private readonly clock: Clock,
    private readonly payments: PaymentRepository,
    private readonly refunds: RefundRepository,
  ) {}

  async fire({ refundId, step }: { refundId: string; step: number }, tx: Transaction): Promise<void> {
    const found = await this.refunds.find(tx, refundId);
    const intent = found && (await this.payments.lockByAttempt(tx, found.attempt_id));
    const refund = intent && (await this.refunds.find(tx, refundId));
    if (!refund || !OPEN_REFUNDS.includes(refund.state)) return;
    tx.job(RefundAtGateway, { refundId, again: true });
    const next = refundDueAt(this.clock.now(), step + 1);
    if (next) {
      tx.timer(AskAboutRefund, { refundId, step: step + 1 }, next);
      return;
    }
    const attempt = intent.attempts.find(({ id }) => id === refund.attempt_id)!;
    intent.needsAttention(attempt, 'refund-failed', 'The gateway has not taken the refund through every retry.');
    tx.record(...intent.pullEvents());
    logger.error({ refundId, intentId: intent.id, tenantId: tx.tenantId }, 'refund is open after every retry');
  }
}
