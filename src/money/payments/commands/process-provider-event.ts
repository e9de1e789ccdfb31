import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { currentContext } from '../../../kernel/context/request-context';
import { GatewayAccounts } from '../data/gateway-accounts';
import { ProviderEvents } from '../data/provider-events';
import { gatewayNotFound } from '../domain/payments.errors';
import { ProviderEventHandlers } from './provider-event-handlers';

/**
 * Works on one stored webhook by the handler of its kind. What it claims is not believed: the thing is fetched from the
 * gateway, so that order and duplicates do not matter, and the event is marked in the transaction that records it.
 * @throws what the gateway call throws; the event is then marked `failed` and the job tries again, or `dead` after the
 *   `last` try
 */
export class ProcessProviderEventCommand extends Command<void> {
  constructor(
    readonly providerEventId: string,
    readonly last = false,
  ) {
    super();
  }
}

@CommandHandler(ProcessProviderEventCommand)
export class ProcessProviderEventHandler implements ICommandHandler<ProcessProviderEventCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly events: ProviderEvents,
    private readonly accounts: GatewayAccounts,
    private readonly handlers: ProviderEventHandlers,
  ) {}

  async execute({ providerEventId, last }: ProcessProviderEventCommand): Promise<void> {
    const event = await this.uow.once((tx) => this.events.find(tx, providerEventId));
    if (!event || event.state === 'processed' || event.state === 'ignored') return;
    try {
      const account = await this.accounts.find(currentContext().tenantId!, event.gateway_id);
      if (!account) throw gatewayNotFound();
      const handler = this.handlers.of(event.kind);
      const done = handler
        ? await handler.handle(event, account, (tx, result) =>
            this.events.finish(tx, providerEventId, 'processed', result),
          )
        : 'ignored';
      if (done === 'ignored')
        await this.uow.run((tx) => this.events.finish(tx, providerEventId, 'ignored'), { keepPlans: true });
    } catch (error) {
      const reason = (error as Partial<Error>).message ?? String(error);
      await this.uow.run((tx) => this.events.fail(tx, providerEventId, reason, last));
      throw error;
    }
  }
}
