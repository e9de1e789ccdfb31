import { Global, Module } from '@nestjs/common';
import { io, type ManagerOptions, type Socket, type SocketOptions } from 'socket.io-client';
import { Realtime } from '../../src/kernel/realtime/realtime';

/** What would have gone out over sockets, in the order of sending. */
export const SENT: { to: string; event: string; payload: object }[] = [];

const recorder: Pick<Realtime, 'toStaff' | 'toUser' | 'toTenant' | 'toRoom'> = {
  toStaff: (tenantId, event, payload) => void SENT.push({ to: `staff:${tenantId}`, event, payload }),
  toTenant: (tenantId, event, payload) => void SENT.push({ to: `tenant:${tenantId}`, event, payload }),
  toUser: (tenantId, userId, event, payload) => void SENT.push({ to: `user:${tenantId}:${userId}`, event, payload }),
  toRoom: (room, event, payload) => void SENT.push({ to: room, event, payload }),
};

/** Stands in for the sockets where a test has no HTTP server; real sockets are tried through the built server. */
@Global()
@Module({ providers: [{ provide: Realtime, useValue: recorder }], exports: [Realtime] })
export class RecordedRealtimeModule {}

/** A socket of a server, once it is connected. @throws Error whose message is the code of the refusal */
export function connect(
  url: string,
  token: string | undefined,
  options: Partial<ManagerOptions & SocketOptions> = {},
): Promise<Socket> {
  const socket = io(url, {
    transports: ['websocket'],
    forceNew: true,
    reconnection: false,
    auth: token === undefined ? {} : { token },
    ...options,
  });
  return new Promise((resolve, reject) => {
    socket.once('connect', () => resolve(socket));
    socket.once('connect_error', (error) => {
      socket.close();
      reject(error);
    });
  });
}
