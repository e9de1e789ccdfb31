import { Injectable } from '@nestjs/common';
import { together } from '../../../kernel/database/together';
import type { Transaction } from '../../../kernel/database/transaction';
import type { RoomEventType, SealedEvent } from '../domain/message';
import type { RoomRole, RoomType } from '../domain/room';

export interface Room {
  id: string;
  type: RoomType;
  name: string | null;
  topic: string | null;
  private: boolean;
  members: number;
  /** Days for which messages are kept; null as the organization says. */
  retentionDays: number | null;
  archivedAt: Date | null;
}

export interface Member {
  userId: string;
  role: RoomRole;
}

/** Something that holds of somebody in a room. */
export interface Held {
  overAll: boolean;
}

interface RoomRow extends Omit<Room, 'archivedAt' | 'retentionDays'> {
  retention_days: number | null;
  archived_at: Date | null;
}

/** Rooms and who is in them. Whoever changes one locks it first, and only then looks at its members. */
@Injectable()
export class RoomRepository {
  /** Makes a room with its first members. @returns false where these two have one already */
  async insert(
    tx: Transaction,
    room: Pick<Room, 'id' | 'type' | 'name' | 'topic' | 'private'> & { pair: string | null; createdBy: string | null },
    members: Member[],
  ): Promise<boolean> {
    const made = await tx.execute(
      `with made as (
         insert into chat.rooms (tenant_id, id, type, name, topic, private, pair, members, last_event_at, created_by, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, cardinality($9::uuid[]), kernel.now(), $8, kernel.now())
         on conflict (tenant_id, pair) do nothing returning id)
       insert into chat.members (tenant_id, room_id, user_id, role, joined_at)
       select $1, made.id, m.user_id, m.role, kernel.now()
       from made, unnest($9::uuid[], $10::text[]) as m(user_id, role)`,
      [
        tx.tenantId,
        room.id,
        room.type,
        room.name,
        room.topic,
        room.private,
        room.pair,
        room.createdBy,
        members.map(({ userId }) => userId),
        members.map(({ role }) => role),
      ],
    );
    return made > 0;
  }

  async idOfPair(tx: Transaction, pair: string): Promise<string> {
    const [row] = await tx.query<{ id: string }>('select id from chat.rooms where tenant_id = $1 and pair = $2', [
      tx.tenantId,
      pair,
    ]);
    return row.id;
  }

  /** Groups and channels that somebody is in, in the order in which rooms are locked. */
  async sharedOf(tx: Transaction, userId: string): Promise<string[]> {
    const rows = await tx.query<{ id: string }>(
      `select r.id from chat.members m join chat.rooms r on r.tenant_id = $1 and r.id = m.room_id
       where m.tenant_id = $1 and m.user_id = $2 and r.type <> 'direct' order by r.id`,
      [tx.tenantId, userId],
    );
    return rows.map(({ id }) => id);
  }

  /** A room, locked, with those of these people who are its members. Null where there is no such room. */
  async lock(tx: Transaction, roomId: string, userIds: string[]): Promise<{ room: Room; members: Member[] } | null> {
    // Asked after the lock, in the same trip: what was seen before somebody else's commit would not hold.
    const [rooms, members] = await together(
      () =>
        tx.query<RoomRow>(
          `select id, type, name, topic, private, members, archived_at, retention_days from chat.rooms
           where tenant_id = $1 and id = $2 for no key update`,
          [tx.tenantId, roomId],
        ),
      () => this.members(tx, roomId, userIds),
    );
    if (rooms.length === 0) return null;
    const { archived_at: archivedAt, retention_days: retentionDays, ...room } = rooms[0];
    return { room: { ...room, archivedAt, retentionDays }, members };
  }

  members(tx: Transaction, roomId: string, userIds: string[]): Promise<Member[]> {
    return tx.query<Member>(
      `select user_id as "userId", role from chat.members
       where tenant_id = $1 and room_id = $2 and user_id = any($3::uuid[])`,
      [tx.tenantId, roomId, userIds],
    );
  }

