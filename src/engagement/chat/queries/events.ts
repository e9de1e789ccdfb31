import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { currentContext } from '../../../kernel/context/request-context';
import { Database } from '../../../kernel/database/database';
import { Bodies } from '../data/bodies';
import { callerOf } from '../domain/caller';
import { roomNotFound } from '../domain/chat.errors';
import { MOST_ANSWER, MOST_EVENTS, type RoomEvent, type SealedEvent } from '../domain/message';

/** What happened in a room since. */
export interface RoomChanges {
  /** In the order of the log, without a gap. */
  events: RoomEvent[];
  /**
   * More happened than one answer holds, or the log is kept no longer that far: the room is to be loaded anew. These are the
   * latest events, or none where those of other rooms fill the answer.
   */
  limited: boolean;
  /** The number before the first of `events`. */
  prevSeq: number;
  /** The latest number of the log. */
  lastSeq: number;
}

export interface Sync {
  /** By room; rooms that the caller is not in are left out. */
  rooms: Record<string, RoomChanges>;
  /** Rooms of the caller that were not named, with the latest number of each. */
  others: Record<string, number>;
}

/** What happened in rooms of the caller since it last saw them, all as of one moment: edits, deletions and reactions too. */
export class SyncQuery extends Query<Sync> {
  constructor(readonly cursors: Readonly<Record<string, number>>) {
    super();
  }
}

/** The log of one room after a number. @throws AppError not-found `chat.room-not-found` */
export class RoomEventsQuery extends Query<RoomChanges> {
  constructor(
    readonly roomId: string,
    readonly after: number,
    /** Goes on in the log from there however much follows, in place of the latest events. */
    readonly paged: boolean,
  ) {
    super();
  }
}

interface Row {
  room_id: string;
  limited: boolean;
  from_seq: number;
  last_seq: number;
  events: SealedEvent[];
}

/** Bytes of an event beside the sealed text of its message, roughly. */
const FRAME_BYTES = 600;

/** $5 bytes are read at most: rooms whose events no longer fit, the largest last, are limited; of a page, what fits of it. */
const SYNC = `with a as materialized (
    select r.id as room_id, r.last_seq, f.far as limited,
      case when not f.far then c.cursor when $4 then greatest(least(c.cursor, r.last_seq), r.log_from - 1)
        else greatest(r.last_seq - ${MOST_EVENTS}, r.log_from - 1) end as from_seq
    from unnest($2::uuid[], $3::bigint[]) as c(room_id, cursor)
    join chat.members me on me.tenant_id = kernel.tenant_id() and me.room_id = c.room_id and me.user_id = $1
    join chat.rooms r on r.tenant_id = kernel.tenant_id() and r.id = c.room_id
    cross join lateral (select c.cursor > r.last_seq or c.cursor < r.log_from - 1
      or (not $4 and r.last_seq - c.cursor > ${MOST_EVENTS}) as far) f),
  sized as materialized (
    select a.room_id, e.seq, sum(${FRAME_BYTES} + coalesce(octet_length(m.body), 0)) over (partition by a.room_id order by e.seq) as bytes
    from a cross join lateral (select e.seq, e.message_id from chat.room_events e
      where e.tenant_id = kernel.tenant_id() and e.room_id = a.room_id and e.seq > a.from_seq order by e.seq limit ${MOST_EVENTS}) e
    left join chat.messages m on m.tenant_id = kernel.tenant_id() and m.id = e.message_id),
  fitting as materialized (
    select s.room_id, max(s.seq) filter (where s.bytes <= $5 or s.seq = s.first) as page_end,
      sum(max(s.bytes)) over (order by max(s.bytes), s.room_id) <= $5 as fits
    from (select *, min(seq) over (partition by room_id) as first from sized) s group by s.room_id)
  select a.room_id, a.limited or o.over as limited, (case when o.over then a.last_seq else a.from_seq end)::float8 as from_seq,
    a.last_seq::float8 as last_seq,
    (select coalesce(jsonb_agg(chat.event_view(e) order by e.seq), '[]') from (
       select e.* from chat.room_events e where e.tenant_id = kernel.tenant_id() and e.room_id = a.room_id and e.seq > a.from_seq
         and not o.over and e.seq <= (case when $4 then f.page_end else a.from_seq + ${MOST_EVENTS} end)
       order by e.seq limit ${MOST_EVENTS}) e) as events
  from a left join fitting f on f.room_id = a.room_id
  cross join lateral (select not $4 and f.fits is false as over) o`;

