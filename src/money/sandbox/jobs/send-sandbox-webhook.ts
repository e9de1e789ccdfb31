import { CommandBus } from '@nestjs/cqrs';
import { Job, type Runs } from '../../../kernel/messaging/reaction';
import { DeliverSandboxWebhookCommand } from '../commands/deliver-webhook';

/** Sends one webhook of the provider double; repeated until it is answered with 2xx. */
@Job({ name: 'sandbox.send-webhook', queue: 'payments' })
export class SendSandboxWebhook implements Runs<{ webhookId: string }> {
  constructor(private readonly commands: CommandBus) {}

  async run({ webhookId }: { webhookId: string }): Promise<void> {
    await this.commands.execute(new DeliverSandboxWebhookCommand(webhookId));
  }
}
