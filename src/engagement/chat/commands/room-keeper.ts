import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../../kernel/database/transaction';
import { RoomChannel } from '../adapters/room-channel';
import { RoomRepository, type Held, type Member, type Room } from '../data/room.repository';
import type { Caller } from '../domain/caller';
import { aboutOneself, decidedOverAll, notAllowed, roomNotFound } from '../domain/chat.errors';
import { looksAfter, mayRemove } from '../domain/room';
import { eventOf, type RoomEventType } from '../domain/message';

/** A room that is locked, and what the caller is in it. */
interface Entered {
  room: Room;
  me: Member;
  members: Member[];
}

/** Rooms as they are changed: locked, with an event of the log for each change. */
@Injectable()
export class RoomKeeper {
  constructor(
    private readonly rooms: RoomRepository,
    private readonly channel: RoomChannel,
  ) {}

  /** @throws AppError not-found `chat.room-not-found` for whoever is no member */
  async enter(tx: Transaction, roomId: string, { userId }: Caller, others: string[] = []): Promise<Entered> {
    const found = await this.rooms.lock(tx, roomId, [userId, ...others]);
    const me = found?.members.find((member) => member.userId === userId);
    if (!found || !me) throw roomNotFound();
    return { ...found, me };
  }

  /**
   * A locked room with somebody of it whom the caller may call to order: those who look after a room may, and of them an owner
   * alone another owner, and nobody themselves; who looks after all rooms may in any. `member` is null for who is not in the room.
   * @throws AppError not-found `chat.room-not-found`, forbidden `chat.moderators-only`, `chat.about-oneself`
   */
  async moderate(
    tx: Transaction,
    roomId: string,
    { userId }: Caller,
    overAll: boolean,
    otherId: string,
  ): Promise<{ room: Room; member: Member | null }> {
    const found = await this.rooms.lock(tx, roomId, [userId, otherId]);
    const me = found?.members.find((one) => one.userId === userId);
    if (!found || (!me && !overAll)) throw roomNotFound();
    const member = found.members.find((one) => one.userId === otherId) ?? null;
    if (!overAll && !(member ? mayRemove(me!.role, member.role) : looksAfter(me!.role))) throw notAllowed();
    if (!overAll && otherId === userId) throw aboutOneself();
    return { room: found.room, member };
  }

  /**
   * What holds of somebody in a locked room already, where the caller may change it.
   * @throws AppError forbidden `chat.decided-over-all`
   */
  async held(
    tx: Transaction,
    table: 'bans' | 'mutes',
    about: { roomId: string; userId: string; overAll: boolean },
  ): Promise<Held | null> {
    const held = await this.rooms.heldOver(tx, table, about.roomId, about.userId);
    if (held?.overAll && !about.overAll) throw decidedOverAll();
    return held;
  }

  async tell(
    tx: Transaction,
    roomId: string,
    type: RoomEventType,
    actorId: string | null,
    data: object,
  ): Promise<void> {
    // Clients are told its number: also where a worker writes, the commit is on the disk before.
    tx.later(`select set_config('synchronous_commit', 'on', true)`);
    const event = await this.rooms.addEvent(tx, { roomId, type, actorId, data: { ...data } });
    this.channel.tell(tx.tenantId, eventOf(event, null));
  }

  /** Takes a member out of a locked room, and finds an owner where the last one goes. */
  async takeOut(
    tx: Transaction,
    room: Room,
    { userId, role }: Member,
    actorId: string | null,
    reason: 'left' | 'removed' | 'banned',
    more: object = {},
  ): Promise<void> {
    await this.tell(tx, room.id, 'member.left', actorId, { userId, reason, ...more });
    if (role === 'owner') {
      const heir = await this.rooms.heir(tx, room.id, userId);
      if (heir !== null) {
        this.rooms.setRole(tx, room.id, heir, 'owner');
        await this.tell(tx, room.id, 'member.changed', actorId, { userId: heir, role: 'owner' });
      }
    }
    this.rooms.remove(tx, room.id, userId);
    this.channel.shut(tx.tenantId, room.id, userId);
  }
}
