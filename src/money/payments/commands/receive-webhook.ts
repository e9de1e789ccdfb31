import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { maskCardNumbers } from '../../../kernel/cards/card-number';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { isUuid } from '../../../kernel/ids/ids';
import { GatewayDesk } from '../adapters/gateway-desk';
import { GatewayAccounts } from '../data/gateway-accounts';
import { ProviderEvents } from '../data/provider-events';
import { gatewayNotFound } from '../domain/payments.errors';
import { ProcessProviderEvent } from '../jobs/process-provider-event';

/**
 * Takes in a provider's webhook: verified on its raw bytes, stored once per (account, event id), worked on later by a
 * job of the same commit, unless it tells what the attempt is known to be already. When this returns, the event is safe and the provider may be told so.
 * @throws AppError not-found `payments.gateway-not-found`, invalid `payments.webhook-*`, unavailable `payments.gateway-silent`
 */
export class ReceiveWebhookCommand extends Command<{ eventId: string; duplicate: boolean }> {
  constructor(
    readonly request: {
      provider: string;
      gatewayId: string;
      headers: Record<string, string | undefined>;
      body: Buffer;
    },
  ) {
    super();
  }
}

@CommandHandler(ReceiveWebhookCommand)
export class ReceiveWebhookHandler implements ICommandHandler<ReceiveWebhookCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly accounts: GatewayAccounts,
    private readonly events: ProviderEvents,
    private readonly desk: GatewayDesk,
  ) {}

  async execute({ request }: ReceiveWebhookCommand): Promise<{ eventId: string; duplicate: boolean }> {
    const tenantId = this.desk.has(request.provider) ? await this.accounts.tenantOf(request.gatewayId) : null;
    const account = tenantId && (await this.accounts.find(tenantId, request.gatewayId));
    if (!tenantId || !account || account.provider !== request.provider) throw gatewayNotFound();
    const notice = await this.desk.of(account.provider).verifyWebhook(account, request);
    return this.uow.run(
      async (tx) => {
        const stored = await this.events.store(tx, {
          gatewayId: account.id,
          provider: account.provider,
          eventId: notice.eventId,
          kind: notice.kind,
          type: notice.type,
          objectId: notice.objectId,
          attemptId: notice.attemptId !== null && isUuid(notice.attemptId) ? notice.attemptId : null,
          providerPaymentId: notice.providerPaymentId,
          payload: maskCardNumbers(request.body.toString('utf8'), '0'),
          says: notice.says ?? null,
        });
        if (stored?.state === 'received') tx.job(ProcessProviderEvent, { providerEventId: stored.id });
        return { eventId: notice.eventId, duplicate: stored === null };
      },
      { tenantId, keepPlans: true },
    );
  }
}
