import { randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
/** Longer than the prefix of any capability, so that neither is taken for the other. */
const PREFIX = 'mainstay';
const ID = 22;
const SECRET = 43;
const CHECK = 6;
const FORM = new RegExp(
  `^${PREFIX}_(live|test)_([0-9A-Za-z]{${ID}})_([0-9A-Za-z]{${SECRET}})_([0-9A-Za-z]{${CHECK}})$`,
);

/** `live` keys belong to an installation in production, `test` keys to any other. */
export type KeyEnvironment = 'live' | 'test';

/**
 * A new API key for the key of this id: `mainstay_<live|test>_<id>_<256 random bits>_<CRC-32>`. The prefix lets
 * scanners of repositories find a lost one, the checksum tells a mistyped one without asking the database.
 */
export function makeApiKey(id: string, environment: KeyEnvironment): { text: string; lastFour: string } {
  const secret = base62(BigInt(`0x${randomBytes(32).toString('hex')}`), SECRET);
  const body = `${PREFIX}_${environment}_${base62(BigInt(`0x${id.replaceAll('-', '')}`), ID)}_${secret}`;
  return { text: `${body}_${checkOf(body)}`, lastFour: secret.slice(-4) };
}

/** The beginning of a key of this environment, as lists show it. */
export const keyPrefix = (environment: KeyEnvironment): string => `${PREFIX}_${environment}_`;

/** True for a text that is meant to be an API key, whole or not. */
export const looksLikeApiKey = (text: string): boolean => text.startsWith(`${PREFIX}_`);

/** The id in an API key; null when the text is none, or its checksum is wrong. */
export function readApiKey(text: string): { id: string; environment: KeyEnvironment } | null {
  const match = FORM.exec(text);
  if (!match) return null;
  const [, environment, encoded, , check] = match;
  if (checkOf(text.slice(0, -CHECK - 1)) !== check) return null;
  const digits = [...encoded].reduce((sum, letter) => sum * 62n + BigInt(ALPHABET.indexOf(letter)), 0n).toString(16);
  if (digits.length > 32) return null;
  const hex = digits.padStart(32, '0');
  const id = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
  return { id, environment: environment as KeyEnvironment };
}

const checkOf = (body: string): string => base62(BigInt(crc32(body)), CHECK);

function base62(value: bigint, length: number): string {
  let text = '';
  for (let rest = value; rest > 0n; rest /= 62n) text = ALPHABET[Number(rest % 62n)] + text;
  return text.padStart(length, '0');
}
