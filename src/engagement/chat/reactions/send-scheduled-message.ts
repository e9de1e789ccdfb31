import { CommandBus } from '@nestjs/cqrs';
import { Timer, type Fires } from '../../../kernel/messaging/reaction';
import { SendScheduledMessageCommand } from '../commands/send-scheduled-message';

/** Sends a scheduled message at its time; effect and mark share the commit, so that it is sent once whoever is killed. */
@Timer({ name: 'chat.send-scheduled-message' })
export class SendScheduledMessage implements Fires<{ id: string; turn: number }> {
  constructor(private readonly commands: CommandBus) {}

  async fire({ id, turn }: { id: string; turn: number }): Promise<void> {
    await this.commands.execute(new SendScheduledMessageCommand(id, turn));
  }
}
