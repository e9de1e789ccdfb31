import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { currentContext } from '../../../kernel/context/request-context';
import { Database } from '../../../kernel/database/database';
import { keyset, type ListQuery, type Page } from '../../../kernel/http/pagination';
import { Bodies } from '../data/bodies';
import type { ThreadPlace } from '../data/read-pointers';
import { callerOf } from '../domain/caller';
import { messageNotFound, roomNotFound } from '../domain/chat.errors';
import type { Message, SealedMessage } from '../domain/message';
import type { RoomRole, RoomType } from '../domain/room';

/** A room as one of its members sees it. */
export interface RoomDetails {
  id: string;
  type: RoomType;
  name: string | null;
  topic: string | null;
  private: boolean;
  archivedAt: string | null;
  /** Days for which messages are kept; null as the organization says. */
  retentionDays: number | null;
  memberCount: number;
  /** The other person of a direct room. */
  peerId: string | null;
  lastSeq: number;
  lastEventAt: string;
  createdAt: string;
  /** What the caller is in it, and how far it has read. */
  me: { role: RoomRole; readSeq: number; privateReadSeq: number; silent: boolean; mutedUntil: string | null };
  /** Messages of others beyond that, at most 100. */
  unread: number;
  /** Of them those that mention the caller, at most 100. */
  mentions: number;
  lastMessage: Message | null;
}

/** Rooms of the caller. */
export class ListRoomsQuery extends Query<Page<RoomDetails>> {
  constructor(readonly list: ListQuery) {
    super();
  }
}

/** @throws AppError not-found `chat.room-not-found` also for whoever is no member */
export class FindRoomQuery extends Query<RoomDetails> {
  constructor(readonly roomId: string) {
    super();
  }
}

/** What waits for the caller in all rooms. */
export class UnreadQuery extends Query<{ rooms: number; messages: number; mentions: number }> {}

/** How far the caller has read a thread. @throws AppError not-found `chat.room-not-found`, `chat.message-not-found` */
export class ThreadQuery extends Query<ThreadPlace> {
  constructor(
    readonly roomId: string,
    readonly threadId: string,
  ) {
    super();
  }
}

const FROM =
  'chat.members me join chat.rooms r on r.tenant_id = kernel.tenant_id() and r.tenant_id = me.tenant_id and r.id = me.room_id';
const BEYOND = 'greatest(me.read_seq, me.private_read_seq)';
const COLUMNS = `r.id, r.type, r.name, r.topic, r.private, r.archived_at, r.retention_days, r.members, r.last_seq::float8 as last_seq, r.last_event_at, r.created_at,
  case when r.pair is not null then replace(replace(r.pair, me.user_id::text, ''), ':', '') end as peer_id,
  me.role, me.read_seq::float8 as read_seq, me.private_read_seq::float8 as private_read_seq, me.silent,
  case when me.muted_until > kernel.now() then me.muted_until end as muted_until,
  case when r.last_seq > ${BEYOND} then chat.unread(r.id, me.user_id, ${BEYOND}) else 0 end as unread,
  case when r.last_seq > ${BEYOND} then chat.unread_mentions(r.id, me.user_id, ${BEYOND}) else 0 end as mentions,
  (select chat.message_view(m) from chat.messages m where m.tenant_id = kernel.tenant_id() and m.room_id = r.id
     order by m.seq desc limit 1) as last_message`;

interface Row {
  id: string;
  type: RoomType;
  name: string | null;
  topic: string | null;
  private: boolean;
  archived_at: Date | null;
  retention_days: number | null;
  members: number;
  last_seq: number;
  last_event_at: Date;
  created_at: Date;
  peer_id: string | null;
  role: RoomRole;
  read_seq: number;
  private_read_seq: number;
  silent: boolean;
  muted_until: Date | null;
  unread: number;
  mentions: number;
  last_message: SealedMessage | null;
}

