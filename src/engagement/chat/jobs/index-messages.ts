import { CommandBus } from '@nestjs/cqrs';
import { Job, type Runs } from '../../../kernel/messaging/reaction';
import { IndexMessagesCommand } from '../commands/index-messages';

/** Indexes what was said in a room, or in all of a tenant's rooms, as the tenant's mode of search asks. */
@Job({ name: 'chat.index-messages', queue: 'maintenance' })
export class IndexMessages implements Runs<{ roomId: string | null }> {
  constructor(private readonly commands: CommandBus) {}

  async run({ roomId }: { roomId: string | null }): Promise<void> {
    await this.commands.execute(new IndexMessagesCommand(roomId));
  }
}
