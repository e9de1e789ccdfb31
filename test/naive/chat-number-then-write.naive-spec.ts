import { Injectable } from '@nestjs/common';
import { runInContext } from '../../src/kernel/context/request-context';
import { Database } from '../../src/kernel/database/database';
import type { Transaction } from '../../src/kernel/database/transaction';
import { UnitOfWork } from '../../src/kernel/database/unit-of-work';
import { ChatModule } from '../../src/engagement/chat/chat.module';
import { MessageLog, type NewMessage, type Written } from '../../src/engagement/chat/data/message-log';
import type { SealedEvent } from '../../src/engagement/chat/domain/message';
import { expectOneEach, expectOneOrder, resendRace, writersRace } from '../scenarios/chat-races';
import { replaced } from './replaced';

const NUMBER = `update chat.rooms set last_seq = last_seq + 1 where tenant_id = kernel.tenant_id() and id = $1
  returning last_seq::float8 as seq`;

/** Draws the number of a message, as from a sequence, and writes the message under it afterwards. */
@Injectable()
class NumberThenWrite extends MessageLog {
  constructor(
    database: Database,
    private readonly uow: UnitOfWork,
  ) {
    super(database);
  }

  override post(_tx: Transaction, message: NewMessage): Promise<Written> {
    return runInContext({ transaction: undefined }, async () => {
      const [{ seq }] = await this.uow.run((tx) => tx.query<{ seq: number }>(NUMBER, [message.roomId]));
      return this.uow.run((tx) => this.store(tx, message, seq));
    });
  }

  private async store(tx: Transaction, message: NewMessage, seq: number): Promise<Written> {
    const { id, roomId, authorId, clientMessageId, digest, textDigest, body } = message;
    await tx.execute(
      `insert into chat.room_events (tenant_id, room_id, seq, type, message_id, actor_id, at)
       values (kernel.tenant_id(), $1, $2, 'message.created', $3, $4, kernel.now())`,
      [roomId, seq, id, authorId],
    );
    await tx.execute(
      `insert into chat.messages (tenant_id, id, room_id, seq, author_id, client_id, digest, text_digest, body_id, body, rev, created_at)
       values (kernel.tenant_id(), $1, $2, $3, $4, $5, $6, $7, $8, $9, $3, kernel.now())`,
      [id, roomId, seq, authorId, clientMessageId, digest, textDigest, body.bodyId, body.sealed],
    );
    const [{ event }] = await tx.query<{ event: SealedEvent }>('select chat.event_at($1, $2) as event', [roomId, seq]);
    return { event, changed: true };
  }
}

/** Remembers in the process what was sent, as if there were one process and no try beside another. */
@Injectable()
class RememberInProcess extends MessageLog {
  private readonly sent = new Map<string, Written>();

  override async post(tx: Transaction, message: NewMessage): Promise<Written> {
    const known = this.sent.get(message.clientMessageId);
    if (known) return known;
    const written = await super.post(tx, {
      ...message,
      clientMessageId: `${message.clientMessageId}.${message.id.slice(-8)}`,
    });
    this.sent.set(message.clientMessageId, written);
    return written;
  }
}

describe('naive: draw a number, then write', () => {
  it('must not let a reader’s cursor pass over what is committed later', async () => {
    const race = await writersRace(replaced(ChatModule, MessageLog, NumberThenWrite), { writers: 6, messages: 60 });
    expectOneOrder(race, 360);
  }, 60_000);
});

describe('naive: remember in the process what was sent', () => {
  it('must not have two messages for one', async () => {
    expectOneEach(await resendRace(replaced(ChatModule, MessageLog, RememberInProcess)), 5);
  }, 60_000);
});
