import { CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import { Config } from '../../../kernel/config/config';
import { currentContext } from '../../../kernel/context/request-context';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { newId, newSecret } from '../../../kernel/ids/ids';
import {
  ConfirmSandboxPaymentCommand,
  FetchSandboxPaymentQuery,
  type SandboxPayment,
} from '../contracts/sandbox-provider';
import { paymentOf, SandboxRepository, type SandboxRow } from '../data/sandbox.repository';
import { challengeUrl } from '../domain/challenge-token';
import { eventTypeOf, verdictOf } from '../domain/sandbox-payment';
import { SendSandboxWebhook } from '../jobs/send-sandbox-webhook';
import { webhookOf } from './change-payment';
import { DisputePlay } from './answer-dispute';

const UNIQUE_VIOLATION = '23505';

@CommandHandler(ConfirmSandboxPaymentCommand)
export class ConfirmPaymentHandler implements ICommandHandler<ConfirmSandboxPaymentCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly payments: SandboxRepository,
    private readonly queries: QueryBus,
    private readonly config: Config,
    private readonly disputes: DisputePlay,
  ) {}

  async execute({ request }: ConfirmSandboxPaymentCommand): Promise<{ payment: SandboxPayment; silent: boolean }> {
    const verdict = verdictOf(request.token, request.capture, request.challenge);
    const { amount, currency } = request.amount;
    const row: SandboxRow = {
      id: newId(),
      account_id: request.accountId,
      key: request.key,
      amount,
      currency,
      capture: request.capture,
      status: verdict.status,
      captured: verdict.status === 'succeeded' ? amount : 0,
      refunded: 0,
      error_code: verdict.error?.code ?? null,
      error_message: verdict.error?.message ?? null,
      action_secret: verdict.status === 'requires_action' ? newSecret() : null,
      return_url: request.returnUrl,
      token: request.token,
    };
    if (await this.create(row)) {
      const url = challengeUrl(this.config.publicUrl, currentContext().tenantId!, row.action_secret);
      return { payment: paymentOf(row, [], url), silent: verdict.silent };
    }
    // The same key again is the same payment as it stands by now, and no further webhook is sent.
    const payment = await this.queries.execute(
      new FetchSandboxPaymentQuery({ accountId: request.accountId, key: request.key }),
    );
    if (!payment) throw new Error('The sandbox lost a payment that it just stored.');
    return { payment, silent: false };
  }

  /** @returns false when a payment with this key exists already */
  private async create(row: SandboxRow): Promise<boolean> {
    try {
      await this.uow.run(
        async (tx) => {
          const webhook = { id: newId(), body: webhookOf(row, eventTypeOf(row.status)) };
          this.payments.insert(tx, row, webhook);
          tx.job(SendSandboxWebhook, { webhookId: webhook.id });
          if (row.token === 'disputed' && row.status === 'succeeded') this.disputes.open(tx, row);
        },
        { keepPlans: true },
      );
      return true;
    } catch (error) {
      if ((error as { code?: string }).code === UNIQUE_VIOLATION) return false;
      throw error;
    }
  }
}
