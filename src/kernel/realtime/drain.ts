import { randomInt } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Server } from 'socket.io';
import type { LiveConnection } from './live-connection';

/** Connections that are closed each second at most where there is time (a client needs a few milliseconds to come back elsewhere). */
const PER_SECOND = 400;
/** Between two waves (milliseconds). */
const WAVE_MS = 100;
/** No longer than this, and than this part of the time that the process has to end. */
const MOST_MS = 10_000;
const PART_OF_SHUTDOWN = 1 / 3;
/** Clients that were told wait at least so long, so that they do not come back before they are sent away. */
const LEAST_RETRY_MS = 250;

/** How long the clients of a process are sent away for (milliseconds). */
export const drainMs = (connections: number, shutdownMs: number): number =>
  Math.min((connections / PER_SECOND) * 1_000, MOST_MS, shutdownMs * PART_OF_SHUTDOWN);

/**
 * Tells every client to move (`server.draining {retryAfterMs}`, each another time), then closes the connections in
 * waves, in the order in which clients were told to come back. The transport is closed, not the socket: clients that
 * know nothing of the event come back by themselves, by their own back-off.
 */
export async function drainConnections(
  io: Server,
  connections: Iterable<LiveConnection> & { readonly size: number },
  shutdownMs: number,
): Promise<void> {
  const withinMs = drainMs(connections.size, shutdownMs);
  const leaving: { at: number; connection: LiveConnection }[] = [];
  const told = new Map<unknown, number>();
  for (const connection of connections) {
    const at = withinMs < 1 ? 0 : randomInt(Math.ceil(withinMs));
    leaving.push({ at, connection });
    told.set(connection.conn, at);
  }
  for (const { sockets } of io._nsps.values())
    for (const socket of sockets.values())
      socket.emit('server.draining', { retryAfterMs: LEAST_RETRY_MS + (told.get(socket.conn) ?? 0) });
  leaving.sort((a, b) => a.at - b.at);
  let next = 0;
  for (let passed = 0; next < leaving.length; passed += WAVE_MS) {
    for (; next < leaving.length && leaving[next].at <= passed; next++) {
      const { connection } = leaving[next];
      connection.endedFor ??= 'draining';
      connection.conn.close();
    }
    if (next < leaving.length) await pause(WAVE_MS);
  }
  // Who was not identified yet, and who has connected meanwhile in spite of the closed door.
  io.local.disconnectSockets(true);
}
