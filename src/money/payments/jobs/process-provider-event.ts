import { CommandBus } from '@nestjs/cqrs';
import { Job, type Runs } from '../../../kernel/messaging/reaction';
import { ProcessProviderEventCommand } from '../commands/process-provider-event';

/** Works on one stored webhook. */
@Job({ name: 'payments.process-provider-event', queue: 'payment-webhooks' })
export class ProcessProviderEvent implements Runs<{ providerEventId: string }> {
  constructor(private readonly commands: CommandBus) {}

  async run({ providerEventId }: { providerEventId: string }): Promise<void> {
    await this.commands.execute(new ProcessProviderEventCommand(providerEventId));
  }
}
