import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../../kernel/database/transaction';
import { RoomChannel } from '../adapters/room-channel';
import { RoomRepository, type Member, type Room } from '../data/room.repository';
import type { Caller } from '../domain/caller';
import { roomNotFound } from '../domain/chat.errors';
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

  async tell(
    tx: Transaction,
    roomId: string,
    type: RoomEventType,
    actorId: string | null,
    data: object,
  ): Promise<void> {
    const event = await this.rooms.addEvent(tx, { roomId, type, actorId, data: { ...data } });
    this.channel.tell(tx.tenantId, eventOf(event, null));
  }

  /** Takes a member out of a locked room, and finds an owner where the last one goes. */
  async takeOut(
    tx: Transaction,
    room: Room,
    { userId, role }: Member,
    actorId: string | null,
    reason: 'left' | 'removed',
  ): Promise<void> {
    await this.tell(tx, room.id, 'member.left', actorId, { userId, reason });
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
