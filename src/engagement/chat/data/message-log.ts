import { Injectable } from '@nestjs/common';
import { Database } from '../../../kernel/database/database';
import type { Transaction } from '../../../kernel/database/transaction';
import type { SealedEvent } from '../domain/message';
import type { SealedBody } from './bodies';

export interface NewMessage {
  id: string;
  roomId: string;
  authorId: string;
  clientMessageId: string;
  /** Of everything that was sent, as it was sent first. */
  digest: Buffer;
  /** Of the text and whom it mentions, as they are now. */
  textDigest: Buffer;
  body: SealedBody;
  replyTo: string | null;
  mentions: string[];
  fileIds: string[];
  /** By which it is found; null where it is not to be. */
  words: string[] | null;
}

export interface ChangedText {
  roomId: string;
  messageId: string;
  userId: string;
  textDigest: Buffer;
  body: SealedBody;
  mentions: string[];
  words: string[] | null;
}

/** An event that was written, or the latest one of a message that is already as somebody wants it. */
export interface Written {
  event: SealedEvent;
  changed: boolean;
}

interface Answer {
  answer: SealedEvent | { unchanged: SealedEvent };
}

/**
 * Writes messages and what is said about them. Each write is one statement that locks the room's counter, checks, adds
 * the event and answers it: nothing travels while others wait for the room.
 */
@Injectable()
export class MessageLog {
  constructor(private readonly database: Database) {}

  post(tx: Transaction, message: NewMessage): Promise<Written> {
    return this.write(tx, 'select chat.post_message($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) as answer', [
      message.id,
      message.roomId,
      message.authorId,
      message.clientMessageId,
      message.digest,
      message.textDigest,
      message.body.bodyId,
      message.body.sealed,
      message.replyTo,
      message.mentions,
      message.words,
      message.fileIds,
    ]);
  }

  edit(tx: Transaction, change: ChangedText): Promise<Written> {
    return this.write(tx, 'select chat.edit_message($1, $2, $3, $4, $5, $6, $7, $8) as answer', [
      change.roomId,
      change.messageId,
      change.userId,
      change.textDigest,
      change.body.bodyId,
      change.body.sealed,
      change.mentions,
      change.words,
    ]);
  }

  remove(tx: Transaction, roomId: string, messageId: string, userId: string): Promise<Written> {
    return this.write(tx, 'select chat.delete_message($1, $2, $3) as answer', [roomId, messageId, userId]);
  }

  react(
    tx: Transaction,
    about: { roomId: string; messageId: string; userId: string; emoji: string },
    wanted: boolean,
  ): Promise<Written> {
    const { roomId, messageId, userId, emoji } = about;
    return this.write(tx, 'select chat.react($1, $2, $3, $4, $5) as answer', [
      roomId,
      messageId,
      userId,
      emoji,
      wanted,
    ]);
  }

  pin(tx: Transaction, roomId: string, messageId: string, userId: string, wanted: boolean): Promise<Written> {
    return this.write(tx, 'select chat.pin_message($1, $2, $3, $4) as answer', [roomId, messageId, userId, wanted]);
  }

  /** `overAll`: the caller looks after all rooms, and need not be in this one. */
  hide(
    tx: Transaction,
    about: { roomId: string; messageId: string; userId: string; overAll: boolean },
    wanted: boolean,
  ): Promise<Written> {
    const { roomId, messageId, userId, overAll } = about;
    return this.write(tx, 'select chat.hide_message($1, $2, $3, $4, $5) as answer', [
      roomId,
      messageId,
      userId,
      overAll,
      wanted,
    ]);
  }

  /** What somebody sent under a name of its own before, with the digest of what it was then. */
  async sentBefore(authorId: string, clientMessageId: string): Promise<{ event: SealedEvent; digest: Buffer } | null> {
    const [row] = await this.database.read<{ event: SealedEvent; digest: Buffer }>(
      `select m.digest, chat.event_at(m.room_id, m.seq) as event from chat.messages m
       where m.tenant_id = kernel.tenant_id() and m.author_id = $1 and m.client_id = $2`,
      [authorId, clientMessageId],
    );
    return row ?? null;
  }

  private async write(tx: Transaction, text: string, params: unknown[]): Promise<Written> {
    const [{ answer }] = await tx.query<Answer>(text, params);
    return 'unchanged' in answer ? { event: answer.unchanged, changed: false } : { event: answer, changed: true };
  }
}
