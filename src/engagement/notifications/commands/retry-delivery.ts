import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { clock } from '../../../kernel/clock/clock';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import type { Channel } from '../contracts/channels';
import { deliveryNotFound, deliveryNotRetryable } from '../domain/notifications.errors';
import { deliveryJob } from '../jobs/send-mail';
import { askForPushes } from '../jobs/send-pushes';

/**
 * Sends a message again that was given up, or of which nobody knows whether it was sent.
 * @throws AppError not-found `notifications.delivery-not-found`, conflict `notifications.delivery-not-retryable`
 */
export class RetryDeliveryCommand extends Command<void> {
  constructor(readonly messageId: string) {
    super();
  }
}

@CommandHandler(RetryDeliveryCommand)
export class RetryDeliveryHandler implements ICommandHandler<RetryDeliveryCommand> {
  constructor(private readonly uow: UnitOfWork) {}

  async execute({ messageId }: RetryDeliveryCommand): Promise<void> {
    await this.uow.run(async (tx) => {
      const [message] = await tx.query<{ channel: Channel; state: string; forgotten: boolean }>(
        `select channel, state, data = '{}' as forgotten from notifications.messages where tenant_id = $1 and id = $2 for no key update`,
        [tx.tenantId, messageId],
      );
      if (!message) throw deliveryNotFound();
      const { channel, state, forgotten } = message;
      // What was in a message is forgotten after a time, links and codes at once.
      if ((state !== 'dead' && state !== 'unknown') || forgotten) throw deliveryNotRetryable(state);
      await tx.execute(
        `update notifications.messages set state = 'queued', last_error = null, put_off_since = null, due_at = kernel.now() where tenant_id = $1 and id = $2`,
        [tx.tenantId, messageId],
      );
      const now = clock.now();
      if (channel === 'push') askForPushes(tx, [{ id: messageId, dueAt: now }], now);
      else tx.job(deliveryJob({ channel, prompt: true }), { messageId });
    });
  }
}
