import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { ProviderEvents } from '../data/provider-events';
import { providerEventNotFound } from '../domain/payments.errors';
import { ProcessProviderEvent } from '../jobs/process-provider-event';

/**
 * Lets a stored webhook be worked on again, whatever became of it: its effects are fetched, not repeated.
 * @throws AppError not-found `payments.provider-event-not-found`
 */
export class ReplayProviderEventCommand extends Command<{ id: string }> {
  constructor(readonly id: string) {
    super();
  }
}

@CommandHandler(ReplayProviderEventCommand)
export class ReplayProviderEventHandler implements ICommandHandler<ReplayProviderEventCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly events: ProviderEvents,
  ) {}

  async execute({ id }: ReplayProviderEventCommand): Promise<{ id: string }> {
    return this.uow.run(async (tx) => {
      if (!(await this.events.replay(tx, id))) throw providerEventNotFound();
      tx.job(ProcessProviderEvent, { providerEventId: id });
      return { id };
    });
  }
}
