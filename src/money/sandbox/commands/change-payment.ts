import { CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import type { Transaction } from '../../../kernel/database/transaction';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import {
  CancelSandboxPaymentCommand,
  CaptureSandboxPaymentCommand,
  FetchSandboxPaymentQuery,
  RefundSandboxPaymentCommand,
  type SandboxPayment,
  type SandboxRefund,
  type SandboxWebhook,
} from '../contracts/sandbox-provider';
import { SandboxRepository, type SandboxRow } from '../data/sandbox.repository';
import { WebhookOutbox } from '../data/webhook-outbox';
import { eventTypeOf } from '../domain/sandbox-payment';
import { SendSandboxWebhook } from '../jobs/send-sandbox-webhook';

/** What a webhook about a payment says. */
export const webhookOf = (
  { id, key }: Pick<SandboxRow, 'id' | 'key'>,
  type: string,
  more: { disputeId?: string } = {},
): SandboxWebhook => ({ type, data: { paymentId: `sbx_${id}`, key, ...more } });

/** Writes a webhook about a payment and asks for its sending, in the transaction that changed the payment. */
export function tell(
  tx: Transaction,
  outbox: WebhookOutbox,
  row: Pick<SandboxRow, 'id' | 'account_id' | 'key'>,
  type: string,
  more: { disputeId?: string } = {},
): void {
  const webhookId = outbox.add(tx, row.account_id, webhookOf(row, type, more));
  tx.job(SendSandboxWebhook, { webhookId });
}

@CommandHandler(CaptureSandboxPaymentCommand)
export class CapturePaymentHandler implements ICommandHandler<CaptureSandboxPaymentCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly payments: SandboxRepository,
    private readonly outbox: WebhookOutbox,
    private readonly queries: QueryBus,
  ) {}

  async execute({ request }: CaptureSandboxPaymentCommand): Promise<SandboxPayment | null> {
    await this.uow.run(async (tx) => {
      const row = await this.payments.lock(tx, request.accountId, request.key);
      if (row?.status !== 'authorized' || request.amount.currency !== row.currency) return;
      const captured = Math.min(request.amount.amount, row.amount);
      tell(
        tx,
        this.outbox,
        await this.payments.move(tx, row, { status: 'succeeded', error: null }, captured),
        eventTypeOf('succeeded'),
      );
    });
    return this.queries.execute(new FetchSandboxPaymentQuery(request));
  }
}

@CommandHandler(CancelSandboxPaymentCommand)
export class CancelPaymentHandler implements ICommandHandler<CancelSandboxPaymentCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly payments: SandboxRepository,
    private readonly outbox: WebhookOutbox,
    private readonly queries: QueryBus,
  ) {}

  async execute({ request }: CancelSandboxPaymentCommand): Promise<SandboxPayment | null> {
    await this.uow.run(async (tx) => {
      const row = await this.payments.lock(tx, request.accountId, request.key);
      if (row?.status !== 'requires_action' && row?.status !== 'authorized') return;
      tell(
        tx,
        this.outbox,
        await this.payments.move(tx, row, { status: 'canceled', error: null }, 0),
        eventTypeOf('canceled'),
      );
    });
    return this.queries.execute(new FetchSandboxPaymentQuery(request));
  }
}

@CommandHandler(RefundSandboxPaymentCommand)
export class RefundPaymentHandler implements ICommandHandler<RefundSandboxPaymentCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly payments: SandboxRepository,
    private readonly outbox: WebhookOutbox,
  ) {}

  async execute({ request }: RefundSandboxPaymentCommand): Promise<SandboxRefund | null> {
    return this.uow.run(async (tx) => {
      const row = await this.payments.lock(tx, request.accountId, request.paymentKey);
      if (!row) return null;
      const { refund, created } = await this.payments.refund(tx, row, request.key, request.amount.amount);
      if (created) tell(tx, this.outbox, row, `refund.${refund.status}`);
      return refund;
    });
  }
}
