import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { currentContext } from '../../../kernel/context/request-context';
import { Database } from '../../../kernel/database/database';
import { keyset, type ListQuery, type Page } from '../../../kernel/http/pagination';
import { callerOf } from '../domain/caller';
import { roomNotFound } from '../domain/chat.errors';
import { RECEIPTS_BY_NAME, type RoomRole } from '../domain/room';

export interface RoomMember {
  userId: string;
  role: RoomRole;
  joinedAt: string;
  /** Until when it says nothing. */
  mutedUntil: string | null;
}

/** People of a room. @throws AppError not-found `chat.room-not-found` */
export class ListRoomMembersQuery extends Query<Page<RoomMember>> {
  constructor(
    readonly roomId: string,
    readonly list: ListQuery,
  ) {
    super();
  }
}

/** Who has read a room up to a message, by what they show of it. */
export interface SeenBy {
  seq: number;
  /** Others than the caller who have. */
  count: number;
  /** By name; null in rooms of more than a hundred people, where only the number is told. */
  readers: { userId: string; readSeq: number; readAt: string | null }[] | null;
}

/** @throws AppError not-found `chat.room-not-found` */
export class SeenByQuery extends Query<SeenBy> {
  constructor(
    readonly roomId: string,
    readonly seq: number,
  ) {
    super();
  }
}

interface Row {
  user_id: string;
  role: RoomRole;
  joined_at: Date;
  muted_until: Date | null;
}

const MEMBERS = keyset({
  id: 'm.user_id',
  sorts: { joinedAt: { sql: 'm.joined_at', type: 'timestamptz' } },
  defaultSort: 'joinedAt',
  filters: { role: { sql: 'm.role', type: 'text' } },
});

@QueryHandler(ListRoomMembersQuery)
export class ListRoomMembersHandler implements IQueryHandler<ListRoomMembersQuery> {
  constructor(private readonly database: Database) {}

  async execute({ roomId, list }: ListRoomMembersQuery): Promise<Page<RoomMember>> {
    const { userId } = callerOf(currentContext());
    const own =
      'select from chat.members me where me.tenant_id = kernel.tenant_id() and me.room_id = $1 and me.user_id = $2';
    const found = await MEMBERS.run<Row, RoomMember>(this.database, list, {
      select:
        'm.user_id, m.role, m.joined_at, case when m.muted_until > kernel.now() then m.muted_until end as muted_until',
      from: 'chat.members m',
      where: `m.tenant_id = kernel.tenant_id() and m.room_id = $1 and exists (${own})`,
      params: [roomId, userId],
      map: (row) => ({
        userId: row.user_id,
        role: row.role,
        joinedAt: row.joined_at.toISOString(),
        mutedUntil: row.muted_until?.toISOString() ?? null,
      }),
    });
    if (found.data.length === 0) {
      const [row] = await this.database.read<{ member: boolean }>(`select exists (${own}) as member`, [roomId, userId]);
      if (!row.member) throw roomNotFound();
    }
    return found;
  }
}

@QueryHandler(SeenByQuery)
export class SeenByHandler implements IQueryHandler<SeenByQuery> {
  constructor(private readonly database: Database) {}

  async execute({ roomId, seq }: SeenByQuery): Promise<SeenBy> {
    const { userId } = callerOf(currentContext());
    // What somebody reads in private is told to nobody.
    const [row] = await this.database.read<{
      count: number;
      readers: { userId: string; readSeq: number; readAt: string }[] | null;
    }>(
      `select count(m.user_id)::int as count, case when r.members <= ${RECEIPTS_BY_NAME} then coalesce(jsonb_agg(jsonb_build_object(
           'userId', m.user_id, 'readSeq', m.read_seq, 'readAt', m.read_at) order by m.read_at, m.user_id) filter (where m.user_id is not null), '[]')
         end as readers
       from chat.rooms r
       join chat.members me on me.tenant_id = kernel.tenant_id() and me.room_id = r.id and me.user_id = $2
       left join chat.members m on m.tenant_id = kernel.tenant_id() and m.room_id = r.id and m.user_id <> $2 and m.read_seq >= $3
       where r.tenant_id = kernel.tenant_id() and r.id = $1 group by r.id, r.members`,
      [roomId, userId, seq],
    );
    if (!row) throw roomNotFound();
    const readers = row.readers?.map(({ readAt, ...reader }) => ({
      ...reader,
      readAt: readAt === null ? null : new Date(readAt).toISOString(),
    }));
    return { seq, count: row.count, readers: readers ?? null };
  }
}
