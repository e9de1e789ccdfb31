import { randomBytes } from 'node:crypto';
import { sha256 } from '../../../kernel/crypto/hashing';

/** How many codes are given out at once. */
export const BACKUP_CODES = 10;
/** 15 bytes are 120 bits: above the 112 from which a plain hash keeps them (ASVS 6.5.2). */
const BYTES = 15;
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** Bytes in base32 (RFC 4648) without padding. */
function base32(bytes: Uint8Array): string {
  let bits = '';
  for (const byte of bytes) bits += byte.toString(2).padStart(8, '0');
  return (bits.match(/.{1,5}/g) ?? []).map((five) => ALPHABET[Number.parseInt(five.padEnd(5, '0'), 2)]).join('');
}

/** A new set of codes, 24 characters each. */
export const newBackupCodes = (): string[] => Array.from({ length: BACKUP_CODES }, () => base32(randomBytes(BYTES)));

/** The stored form of a code as somebody typed it: case, spaces and dashes do not matter. Null for what is no code. */
export function backupCodeHash(typed: string): Buffer | null {
  const code = typed.replace(/[\s-]/g, '').toUpperCase();
  return /^[A-Z2-7]{24}$/.test(code) ? sha256(code) : null;
}
