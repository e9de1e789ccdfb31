import { Injectable } from '@nestjs/common';
import { maybeContext } from '../../../kernel/context/request-context';
import { Realtime } from '../../../kernel/realtime/realtime';
import { userRoom } from '../../../kernel/realtime/rooms';
import type { RoomEvent } from '../domain/message';

/** The namespace of sockets that chat. */
export const NAMESPACE = '/chat';

/** The room of sockets that follow a chat room; the id is unique, the tenant stands in it for whoever reads it. */
export const socketRoom = (tenantId: string, roomId: string): string => `chat:${tenantId}:${roomId}`;

/**
 * Tells the sockets of a room what happened in it, once it is committed. Best effort: who misses an event sees by the next
 * one's number that one is missing, and asks for it.
 */
@Injectable()
export class RoomChannel {
  constructor(private readonly realtime: Realtime) {}

  tell(tenantId: string, event: RoomEvent): void {
    this.afterCommit(() => this.realtime.toRoom(socketRoom(tenantId, event.roomId), 'room.event', event, NAMESPACE));
  }

  /** Something of a room that is in no log, such as how far somebody has read. */
  hint(tenantId: string, roomId: string, name: string, payload: object): void {
    this.afterCommit(() => this.realtime.toRoom(socketRoom(tenantId, roomId), name, payload, NAMESPACE));
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
    this.afterCommit(() => this.realtime.leave(NAMESPACE, tenantId, userId, socketRoom(tenantId, roomId)));
    this.tellUser(tenantId, userId, 'room.left', { roomId });
  }

  private afterCommit(work: () => void): void {
    const open = maybeContext()?.transaction;
    if (open) open.afterCommit(work);
    else work();
  }
}
