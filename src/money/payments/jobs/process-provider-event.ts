import { CommandBus } from '@nestjs/cqrs';
import { Job, type Runs } from '../../../kernel/messaging/reaction';
import { ProcessProviderEventCommand } from '../commands/process-provider-event';

/** Tries before an event is dead. */
const TRIES = 8;

/** Works on one stored webhook. */
@Job({ name: 'payments.process-provider-event', queue: 'payment-webhooks', attempts: TRIES })
export class ProcessProviderEvent implements Runs<{ providerEventId: string }> {
  constructor(private readonly commands: CommandBus) {}

  async run({ providerEventId }: { providerEventId: string }, { attempt }: { attempt: number }): Promise<void> {
    await this.commands.execute(new ProcessProviderEventCommand(providerEventId, attempt >= TRIES));
  }
}
