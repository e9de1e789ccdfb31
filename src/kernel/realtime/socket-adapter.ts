import type { INestApplicationContext, WsMessageHandler } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { IoAdapter } from '@nestjs/platform-socket.io';
import type { Server as HttpServer } from 'node:http';
import type { Namespace, Server } from 'socket.io';
import { Config } from '../config/config';
import { EventDispatcher, type NestConnects } from './event-dispatcher';
import { RealtimeServer } from './realtime-server';
import type { DeclaredClientEvent } from './socket-events';
import { CLIENT_EVENT } from './socket-events';
import type { IdentifiedSocket } from './socket-identity';

/** What an acknowledgement carries: the result, or the problem in the shape that HTTP has. */
export type { Ack } from './event-dispatcher';

const GATEWAY = 'websockets:is_gateway';
const MESSAGE = 'message';

/**
 * Puts Nest's gateways on the product's Socket.IO server. A socket that only listens costs nothing of Nest: handlers
 * are bound to it with its first event.
 */
export class SocketAdapter extends IoAdapter {
  private readonly server: RealtimeServer;
  private readonly dispatcher: EventDispatcher;
  private attached = false;
  private declared: Map<string, DeclaredClientEvent> | null = null;

  constructor(private readonly app: INestApplicationContext) {
    super(app);
    this.server = app.get(RealtimeServer);
    this.dispatcher = app.get(EventDispatcher);
  }

  override createIOServer(): Server {
    if (!this.attached && this.app.get(Config).roles.has('realtime')) {
      this.server.attach(this.httpServer as HttpServer);
      this.attached = true;
    }
    return this.server.io;
  }

  override bindClientConnect(server: Server | Namespace, callback: NestConnects): void {
    const namespace = 'of' in server ? server.of('/') : server;
    this.dispatcher.serve(namespace, callback, this.declarations());
  }

  override bindMessageHandlers(socket: IdentifiedSocket, handlers: WsMessageHandler[]): void {
    this.dispatcher.bind(socket, handlers);
  }

  /** The server is closed by its owner, which knows what else uses it. */
  override async close(): Promise<void> {}
  override async dispose(): Promise<void> {}

  /** What gateways say of their events, by name; the same event is declared alike wherever it is. */
  private declarations(): Map<string, DeclaredClientEvent> {
    if (this.declared) return this.declared;
    this.declared = new Map();
    for (const { metatype } of this.app.get(DiscoveryService, { strict: false }).getProviders()) {
      if (typeof metatype !== 'function' || !Reflect.hasMetadata(GATEWAY, metatype)) continue;
      const prototype = metatype.prototype as Record<string, unknown>;
      if (typeof prototype.handleConnection === 'function')
        throw new Error(`${metatype.name}: use Rooms.own() in place of handleConnection, which would run late.`);
      for (const name of Object.getOwnPropertyNames(prototype)) {
        const method = Object.getOwnPropertyDescriptor(prototype, name)?.value as unknown;
        if (typeof method !== 'function' || !Reflect.hasMetadata(MESSAGE, method)) continue;
        const declared = Reflect.getMetadata(CLIENT_EVENT, method) as DeclaredClientEvent | undefined;
        if (!declared) throw new Error(`${metatype.name}.${name}: declare the event with @ClientEvent().`);
        this.declared.set(declared.name, declared);
      }
    }
    return this.declared;
  }
}