const OTHERS = `select r.id, r.last_seq::float8 as last_seq from chat.members me
  join chat.rooms r on r.tenant_id = kernel.tenant_id() and r.id = me.room_id
  where me.tenant_id = kernel.tenant_id() and me.user_id = $1 and not me.room_id = any($2::uuid[])`;

@QueryHandler(SyncQuery)
export class SyncHandler implements IQueryHandler<SyncQuery> {
  constructor(
    private readonly database: Database,
    private readonly bodies: Bodies,
  ) {}

  async execute({ cursors }: SyncQuery): Promise<Sync> {
    const { userId } = callerOf(currentContext());
    const [rooms, others] = await Promise.all([
      changes(this.database, this.bodies, new Map(Object.entries(cursors)), false),
      this.database.read<{ id: string; last_seq: number }>(OTHERS, [userId, Object.keys(cursors)]),
    ]);
    return {
      rooms: Object.fromEntries(rooms),
      others: Object.fromEntries(others.map(({ id, last_seq }) => [id, last_seq])),
    };
  }
}

@QueryHandler(RoomEventsQuery)
export class RoomEventsHandler implements IQueryHandler<RoomEventsQuery> {
  constructor(
    private readonly database: Database,
    private readonly bodies: Bodies,
  ) {}

  async execute({ roomId, after, paged }: RoomEventsQuery): Promise<RoomChanges> {
    const found = await changes(this.database, this.bodies, new Map([[roomId, after]]), paged);
    const room = found.get(roomId);
    if (!room) throw roomNotFound();
    return room;
  }
}

/** One statement, and so one moment for all rooms. */
async function changes(
  database: Database,
  bodies: Bodies,
  cursors: ReadonlyMap<string, number>,
  paged: boolean,
): Promise<Map<string, RoomChanges>> {
  const { tenantId, userId } = callerOf(currentContext());
  if (cursors.size === 0) return new Map();
  const rows = await database.read<Row>(SYNC, [userId, [...cursors.keys()], [...cursors.values()], paged, MOST_ANSWER]);
  const opened = await Promise.all(
    rows.map(async (row): Promise<[string, RoomChanges]> => [
      row.room_id,
      {
        events: await Promise.all(row.events.map((event) => bodies.event(tenantId, event))),
        limited: row.limited,
        prevSeq: row.from_seq,
        lastSeq: row.last_seq,
      },
    ]),
  );
  return new Map(paged ? opened.map(([id, room]) => [id, asPage(room)]) : asAnswer(opened));
}

const bytesOf = (events: readonly RoomEvent[]): number => Buffer.byteLength(JSON.stringify(events));

/** What the database reckoned may be more, with mentions and reactions: the largest rooms are then to be loaded anew. */
function asAnswer(rooms: [string, RoomChanges][]): [string, RoomChanges][] {
  let left = MOST_ANSWER;
  const sized = rooms
    .map(([id, room]) => ({ id, room, bytes: bytesOf(room.events) }))
    .sort((a, b) => a.bytes - b.bytes);
  return sized.map(({ id, room, bytes }) => {
    left -= bytes;
    return [id, left >= 0 ? room : { ...room, events: [], limited: true, prevSeq: room.lastSeq }];
  });
}

/** The beginning of a page that fits into an answer; whoever reads on asks for the rest. */
function asPage(room: RoomChanges): RoomChanges {
  let left = MOST_ANSWER;
  const end = room.events.findIndex((event, n) => (left -= bytesOf([event])) < 0 && n > 0);
  return end < 0 ? room : { ...room, events: room.events.slice(0, end) };
}
