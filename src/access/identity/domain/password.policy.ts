import type { PasswordRules } from '../contracts/security-policy';
import { foldedPassword, type CommonPasswords } from './common-passwords';

/** Code points. Far above what anybody types; keeps normalising and hashing cheap. Nothing is ever cut. */
export const PASSWORD_MAX = 1000;

/** Guesses (as a power of ten) below which a password is refused however long it is. */
export const WEAKEST_GUESSES_LOG10 = 6;

/**
 * The form that is hashed: NFKC, so that one password typed on two systems is one password (NIST asks for it; ASVS
 * forbids any other change).
 */
export const normalizedPassword = (password: string): string => password.normalize('NFKC');

/** Why a password cannot be taken. */
export interface PasswordFault {
  reason: 'too-short' | 'too-long' | 'composition' | 'simple' | 'common' | 'context' | 'weak' | 'reused' | 'unchanged';
  /** A sentence for the person. */
  detail: string;
}

/** For whom a password is judged. */
export interface PasswordSubject {
  rules: PasswordRules;
  /** A second factor stands beside the password. */
  hasFactor?: boolean;
  /** Words that the password must not consist of: addresses, names of people, of the organization. */
  words?: string[];
}

const PRODUCT = 'mainstay';

/** Shortest password for this subject, in code points. */
export const shortestPassword = ({ rules, hasFactor = false }: PasswordSubject): number =>
  hasFactor ? rules.minLengthWithFactor : rules.minLength;

/**
 * Why a password is refused, or null when it is accepted. Length counts in code points, composition only where PCI DSS
 * asks for it; nothing is trimmed, folded or cut. How easily it is guessed is `PasswordStrength`'s question.
 */
export function passwordFault(
  password: string,
  subject: PasswordSubject,
  common: CommonPasswords,
): PasswordFault | null {
  const length = [...password].length;
  const shortest = shortestPassword(subject);
  if (length < shortest) return { reason: 'too-short', detail: `A password has at least ${shortest} characters.` };
  if (length > PASSWORD_MAX)
    return { reason: 'too-long', detail: `A password has at most ${PASSWORD_MAX} characters.` };
  if (subject.rules.lettersAndDigits && !(/\p{L}/u.test(password) && /\p{N}/u.test(password)))
    return { reason: 'composition', detail: 'A password has letters and digits here.' };
  const folded = foldedPassword(password);
  if (new Set(folded).size < 3) return { reason: 'simple', detail: 'This password is one or two characters repeated.' };
  if (common.has(folded)) return { reason: 'common', detail: 'This password is among the first that everybody tries.' };
  if (isMadeOf(folded, [PRODUCT, ...(subject.words ?? []), ...subject.rules.blockedWords]))
    return {
      reason: 'context',
      detail: 'This password is made of your name, your address or the name of the shop or product.',
    };
  return null;
}

/** True when nothing but digits, signs and a few letters is left besides the words. */
function isMadeOf(folded: string, words: string[]): boolean {
  let rest = folded;
  for (const word of contextWords(words)) rest = rest.replaceAll(word, '');
  if (rest === folded) return false;
  return rest.length < 3 || (rest.length <= 8 && rest.replace(/[^\p{L}]/gu, '').length < 3);
}

/** Words and their parts in the folded form, the longest first. */
function contextWords(words: string[]): string[] {
  const parts = words.flatMap((word) => {
    const at = word.lastIndexOf('@');
    const whole = at < 0 ? [word] : [word, word.slice(0, at), word.slice(at + 1), word.slice(at + 1).split('.')[0]];
    return [...whole, ...whole.flatMap((text) => text.split(/[^\p{L}\p{N}]+/u))];
  });
  const folded = parts.map(foldedPassword).filter((word) => word.length >= 3);
  return [...new Set(folded)].sort((a, b) => b.length - a.length);
}
