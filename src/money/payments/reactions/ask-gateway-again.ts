import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../../kernel/database/transaction';
import { Timer, type Fires } from '../../../kernel/messaging/reaction';
import { logger } from '../../../kernel/telemetry/logger';
import { PaymentRepository } from '../data/payment.repository';
import { isInFlight } from '../domain/machines';
import { askAgainAt, isGivingUp } from '../domain/resolver.policy';
import { SettleAttempt } from '../jobs/settle-attempt';

/**
 * Poller and resolver in one: set in the commit that begins an attempt, it asks the gateway about the attempt at each
 * step of the schedule until it is settled, and tells a person when the gateway stays silent through all of them.
 */
@Injectable()
@Timer({ name: 'payments.ask-gateway-again' })
export class AskGatewayAgain implements Fires<{ attemptId: string; step: number }> {
  constructor(private readonly payments: PaymentRepository) {}

  async fire({ attemptId, step }: { attemptId: string; step: number }, tx: Transaction): Promise<void> {
    const intent = await this.payments.lockByAttempt(tx, attemptId);
    const attempt = intent?.attempts.find(({ id }) => id === attemptId);
    if (!intent || !attempt || !isInFlight(attempt.state)) return;
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
    tx.timer(AskGatewayAgain, { attemptId, step: step + 1 }, askAgainAt(attempt.createdAt, step + 1)!);
  }
}
