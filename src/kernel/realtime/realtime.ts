import { Injectable, type OnModuleInit } from '@nestjs/common';
import { logger } from '../telemetry/logger';
import { registerGauge } from '../telemetry/metrics';
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
export class Realtime implements OnModuleInit {
  constructor(private readonly server: RealtimeServer) {}

  onModuleInit(): void {
    registerGauge({
      name: 'realtime_connections',
      help: 'Sockets connected to this process.',
      read: () => this.connections().sockets,
    });
    registerGauge({
      name: 'realtime_users',
      help: 'Users with a socket connected to this process.',
      read: () => this.connections().users,
    });
  }

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
    try {
      this.server.io.of(namespace).to(room).emit(event, payload);
    } catch (error) {
      logger.warn({ err: error, event }, 'an event was not sent to sockets');
    }
  }

  connections(): Connections {
    const users = new Set<string>();
    const tenants = new Set<string>();
    let sockets = 0;
    for (const { data } of this.server.sockets()) {
      sockets += 1;
      if (data.principal?.userId) users.add(data.principal.userId);
      if (data.principal?.tenantId) tenants.add(data.principal.tenantId);
    }
    return { sockets, users: users.size, tenants: tenants.size };
  }
}
