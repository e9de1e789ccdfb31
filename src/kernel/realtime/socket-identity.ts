import type { Socket } from 'socket.io';
import type { Verified } from '../auth/token-verifier';

/** What is kept with a socket: its token's claims and its holder, as last verified. */
export type IdentifiedSocket = Socket<
  Record<string, (...args: unknown[]) => void>,
  Record<string, (...args: unknown[]) => void>,
  Record<string, never>,
  Partial<Verified>
>;

/** @throws Error for a socket that never passed authentication, which is a programming fault */
export function identityOf(socket: Pick<IdentifiedSocket, 'data'>): Verified {
  const { claims, principal, keys } = socket.data;
  if (!claims || !principal) throw new Error('The socket has no identity.');
  return { claims, principal, keys };
}