  /** Those of these people who may not come into a locked room now. */
  async banned(tx: Transaction, roomId: string, userIds: string[]): Promise<string[]> {
    const rows = await tx.query<{ userId: string }>(
      `select user_id as "userId" from chat.bans
       where tenant_id = $1 and room_id = $2 and user_id = any($3::uuid[]) and until > kernel.now()`,
      [tx.tenantId, roomId, userIds],
    );
    return rows.map(({ userId }) => userId);
  }

  /** What holds of somebody in a locked room: whether those who look after all rooms decided it; null where nothing holds. */
  async heldOver(tx: Transaction, table: 'bans' | 'mutes', roomId: string, userId: string): Promise<Held | null> {
    const [row] = await tx.query<Held>(
      `select over_all as "overAll" from chat.${table} where tenant_id = $1 and room_id = $2 and user_id = $3 and until > kernel.now()`,
      [tx.tenantId, roomId, userId],
    );
    return row ?? null;
  }

  /** Keeps somebody out until then; bans that are over are forgotten. @returns null where there are `most` of others already */
  async ban(
    tx: Transaction,
    roomId: string,
    ban: { userId: string; minutes: number; reason: string | null; bannedBy: string; overAll: boolean },
    most: number,
  ): Promise<{ until: Date; createdAt: Date } | null> {
    tx.later('delete from chat.bans where tenant_id = $1 and room_id = $2 and until <= kernel.now()', [
      tx.tenantId,
      roomId,
    ]);
    const [row] = await tx.query<{ until: Date; createdAt: Date }>(
      `insert into chat.bans (tenant_id, room_id, user_id, until, reason, banned_by, over_all, created_at)
       select $1, $2, $3, kernel.now() + make_interval(mins => $4), $5, $6, $7, kernel.now()
       where (select count(*) from chat.bans where tenant_id = $1 and room_id = $2 and user_id <> $3) < $8
       on conflict (tenant_id, room_id, user_id) do update set until = excluded.until, reason = excluded.reason,
         banned_by = excluded.banned_by, over_all = excluded.over_all, created_at = excluded.created_at
       returning until, created_at as "createdAt"`,
      [tx.tenantId, roomId, ban.userId, ban.minutes, ban.reason, ban.bannedBy, ban.overAll, most],
    );
    return row ?? null;
  }

  unban(tx: Transaction, roomId: string, userId: string): void {
    tx.later('delete from chat.bans where tenant_id = $1 and room_id = $2 and user_id = $3', [
      tx.tenantId,
      roomId,
      userId,
    ]);
  }

  /** What moderators wrote of somebody. */
  forgetReasonsOf(tx: Transaction, userId: string): void {
    tx.later('update chat.bans set reason = null where tenant_id = $1 and user_id = $2 and reason is not null', [
      tx.tenantId,
      userId,
    ]);
  }

  /** Lets a member of a locked room say nothing for so many minutes, also where it leaves and comes back. @returns when that ends */
  async mute(
    tx: Transaction,
    roomId: string,
    userId: string,
    mute: { minutes: number; mutedBy: string; overAll: boolean },
  ): Promise<Date> {
    tx.later('delete from chat.mutes where tenant_id = $1 and room_id = $2 and until <= kernel.now()', [
      tx.tenantId,
      roomId,
    ]);
    const [{ until }] = await tx.query<{ until: Date }>(
      `with muted as (
         insert into chat.mutes (tenant_id, room_id, user_id, until, over_all, muted_by, created_at)
         values ($1, $2, $3, kernel.now() + make_interval(mins => $4), $5, $6, kernel.now())
         on conflict (tenant_id, room_id, user_id) do update set until = excluded.until, over_all = excluded.over_all,
           muted_by = excluded.muted_by, created_at = excluded.created_at
         returning until)
       update chat.members m set muted_until = muted.until from muted
       where m.tenant_id = $1 and m.room_id = $2 and m.user_id = $3 returning m.muted_until as until`,
      [tx.tenantId, roomId, userId, mute.minutes, mute.overAll, mute.mutedBy],
    );
    return until;
  }

