import { Injectable } from '@nestjs/common';
import { logger } from '../telemetry/logger';
import { LiveConnections } from './live-connections';
import { RealtimeServer } from './realtime-server';
import { staffRoom, tenantRoom, userRoom } from './rooms';

/** Live connections of this process. */
export interface Connections {
  sockets: number;
  users: number;
  tenants: number;
}

/**
 * Sends events to sockets, whichever process they are connected to. Best effort, for what a client could also read:
 * call it after the commit (`tx.afterCommit`). Never throws.
 */
@Injectable()
export class Realtime {
  constructor(
    private readonly server: RealtimeServer,
    private readonly live: LiveConnections,
  ) {}

  /** To those who run the shop. */
  toStaff(tenantId: string, event: string, payload: object): void {
    this.toRoom(staffRoom(tenantId), event, payload);
  }

  /** To everybody signed in to the tenant, its customers included. */
  toTenant(tenantId: string, event: string, payload: object): void {
    this.toRoom(tenantRoom(tenantId), event, payload);
  }

  /** To every device of one user in one tenant. */
  toUser(tenantId: string | null, userId: string, event: string, payload: object): void {
    this.toRoom(userRoom(tenantId, userId), event, payload);
  }

  /** To a room of a namespace; the root one is `/`. */
  toRoom(room: string, event: string, payload: object, namespace = '/'): void {
    this.toRooms([room], event, payload, namespace);
  }

  /** To everybody in any of the rooms, once. */
  toRooms(rooms: readonly string[], event: string, payload: object, namespace = '/'): void {
    // Without a room it would go to everybody.
    if (rooms.length === 0) return;
    try {
      this.server.io
        .of(namespace)
        .to([...rooms])
        .emit(event, payload);
    } catch (error) {
      logger.warn({ err: error, event }, 'an event was not sent to sockets');
    }
  }

  /** As `toRoom`, but left out where a client is slow to take what it is sent: for what is soon untrue anyhow. */
  toRoomVolatile(room: string, event: string, payload: object, namespace = '/', exceptRooms: string[] = []): void {
    try {
      this.server.io.of(namespace).volatile.to(room).except(exceptRooms).emit(event, payload);
    } catch (error) {
      logger.warn({ err: error, event }, 'an event was not sent to sockets');
    }
  }

  /**
   * Puts the live sockets of a user into a room of a namespace, on whichever process they are; those that connect later
   * enter by `RoomRules.own`.
   */
  join(namespace: string, tenantId: string | null, userId: string, room: string): void {
    this.server.io.of(namespace).in(userRoom(tenantId, userId)).socketsJoin(room);
  }

  /** Takes them out of it. */
  leave(namespace: string, tenantId: string | null, userId: string, room: string): void {
    this.server.io.of(namespace).in(userRoom(tenantId, userId)).socketsLeave(room);
  }

  connections(): Connections {
    const { size, users, tenants } = this.live;
    return { sockets: size, users, tenants };
  }
}
