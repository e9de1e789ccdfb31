import { Query } from '@nestjs/cqrs';

/** Whom a message is to be told of, as things are now. Its text is not told: it stays sealed in its room. */
export interface MessageNotice {
  roomId: string;
  /** The message's place in the room. */
  seq: number;
  /** Null for a direct room. */
  roomName: string | null;
  authorId: string;
  /** Members who have not read it yet and did not silence the room; who is mentioned is told though it is silent. */
  recipients: { userId: string; mention: boolean }[];
}

/** Null where there is nothing to tell: the message was deleted, say. */
export class MessageNoticeQuery extends Query<MessageNotice | null> {
  constructor(readonly request: { messageId: string }) {
    super();
  }
}
