import type { Socket } from 'socket.io';
import type { LiveConnection } from './live-connection';

type Events = Record<string, (...args: unknown[]) => void>;

/** A socket of one namespace; its `data` is the connection with its verified holder, shared by all its namespaces. */
export type IdentifiedSocket = Socket<Events, Events, Record<string, never>, LiveConnection>;

/** @throws Error for a socket that never passed authentication, which is a programming fault */
export function identityOf(socket: Pick<IdentifiedSocket, 'data'>): LiveConnection {
  if (!(socket.data as Partial<LiveConnection>).claims) throw new Error('The socket has no identity.');
  return socket.data as LiveConnection;
}
