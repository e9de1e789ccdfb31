import { Global, Module } from '@nestjs/common';
import { io, type ManagerOptions, type Socket, type SocketOptions } from 'socket.io-client';
import { DeviceDoors } from '../../src/kernel/realtime/device-doors';
import { Presence } from '../../src/kernel/realtime/presence';
import { Realtime } from '../../src/kernel/realtime/realtime';
import { RoomRules } from '../../src/kernel/realtime/room-rules';
import { Typing } from '../../src/kernel/realtime/typing';
import { payloadFaults } from './event-schemas';

/** What would have gone out over sockets, in the order of sending. */
export const SENT: { to: string; event: string; payload: object }[] = [];

/** What was wrong with payloads by the document of events; each test of a file with this module fails on them. */
const faults: string[] = [];
afterEach(() => expect(faults.splice(0)).toEqual([]));

function note(to: string, event: string, payload: object): void {
  SENT.push({ to, event, payload });
  faults.push(...payloadFaults(event, payload));
}

const recorder: Omit<Realtime, 'server' | 'live'> = {
  toStaff: (tenantId, event, payload) => note(`staff:${tenantId}`, event, payload),
  toTenant: (tenantId, event, payload) => note(`tenant:${tenantId}`, event, payload),
  toUser: (tenantId, userId, event, payload) => note(`user:${tenantId}:${userId}`, event, payload),
  toRoom: (room, event, payload) => note(room, event, payload),
  toRooms: (rooms, event, payload) => rooms.forEach((room) => note(room, event, payload)),
  toRoomVolatile: (room, event, payload) => note(room, event, payload),
  join: (namespace, tenantId, userId, room) =>
    void SENT.push({ to: `user:${tenantId}:${userId}`, event: '(joins)', payload: { namespace, room } }),
  leave: (namespace, tenantId, userId, room) =>
    void SENT.push({ to: `user:${tenantId}:${userId}`, event: '(leaves)', payload: { namespace, room } }),
  connections: () => ({ sockets: 0, users: 0, tenants: 0 }),
};

/**
 * Stands in for the sockets where a test has no HTTP server; real sockets are tried through the built server. Presence
 * reads the database, where nobody is connected.
 */
@Global()
@Module({
  providers: [{ provide: Realtime, useValue: recorder }, RoomRules, DeviceDoors, Presence, Typing],
  exports: [Realtime, RoomRules, DeviceDoors, Presence, Typing],
})
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
