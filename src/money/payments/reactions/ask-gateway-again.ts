import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../../kernel/database/transaction';
import { Timer, type Fires } from '../../../kernel/messaging/reaction';
import { logger } from '../../../kernel/telemetry/logger';
import { PaymentRepository } from '../data/payment.repository';
import { isInFlight } from '../domain/machines';
import { askAgainAt, dailyAfter, isGivingUp } from '../domain/resolver.policy';
import { SettleAttempt } from '../jobs/settle-attempt';

/**
 * Poller and resolver in one: set in the commit that begins an attempt, it asks the gateway about the attempt at each
 * step of the schedule until it is settled, and tells a person when the gateway stays silent through all of them.
 */
@Injectable()
@Timer({ name: 'payments.ask-gateway-again' })
export class AskGatewayAgain implements Fires<AskAgain> {
  constructor(private readonly payments: PaymentRepository) {}

  async fire({ attemptId, step, since }: AskAgain, tx: Transaction): Promise<void> {
    const intent = await this.payments.lockByAttempt(tx, attemptId);
    const attempt = intent?.attempts.find(({ id }) => id === attemptId);
    if (!intent || !attempt || !isInFlight(attempt.state)) return;
    const from = since === undefined ? attempt.createdAt : new Date(since);
    // A later capture asks by a schedule of its own.
    if (attempt.captureSince !== null && since !== attempt.captureSince.toISOString()) return;
    if (isGivingUp(step) && attempt.state === 'authorized') {
      // What is reserved waits for a decision; it is looked at daily until the provider lets it go.
      tx.job(SettleAttempt, { attemptId });
      tx.timer(AskGatewayAgain, { attemptId, step: step + 1, since }, dailyAfter(from, step));
      return;
    }
    if (isGivingUp(step)) {
      intent.raiseUnresolved(attempt);
      tx.record(...intent.pullEvents());
      logger.error(
        { attemptId, intentId: intent.id, tenantId: tx.tenantId },
        'payment attempt is unresolved after every retry',
      );
      return;
    }
    tx.job(SettleAttempt, { attemptId });
    tx.timer(AskGatewayAgain, { attemptId, step: step + 1, since }, askAgainAt(from, step + 1)!);
  }
}

interface AskAgain {
  attemptId: string;
  step: number;
  /** When the capture was begun that is asked about; absent for the attempt itself. */
  since?: string;
}
