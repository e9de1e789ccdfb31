import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Clock } from '../../../kernel/clock/clock';
import { Config } from '../../../kernel/config/config';
import { webhookHeaders } from '../../../kernel/crypto/webhook-signature';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { ownCallHeaders } from '../../../kernel/http/own-call';
import { AccountSecrets } from '../data/account-secrets';
import { WebhookOutbox } from '../data/webhook-outbox';

/** Milliseconds that the receiver has to answer before the webhook is sent again. */
const ANSWER_WITHIN_MS = 5_000;

/**
 * Sends one webhook over HTTP to Mainstay's own public endpoint, signed (Standard Webhooks). Anything but a 2xx answer
 * throws, and the job is tried again; one webhook in sixteen is sent twice, because providers promise "at least once".
 */
export class DeliverSandboxWebhookCommand extends Command<void> {
  constructor(readonly webhookId: string) {
    super();
  }
}

@CommandHandler(DeliverSandboxWebhookCommand)
export class DeliverSandboxWebhookHandler implements ICommandHandler<DeliverSandboxWebhookCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly outbox: WebhookOutbox,
    private readonly secrets: AccountSecrets,
    private readonly config: Config,
    private readonly clock: Clock,
  ) {}

  async execute({ webhookId }: DeliverSandboxWebhookCommand): Promise<void> {
    const webhook = await this.outbox.find(webhookId);
    if (!webhook) return;
    const body = JSON.stringify(webhook.body);
    const secret = await this.secrets.open(webhook.account_id, webhook.webhook_secret);
    await this.post(webhook.account_id, webhook.id, body, secret);
    if (webhook.id.endsWith('0')) await this.post(webhook.account_id, webhook.id, body, secret);
    await this.uow.run(async (tx) => this.outbox.delivered(tx, webhookId), { keepPlans: true });
  }

  private async post(accountId: string, id: string, body: string, secret: string): Promise<void> {
    const signed = webhookHeaders({ id, timestamp: Math.floor(this.clock.nowMs() / 1000), body }, secret);
    const { origin, own } = this.receiver();
    const answer = await fetch(`${origin}/api/v1/payment-webhooks/sandbox/${accountId}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'user-agent': 'Mainstay-Sandbox', ...own, ...signed },
      body,
      redirect: 'error',
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    });
    await answer.arrayBuffer();
    if (!answer.ok) throw new Error(`The webhook endpoint answered ${answer.status}.`);
  }

  /** This process's own API where it has one, else the public address. */
  private receiver(): { origin: string; own: Record<string, string> } {
    if (!this.config.roles.has('api') || this.config.port === 0) return { origin: this.config.publicUrl, own: {} };
    const host = ['0.0.0.0', '::'].includes(this.config.host) ? '127.0.0.1' : this.config.host;
    return { origin: `http://${host}:${this.config.port}`, own: ownCallHeaders() };
  }
}
