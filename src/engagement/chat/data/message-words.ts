import { Injectable } from '@nestjs/common';
import { Database } from '../../../kernel/database/database';
import type { Transaction } from '../../../kernel/database/transaction';

const AT_ONCE = 500;

/** Where a walk over messages stands. */
export interface Place {
  roomId: string;
  seq: number;
}

export interface IndexedMessage extends Place {
  id: string;
  bodyId: string;
  body: string;
  /** Its room is left out of search. */
  private: boolean;
}

/** What messages are found by. */
@Injectable()
export class MessageWords {
  constructor(private readonly database: Database) {}

  /** The next messages that say something, of one room or of all. */
  page(roomId: string | null, after: Place | null): Promise<IndexedMessage[]> {
    return this.database.read<IndexedMessage>(
      `select m.id, m.room_id as "roomId", m.seq::float8 as seq, m.body_id as "bodyId", m.body, r.private
       from chat.messages m join chat.rooms r on r.tenant_id = kernel.tenant_id() and r.id = m.room_id
       where m.tenant_id = kernel.tenant_id() and m.body is not null and (m.room_id, m.seq) > ($1, $2)
         and ($3::uuid is null or m.room_id = $3)
       order by m.room_id, m.seq limit ${AT_ONCE}`,
      [after?.roomId ?? roomId ?? '00000000-0000-0000-0000-000000000000', after?.seq ?? 0, roomId],
    );
  }

  /** Stores the words of each, unless its text was changed meanwhile: whoever changed it stored them. */
  async store(tx: Transaction, messages: (IndexedMessage & { words: string[] | null })[]): Promise<void> {
    await tx.execute(
      `update chat.messages m set search = array_to_tsvector(array(select jsonb_array_elements_text(w.words)))
       from unnest($2::uuid[], $3::uuid[], $4::jsonb[]) as w(id, body_id, words)
       where m.tenant_id = $1 and m.id = w.id and m.body_id = w.body_id and w.words is not null`,
      [
        tx.tenantId,
        messages.map(({ id }) => id),
        messages.map(({ bodyId }) => bodyId),
        messages.map(({ words }) => (words === null ? null : JSON.stringify(words))),
      ],
    );
    const hidden = messages.filter(({ words }) => words === null).map(({ id }) => id);
    if (hidden.length > 0)
      await tx.execute(
        `update chat.messages set search = null where tenant_id = $1 and id = any($2::uuid[]) and search is not null`,
        [tx.tenantId, hidden],
      );
  }
}
