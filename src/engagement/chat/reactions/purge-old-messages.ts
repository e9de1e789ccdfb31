import { CommandBus } from '@nestjs/cqrs';
import { Timer, type Fires } from '../../../kernel/messaging/reaction';
import { PurgeMessagesCommand } from '../commands/purge-messages';

/** Looks for messages whose time is over, as long as the organization or one of its rooms has a time for keeping. */
@Timer({ name: 'chat.purge-old-messages' })
export class PurgeOldMessages implements Fires<{ chainId: string }> {
  constructor(private readonly commands: CommandBus) {}

  async fire({ chainId }: { chainId: string }): Promise<void> {
    await this.commands.execute(new PurgeMessagesCommand(chainId));
  }
}
