import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { currentContext } from '../../../kernel/context/request-context';
import { Database } from '../../../kernel/database/database';
import { keyset, type ListQuery, type Page } from '../../../kernel/http/pagination';
import { Bodies } from '../data/bodies';
import { callerOf } from '../domain/caller';
import { messageNotFound, roomNotFound } from '../domain/chat.errors';
import type { Message, SealedMessage } from '../domain/message';

/** Messages of a room. @throws AppError not-found `chat.room-not-found` */
export class ListMessagesQuery extends Query<Page<Message>> {
  constructor(
    readonly roomId: string,
    readonly list: ListQuery,
  ) {
    super();
  }
}

/** @throws AppError not-found `chat.room-not-found`, `chat.message-not-found` */
export class FindMessageQuery extends Query<Message> {
  constructor(
    readonly roomId: string,
    readonly messageId: string,
  ) {
    super();
  }
}

/** A text that a message had before it was changed. */
export interface FormerText {
  revision: number;
  body: string;
  /** When it was replaced. */
  replacedAt: string;
}

/** What a message said before, the first text first. @throws AppError not-found `chat.room-not-found`, `chat.message-not-found` */
export class MessageHistoryQuery extends Query<FormerText[]> {
  constructor(
    readonly roomId: string,
    readonly messageId: string,
  ) {
    super();
  }
}

const MESSAGES = keyset({
  id: 'm.id',
  sorts: {
    seq: { sql: 'm.seq', type: 'bigint' },
    pinnedAt: { sql: 'm.pinned_at', type: 'timestamptz', nullable: true },
  },
  defaultSort: '-seq',
  filters: {
    threadId: { sql: 'm.thread_id', type: 'uuid' },
    pinned: (pinned: boolean) => `m.pinned_at is ${pinned ? 'not ' : ''}null`,
  },
});
const MEMBER = `exists (select from chat.members me where me.tenant_id = kernel.tenant_id() and me.room_id = $1 and me.user_id = $2)`;

async function demandMember(database: Database, roomId: string, userId: string): Promise<void> {
  const [row] = await database.read<{ member: boolean }>(`select ${MEMBER} as member`, [roomId, userId]);
  if (!row.member) throw roomNotFound();
}

@QueryHandler(ListMessagesQuery)
export class ListMessagesHandler implements IQueryHandler<ListMessagesQuery> {
  constructor(
    private readonly database: Database,
    private readonly bodies: Bodies,
  ) {}

  async execute({ roomId, list }: ListMessagesQuery): Promise<Page<Message>> {
    const { tenantId, userId } = callerOf(currentContext());
    const { data, page } = await MESSAGES.run<{ message: SealedMessage }, SealedMessage>(this.database, list, {
      select: 'chat.message_view(m) as message',
      from: 'chat.messages m',
      where: `m.tenant_id = kernel.tenant_id() and m.room_id = $1 and ${MEMBER}`,
      params: [roomId, userId],
      map: ({ message }) => message,
    });
    // Nothing was found: is there nothing, or is it nobody's business?
    if (data.length === 0) await demandMember(this.database, roomId, userId);
    return { data: await Promise.all(data.map((one) => this.bodies.message(tenantId, one))), page };
  }
}

@QueryHandler(FindMessageQuery)
export class FindMessageHandler implements IQueryHandler<FindMessageQuery> {
  constructor(
    private readonly database: Database,
    private readonly bodies: Bodies,
  ) {}

  async execute({ roomId, messageId }: FindMessageQuery): Promise<Message> {
    const { tenantId, userId } = callerOf(currentContext());
    const [row] = await this.database.read<{ message: SealedMessage }>(
      `select chat.message_view(m) as message from chat.messages m
       where m.tenant_id = kernel.tenant_id() and m.room_id = $1 and m.id = $3 and ${MEMBER}`,
      [roomId, userId, messageId],
    );
    if (row) return this.bodies.message(tenantId, row.message);
    await demandMember(this.database, roomId, userId);
    throw messageNotFound();
  }
}

@QueryHandler(MessageHistoryQuery)
export class MessageHistoryHandler implements IQueryHandler<MessageHistoryQuery> {
  constructor(
    private readonly database: Database,
    private readonly bodies: Bodies,
  ) {}

  async execute({ roomId, messageId }: MessageHistoryQuery): Promise<FormerText[]> {
    const { tenantId, userId } = callerOf(currentContext());
    const [row] = await this.database.read<{
      texts: { revision: number; bodyId: string; body: string; at: string }[];
    }>(
      `select (select coalesce(jsonb_agg(jsonb_build_object('revision', x.revision, 'bodyId', x.body_id, 'body', x.body, 'at', x.at)
           order by x.revision), '[]') from chat.message_edits x where x.tenant_id = kernel.tenant_id() and x.message_id = m.id
           and m.hidden_at is null) as texts
       from chat.messages m where m.tenant_id = kernel.tenant_id() and m.room_id = $1 and m.id = $3 and ${MEMBER}`,
      [roomId, userId, messageId],
    );
    if (!row) {
      await demandMember(this.database, roomId, userId);
      throw messageNotFound();
    }
    return Promise.all(
      row.texts.map(async ({ revision, bodyId, body, at }) => ({
        revision,
        body: (await this.bodies.open(tenantId, { id: messageId, bodyId, body }))!,
        replacedAt: new Date(at).toISOString(),
      })),
    );
  }
}
