import { CommandBus } from '@nestjs/cqrs';
import { Job, type Runs } from '../../../kernel/messaging/reaction';
import { ProcessCallbacksCommand } from '../commands/process-callbacks';

/** Works on what a provider told. */
@Job({ name: 'notifications.process-callbacks', queue: 'mail' })
export class ProcessCallbacks implements Runs<{ callbackIds: string[] }> {
  constructor(private readonly commands: CommandBus) {}

  async run({ callbackIds }: { callbackIds: string[] }): Promise<void> {
    await this.commands.execute(new ProcessCallbacksCommand(callbackIds));
  }
}
