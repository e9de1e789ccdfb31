import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { FindUsersQuery } from '../../../access/identity/contracts/find-users';
import type { StoredEvent } from '../../../kernel/messaging/domain-event';
import { Reaction, type Reacts } from '../../../kernel/messaging/reaction';
import { MessagePosted } from '../../chat/contracts/chat-events';
import { MessageNoticeQuery } from '../../chat/contracts/message-notice';
import { NotifyCommand } from '../contracts/notify';

/** Who is written to or mentioned hears of it, unless it was read by then; what was written stays in the room. */
@Reaction({ name: 'notifications.notify-when-chat-message-posted', on: MessagePosted })
export class NotifyWhenChatMessagePosted implements Reacts<MessagePosted> {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  async react({ payload: { messageId } }: StoredEvent<MessagePosted>): Promise<void> {
    const notice = await this.queries.execute(new MessageNoticeQuery({ messageId }));
    if (!notice) return;
    const { roomId, seq, roomName, authorId, recipients } = notice;
    const [author] = await this.queries.execute(new FindUsersQuery({ ids: [authorId] }));
    const name = author?.name ?? '';
    for (const mention of [true, false]) {
      const userIds = recipients.filter((one) => one.mention === mention).map(({ userId }) => userId);
      if (userIds.length === 0) continue;
      await this.commands.execute(
        new NotifyCommand({
          userIds,
          category: 'chat',
          template: 'chat-message',
          data: { roomId, messageId, seq, room: roomName ?? name, author: name, ...(mention ? { mention } : {}) },
          dedupeKey: `chat/${messageId}`,
        }),
      );
    }
  }
}
