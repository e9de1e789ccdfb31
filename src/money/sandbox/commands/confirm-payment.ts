import { CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { newId, newSecret } from '../../../kernel/ids/ids';
import {
  ConfirmSandboxPaymentCommand,
  FetchSandboxPaymentQuery,
  type SandboxPayment,
} from '../contracts/sandbox-provider';
import { SandboxRepository } from '../data/sandbox.repository';
import { WebhookOutbox } from '../data/webhook-outbox';
import { eventTypeOf, verdictOf } from '../domain/sandbox-payment';
import { SendSandboxWebhook } from '../jobs/send-sandbox-webhook';

@CommandHandler(ConfirmSandboxPaymentCommand)
export class ConfirmPaymentHandler implements ICommandHandler<ConfirmSandboxPaymentCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly payments: SandboxRepository,
    private readonly outbox: WebhookOutbox,
    private readonly queries: QueryBus,
  ) {}

  async execute({ request }: ConfirmSandboxPaymentCommand): Promise<{ payment: SandboxPayment; silent: boolean }> {
    const verdict = verdictOf(request.token, request.capture);
    const { amount, currency } = request.amount;
    const created = await this.uow.run(async (tx) => {
      const id = newId();
      const fresh = await this.payments.insert(tx, {
        id,
        account_id: request.accountId,
        key: request.key,
        amount,
        currency,
        capture: request.capture,
        token: request.token,
        status: verdict.status,
        captured: verdict.status === 'succeeded' ? amount : 0,
        error_code: verdict.error?.code ?? null,
        error_message: verdict.error?.message ?? null,
        action_secret: verdict.status === 'requires_action' ? newSecret() : null,
        return_url: request.returnUrl,
      });
      // The same key again is the same payment: nothing happens and no further webhook is sent.
      if (fresh) {
        const body = { type: eventTypeOf(verdict.status), data: { paymentId: `sbx_${id}`, key: request.key } };
        tx.job(SendSandboxWebhook, { webhookId: await this.outbox.add(tx, request.accountId, body) });
      }
      return fresh;
    });
    const payment = await this.queries.execute(
      new FetchSandboxPaymentQuery({ accountId: request.accountId, key: request.key }),
    );
    if (!payment) throw new Error('The sandbox lost a payment that it just stored.');
    return { payment, silent: created && verdict.silent };
  }
}
