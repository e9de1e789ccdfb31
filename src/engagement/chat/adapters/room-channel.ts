import { Injectable } from '@nestjs/common';
import { maybeContext } from '../../../kernel/context/request-context';
import { Realtime } from '../../../kernel/realtime/realtime';
import { userRoom } from '../../../kernel/realtime/rooms';
import type { RoomEvent } from '../domain/message';
import { ReadReceipts } from './read-receipts';
import { NAMESPACE, socketRoom } from './socket-room';

/**
 * Tells the sockets of a room what happened in it, once it is committed. Best effort: who misses an event sees by the next
 * one's number that one is missing, and asks for it.
 */
@Injectable()
export class RoomChannel {
  constructor(
    private readonly realtime: Realtime,
    private readonly receipts: ReadReceipts,
  ) {}

  tell(tenantId: string, event: RoomEvent): void {
    this.afterCommit(() => {
      // What was read before the event is told before it.
      this.receipts.tell(tenantId, event.roomId);
      this.realtime.toRoom(socketRoom(tenantId, event.roomId), 'room.event', event, NAMESPACE);
    });
  }

  /** Somebody shows how far it has read; it is in no log, and told together with what others show at that time. */
  receipt(tenantId: string, roomId: string, userId: string, seq: number): void {
    this.afterCommit(() => this.receipts.add(tenantId, roomId, userId, seq));
  }

  /** To every device of one person. */
  tellUser(tenantId: string, userId: string, name: string, payload: object): void {
    this.afterCommit(() => this.realtime.toRoom(userRoom(tenantId, userId), name, payload, NAMESPACE));
  }

  /** Somebody is a member from now on: its sockets follow the room, on whichever process they are. */
  open(tenantId: string, roomId: string, userId: string): void {
    this.afterCommit(() => this.realtime.join(NAMESPACE, tenantId, userId, socketRoom(tenantId, roomId)));
    this.tellUser(tenantId, userId, 'room.joined', { roomId });
  }

  /** Somebody is no member any more: none of its sockets follows the room. */
  shut(tenantId: string, roomId: string, userId: string): void {
    this.afterCommit(() => {
      this.receipts.tell(tenantId, roomId);
      this.realtime.leave(NAMESPACE, tenantId, userId, socketRoom(tenantId, roomId));
    });
    this.tellUser(tenantId, userId, 'room.left', { roomId });
  }

  private afterCommit(work: () => void): void {
    const open = maybeContext()?.transaction;
    if (open) open.afterCommit(work);
    else work();
  }
}