const viewOf = (row: Row, lastMessage: Message | null): RoomDetails => ({
  id: row.id,
  type: row.type,
  name: row.name,
  topic: row.topic,
  private: row.private,
  archivedAt: row.archived_at?.toISOString() ?? null,
  retentionDays: row.retention_days,
  memberCount: row.members,
  peerId: row.peer_id,
  lastSeq: row.last_seq,
  lastEventAt: row.last_event_at.toISOString(),
  createdAt: row.created_at.toISOString(),
  me: {
    role: row.role,
    readSeq: row.read_seq,
    privateReadSeq: row.private_read_seq,
    silent: row.silent,
    mutedUntil: row.muted_until?.toISOString() ?? null,
  },
  unread: row.unread,
  mentions: row.mentions,
  lastMessage,
});

const ROOMS = keyset({
  id: 'r.id',
  sorts: {
    lastEventAt: { sql: 'r.last_event_at', type: 'timestamptz' },
    createdAt: { sql: 'r.created_at', type: 'timestamptz' },
  },
  defaultSort: '-lastEventAt',
  filters: {
    type: { sql: 'r.type', type: 'text' },
    archived: (archived: boolean) => `(r.archived_at is not null) = ${archived ? 'true' : 'false'}`,
  },
});

@QueryHandler(ListRoomsQuery)
export class ListRoomsHandler implements IQueryHandler<ListRoomsQuery> {
  constructor(
    private readonly database: Database,
    private readonly bodies: Bodies,
  ) {}

  async execute({ list }: ListRoomsQuery): Promise<Page<RoomDetails>> {
    const { tenantId, userId } = callerOf(currentContext());
    const found = await ROOMS.run<Row, Row>(this.database, list, {
      select: COLUMNS,
      from: FROM,
      where: 'me.tenant_id = kernel.tenant_id() and me.user_id = $1',
      params: [userId],
      map: (row) => row,
    });
    const data = await Promise.all(found.data.map((row) => detailsOf(this.bodies, tenantId, row)));
    return { data, page: found.page };
  }
}

@QueryHandler(FindRoomQuery)
export class FindRoomHandler implements IQueryHandler<FindRoomQuery> {
  constructor(
    private readonly database: Database,
    private readonly bodies: Bodies,
  ) {}

  async execute({ roomId }: FindRoomQuery): Promise<RoomDetails> {
    const { tenantId, userId } = callerOf(currentContext());
    const [row] = await this.database.read<Row>(
      `select ${COLUMNS} from ${FROM} where me.tenant_id = kernel.tenant_id() and me.user_id = $1 and me.room_id = $2`,
      [userId, roomId],
    );
    if (!row) throw roomNotFound();
    return detailsOf(this.bodies, tenantId, row);
  }
}

@QueryHandler(UnreadQuery)
export class UnreadHandler implements IQueryHandler<UnreadQuery> {
  constructor(private readonly database: Database) {}

  async execute(): Promise<{ rooms: number; messages: number; mentions: number }> {
    const { userId } = callerOf(currentContext());
    const [sums] = await this.database.read<{ rooms: number; messages: number; mentions: number }>(
      `select count(*) filter (where unread > 0)::int as rooms, coalesce(sum(unread), 0)::int as messages,
         coalesce(sum(mentions), 0)::int as mentions
       from (select chat.unread(r.id, me.user_id, ${BEYOND}) as unread, chat.unread_mentions(r.id, me.user_id, ${BEYOND}) as mentions
         from ${FROM} where me.tenant_id = kernel.tenant_id() and me.user_id = $1 and r.last_seq > ${BEYOND}
           and r.archived_at is null) each_room`,
      [userId],
    );
    return sums;
  }
}

@QueryHandler(ThreadQuery)
export class ThreadHandler implements IQueryHandler<ThreadQuery> {
  constructor(private readonly database: Database) {}

  async execute({ roomId, threadId }: ThreadQuery): Promise<ThreadPlace> {
    const { userId } = callerOf(currentContext());
    const [{ member, place }] = await this.database.read<{ member: boolean; place: ThreadPlace | null }>(
      `select exists (select from chat.members me where me.tenant_id = kernel.tenant_id() and me.room_id = $1 and me.user_id = $3) as member,
         chat.thread_place($1, $2, $3) as place`,
      [roomId, threadId, userId],
    );
    if (!member) throw roomNotFound();
    if (!place) throw messageNotFound();
    return place;
  }
}

const detailsOf = async (bodies: Bodies, tenantId: string, row: Row): Promise<RoomDetails> =>
  viewOf(row, row.last_message && (await bodies.message(tenantId, row.last_message)));
