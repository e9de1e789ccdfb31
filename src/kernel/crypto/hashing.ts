import { createHash, timingSafeEqual } from 'node:crypto';

/** SHA-256 of a text (UTF-8) or bytes. */
export const sha256 = (data: string | Uint8Array): Buffer => createHash('sha256').update(data).digest();

/** SHA-256 in lower-case hexadecimal. */
export const sha256Hex = (data: string | Uint8Array): string => createHash('sha256').update(data).digest('hex');

/**
 * Compares secrets without telling by time where they differ. Both sides are hashed first, so lengths are hidden too
 * and unequal lengths do not throw.
 */
export const safeEqual = (a: string | Uint8Array, b: string | Uint8Array): boolean =>
  timingSafeEqual(sha256(a), sha256(b));
