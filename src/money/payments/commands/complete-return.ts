import { Command, CommandBus, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { maybeContext, runInContext } from '../../../kernel/context/request-context';
import { logger } from '../../../kernel/telemetry/logger';
import type { IntentStatus } from '../contracts/payment-view';
import { AttemptReader } from '../data/attempt-reader';
import { isInFlight } from '../domain/machines';
import { paymentNotFound } from '../domain/payments.errors';
import { SettleAttemptCommand } from './settle-attempt';

/**
 * The browser came back from the provider: the payment is fetched from the gateway and settled before the shopper is
 * sent on. A gateway that does not answer now is asked again by webhook and poller; the shopper still goes on.
 */
export class CompleteReturnCommand extends Command<{ returnUrl: string | null; status: IntentStatus }> {
  constructor(readonly intentId: string) {
    super();
  }
}

@CommandHandler(CompleteReturnCommand)
export class CompleteReturnHandler implements ICommandHandler<CompleteReturnCommand> {
  constructor(
    private readonly commands: CommandBus,
    private readonly attempts: AttemptReader,
  ) {}

  async execute({ intentId }: CompleteReturnCommand): Promise<{ returnUrl: string | null; status: IntentStatus }> {
    // A browser names no shop: the payment itself does.
    const tenantId = maybeContext()?.tenantId ?? (await this.attempts.tenantOfIntent(intentId));
    if (!tenantId) throw paymentNotFound();
    return runInContext({ tenantId }, async () => {
      const attempt = await this.attempts.latestOf(intentId);
      if (!attempt) throw paymentNotFound();
      if (!isInFlight(attempt.state))
        return {
          returnUrl: attempt.returnUrl,
          status: attempt.state === 'charged' ? 'succeeded' : 'requires_payment_method',
        };
      try {
        const facts = await this.commands.execute(new SettleAttemptCommand(attempt.id));
        return { returnUrl: attempt.returnUrl, status: facts?.status ?? 'processing' };
      } catch (error) {
        logger.warn({ err: error, attemptId: attempt.id }, 'payment could not be settled at the browser return');
        return { returnUrl: attempt.returnUrl, status: 'processing' };
      }
    });
  }
}
