import { Command, CommandBus, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { AttemptReader } from '../data/attempt-reader';
import { ProviderEvents } from '../data/provider-events';
import { SettleAttemptCommand } from './settle-attempt';

/**
 * Works on one stored webhook. What it claims is not believed: the payment is fetched from the gateway, so that order
 * and duplicates do not matter, and the event is marked in the transaction that records the outcome.
 * @throws what the gateway call throws; the event is then marked `failed` and the job tries again
 */
export class ProcessProviderEventCommand extends Command<void> {
  constructor(readonly providerEventId: string) {
    super();
  }
}

@CommandHandler(ProcessProviderEventCommand)
export class ProcessProviderEventHandler implements ICommandHandler<ProcessProviderEventCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly commands: CommandBus,
    private readonly events: ProviderEvents,
    private readonly attempts: AttemptReader,
  ) {}

  async execute({ providerEventId }: ProcessProviderEventCommand): Promise<void> {
    const event = await this.uow.once((tx) => this.events.find(tx, providerEventId));
    if (!event || event.state === 'processed' || event.state === 'ignored') return;
    const attempt = await this.attempts.namedBy(event.gateway_id, event.attempt_id, event.provider_payment_id);
    if (!attempt) {
      await this.uow.run((tx) => this.events.finish(tx, providerEventId, 'ignored'));
      return;
    }
    try {
      await this.commands.execute(
        new SettleAttemptCommand(attempt.id, (tx) => this.events.finish(tx, providerEventId, 'processed')),
      );
    } catch (error) {
      await this.uow.run((tx) =>
        this.events.fail(tx, providerEventId, (error as Partial<Error>).message ?? String(error)),
      );
      throw error;
    }
  }
}
