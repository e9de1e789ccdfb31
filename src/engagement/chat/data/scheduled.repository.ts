import { Injectable } from '@nestjs/common';
import { Envelope } from '../../../kernel/crypto/envelope';
import type { Transaction } from '../../../kernel/database/transaction';
import { newId } from '../../../kernel/ids/ids';
import { placeOfScheduled, type ScheduledMessage } from '../domain/scheduled';

export interface ScheduledRow {
  id: string;
  roomId: string;
  authorId: string;
  clientMessageId: string;
  dueAt: Date;
  turn: number;
  bodyId: string;
  body: string;
  replyTo: string | null;
  mentions: string[];
  fileIds: string[];
  digest: Buffer;
  failure: string | null;
  createdAt: Date;
  /** That sends it. */
  timerId: string | null;
}

export const SCHEDULED_COLUMNS = `s.id, s.room_id as "roomId", s.author_id as "authorId", s.client_id as "clientMessageId", s.due_at as "dueAt", s.turn,
  s.body_id as "bodyId", s.body, s.reply_to as "replyTo", s.mentions, s.file_ids as "fileIds", s.digest, s.failure, s.created_at as "createdAt", s.timer_id as "timerId"`;

/** Messages that wait for their time; their texts are sealed. */
@Injectable()
export class ScheduledRepository {
  constructor(private readonly envelope: Envelope) {}

  /** What is known of a room before something is scheduled in it: who may, and whether its people and messages are there. */
  async look(
    tx: Transaction,
    about: { roomId: string; userId: string; replyTo: string | null; mentions: string[] },
  ): Promise<{ member: boolean; archived: boolean; reply: boolean; mentioned: boolean }> {
    const [row] = await tx.query<{ member: boolean; archived: boolean; reply: boolean; mentioned: boolean }>(
      `select exists (select from chat.members m where m.tenant_id = $1 and m.room_id = $2 and m.user_id = $3) as member,
         exists (select from chat.rooms r where r.tenant_id = $1 and r.id = $2 and r.archived_at is not null) as archived,
         $4::uuid is null or exists (select from chat.messages m where m.tenant_id = $1 and m.room_id = $2 and m.id = $4
           and m.deleted_at is null) as reply,
         not exists (select from unnest($5::uuid[]) u where not exists (select from chat.members m
           where m.tenant_id = $1 and m.room_id = $2 and m.user_id = u)) as mentioned`,
      [tx.tenantId, about.roomId, about.userId, about.replyTo, about.mentions],
    );
    return row;
  }

  /** How many of somebody's messages wait; the count holds until the commit, as others of the same person wait. */
  async countLocked(tx: Transaction, authorId: string): Promise<number> {
    await tx.query(`select pg_advisory_xact_lock(hashtextextended('chat.scheduled:' || $1::text, 0))`, [authorId]);
    const [{ count }] = await tx.query<{ count: number }>(
      'select count(*)::int as count from chat.scheduled_messages where tenant_id = $1 and author_id = $2',
      [tx.tenantId, authorId],
    );
    return count;
  }

  /** The message of that name, where it waits. */
  async byName(tx: Transaction, authorId: string, clientMessageId: string): Promise<ScheduledRow | null> {
    const [row] = await tx.query<ScheduledRow>(
      `select ${SCHEDULED_COLUMNS} from chat.scheduled_messages s where s.tenant_id = $1 and s.author_id = $2 and s.client_id = $3`,
      [tx.tenantId, authorId, clientMessageId],
    );
    return row ?? null;
  }

  insert(
    tx: Transaction,
    row: Omit<ScheduledRow, 'turn' | 'failure' | 'createdAt' | 'timerId'>,
  ): Promise<ScheduledRow> {
    return this.one(
      tx,
      `insert into chat.scheduled_messages as s (tenant_id, id, room_id, author_id, client_id, due_at, body_id, body, reply_to, mentions, file_ids,
         digest, created_at, updated_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, kernel.now(), kernel.now()) returning ${SCHEDULED_COLUMNS}`,
      [
        tx.tenantId,
        row.id,
        row.roomId,
        row.authorId,
        row.clientMessageId,
        row.dueAt,
        row.bodyId,
        row.body,
        row.replyTo,
        row.mentions,
        row.fileIds,
        row.digest,
      ],
    );
  }

  /** Gives it another time or text; it waits again, and timers of before send nothing. */
  update(tx: Transaction, row: ScheduledRow): Promise<ScheduledRow> {
    return this.one(
      tx,
      `update chat.scheduled_messages s set due_at = $3, body_id = $4, body = $5, mentions = $6, digest = $7, turn = s.turn + 1, failure = null,
         updated_at = kernel.now()
       where s.tenant_id = $1 and s.id = $2 returning ${SCHEDULED_COLUMNS}`,
      [tx.tenantId, row.id, row.dueAt, row.bodyId, row.body, row.mentions, row.digest],
    );
  }

  /** Locked; null where it was sent, cancelled, or is somebody else's. */
  async lock(tx: Transaction, id: string, authorId: string | null): Promise<ScheduledRow | null> {
    const [row] = await tx.query<ScheduledRow>(
      `select ${SCHEDULED_COLUMNS} from chat.scheduled_messages s
       where s.tenant_id = $1 and s.id = $2 and ($3::uuid is null or s.author_id = $3) for update`,
      [tx.tenantId, id, authorId],
    );
    return row ?? null;
  }

  fail(tx: Transaction, id: string, failure: string): void {
    tx.later(
      'update chat.scheduled_messages set failure = $3, updated_at = kernel.now() where tenant_id = $1 and id = $2',
      [tx.tenantId, id, failure],
    );
  }

  remove(tx: Transaction, id: string): void {
    tx.later('delete from chat.scheduled_messages where tenant_id = $1 and id = $2', [tx.tenantId, id]);
  }

  setTimer(tx: Transaction, id: string, timerId: string): void {
    tx.later('update chat.scheduled_messages set timer_id = $3 where tenant_id = $1 and id = $2', [
      tx.tenantId,
      id,
      timerId,
    ]);
  }

  /** Takes all of somebody's away. */
  removeAllOf(tx: Transaction, authorId: string): Promise<{ id: string; fileIds: string[]; timerId: string | null }[]> {
    return tx.query(
      `delete from chat.scheduled_messages where tenant_id = $1 and author_id = $2
       returning id, file_ids as "fileIds", timer_id as "timerId"`,
      [tx.tenantId, authorId],
    );
  }

  async seal(tenantId: string, id: string, body: string): Promise<{ bodyId: string; body: string }> {
    const bodyId = newId();
    return { bodyId, body: await this.envelope.seal(placeOfScheduled(tenantId, id, bodyId), body) };
  }

  open(tenantId: string, { id, bodyId, body }: ScheduledRow): Promise<string> {
    return this.envelope.open(placeOfScheduled(tenantId, id, bodyId), body);
  }

  async view(tenantId: string, row: ScheduledRow): Promise<ScheduledMessage> {
    const { id, roomId, clientMessageId, replyTo, mentions, fileIds, failure } = row;
    return {
      id,
      roomId,
      clientMessageId,
      at: row.dueAt.toISOString(),
      body: await this.open(tenantId, row),
      replyTo,
      mentions,
      fileIds,
      state: failure === null ? 'waiting' : 'failed',
      failure,
      createdAt: row.createdAt.toISOString(),
    };
  }

  private async one(tx: Transaction, text: string, params: unknown[]): Promise<ScheduledRow> {
    const [row] = await tx.query<ScheduledRow>(text, params);
    return row;
  }
}
