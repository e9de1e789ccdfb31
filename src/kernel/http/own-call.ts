import { randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { safeEqual } from '../crypto/hashing';

const FIELD = 'x-mainstay-own-call';
const secret = randomBytes(32).toString('base64url');

/**
 * Header fields of a request that this process sends to its own port, which never leaves it: it need not come over HTTPS.
 * To any other process they say nothing.
 */
export const ownCallHeaders = (): Record<string, string> => ({ [FIELD]: secret });

/** True for a request that this process sent to itself. */
export function isOwnCall(headers: IncomingHttpHeaders): boolean {
  const told = headers[FIELD];
  return typeof told === 'string' && safeEqual(told, secret);
}
