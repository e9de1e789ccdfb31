import { randomBytes } from 'node:crypto';

/** Crockford's base 32 without what is mistaken for something else: I, L, O and U are no letters of it. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const MISREAD: Record<string, string> = { O: '0', I: '1', L: '1' };
/** 75 random bits, and one letter that checks them. */
const LENGTH = 16;
/** Letters that are shown of a code. */
const TAIL = 4;

/** A new code, in groups of four: `7Q2M-...`. It is shown once and stored nowhere. */
export function newCode(): string {
  const body = [...randomBytes(LENGTH - 1)].map((byte) => ALPHABET[byte % 32]).join('');
  return (body + checkLetter(body)).match(/.{4}/g)!.join('-');
}

/**
 * A code as it was typed, in the form that is hashed: without hyphens and blanks, in capitals, misread letters mended.
 * Null where the letter that checks it says that it is none.
 */
export function canonicalCode(typed: string): string | null {
  const code = typed
    .toUpperCase()
    .replaceAll(/[\s-]/g, '')
    .replaceAll(/[OIL]/g, (letter) => MISREAD[letter]);
  if (code.length !== LENGTH || [...code].some((letter) => !ALPHABET.includes(letter))) return null;
  return checkLetter(code.slice(0, -1)) === code.at(-1) ? code : null;
}

/** The end of a code, by which people tell their cards apart. */
export const tailOf = (code: string): string => code.replaceAll('-', '').slice(-TAIL);

/** Luhn's algorithm modulo 32 (ISO/IEC 7812-1, Annex B, with N = 32): finds every wrong letter and most swapped ones. */
function checkLetter(body: string): string {
  let sum = 0;
  [...body].reverse().forEach((letter, index) => {
    const value = ALPHABET.indexOf(letter) * (index % 2 === 0 ? 2 : 1);
    sum += Math.floor(value / 32) + (value % 32);
  });
  return ALPHABET[(32 - (sum % 32)) % 32];
}