  unmute(tx: Transaction, roomId: string, userId: string): void {
    tx.later(
      `with gone as (delete from chat.mutes where tenant_id = $1 and room_id = $2 and user_id = $3)
       update chat.members set muted_until = null where tenant_id = $1 and room_id = $2 and user_id = $3`,
      [tx.tenantId, roomId, userId],
    );
  }

  /** Adds people who are no members yet; what was said before they came is read to them. Who was muted is. */
  add(tx: Transaction, roomId: string, members: Member[]): void {
    tx.later(
      `with added as (
         insert into chat.members (tenant_id, room_id, user_id, role, joined_at, read_seq, muted_until)
         select $1, $2, m.user_id, m.role, kernel.now(), r.last_seq, x.until from unnest($3::uuid[], $4::text[]) as m(user_id, role)
         join chat.rooms r on r.tenant_id = $1 and r.id = $2
         left join chat.mutes x on x.tenant_id = $1 and x.room_id = $2 and x.user_id = m.user_id returning 1)
       update chat.rooms set members = members + (select count(*) from added) where tenant_id = $1 and id = $2`,
      [tx.tenantId, roomId, members.map(({ userId }) => userId), members.map(({ role }) => role)],
    );
  }

  remove(tx: Transaction, roomId: string, userId: string): void {
    tx.later(
      `with gone as (delete from chat.members where tenant_id = $1 and room_id = $2 and user_id = $3 returning 1)
       update chat.rooms set members = members - (select count(*) from gone) where tenant_id = $1 and id = $2`,
      [tx.tenantId, roomId, userId],
    );
  }

  setRole(tx: Transaction, roomId: string, userId: string, role: RoomRole): void {
    tx.later('update chat.members set role = $4 where tenant_id = $1 and room_id = $2 and user_id = $3', [
      tx.tenantId,
      roomId,
      userId,
      role,
    ]);
  }

  /** @returns false for whoever is no member */
  async silence(tx: Transaction, roomId: string, userId: string, silent: boolean): Promise<boolean> {
    const changed = await tx.execute(
      'update chat.members set silent = $4 where tenant_id = $1 and room_id = $2 and user_id = $3',
      [tx.tenantId, roomId, userId, silent],
    );
    return changed === 1;
  }

  /** Who becomes the owner when the last one goes: a moderator before a member, and who came first. Null for nobody. */
  async heir(tx: Transaction, roomId: string, butUserId: string): Promise<string | null> {
    const [row] = await tx.query<{ user_id: string; role: RoomRole }>(
      `select user_id, role from chat.members where tenant_id = $1 and room_id = $2 and user_id <> $3
       order by case role when 'owner' then 0 when 'moderator' then 1 else 2 end, joined_at, user_id limit 1`,
      [tx.tenantId, roomId, butUserId],
    );
    return row && row.role !== 'owner' ? row.user_id : null;
  }

  change(tx: Transaction, room: Room): void {
    tx.later(
      `update chat.rooms set name = $3, topic = $4, private = $5, archived_at = $6, retention_days = $7
       where tenant_id = $1 and id = $2`,
      [tx.tenantId, room.id, room.name, room.topic, room.private, room.archivedAt, room.retentionDays],
    );
  }

  /** Adds an event to the log of a locked room. */
  async addEvent(
    tx: Transaction,
    event: { roomId: string; type: RoomEventType; actorId: string | null; data: Record<string, unknown> },
  ): Promise<SealedEvent> {
    const [row] = await tx.query<{ event: SealedEvent }>(
      `with added as materialized (select chat.add_event($1, $2, null, $3, $4, kernel.now()) as seq)
       select jsonb_build_object('roomId', $1::uuid, 'seq', added.seq, 'type', $2::text, 'at', kernel.now(), 'actorId', $3::uuid,
         'messageId', null, 'message', null, 'data', $4::jsonb) as event from added`,
      [event.roomId, event.type, event.actorId, JSON.stringify(event.data)],
    );
    return row.event;
  }
}
