import { DomainEvent } from '../../../kernel/messaging/domain-event';

/**
 * Something was said that somebody should hear of: in a direct room, or mentioning people. What it says stays in its room.
 * Aggregate: the message. Whom to tell is asked by `MessageNoticeQuery` when they are told.
 */
export class MessagePosted extends DomainEvent<{
  roomId: string;
  messageId: string;
  authorId: string;
  direct: boolean;
  /** Members of the room whom it mentions. */
  mentions: string[];
}> {
  static override readonly type = 'chat.message-posted.v1';
}
