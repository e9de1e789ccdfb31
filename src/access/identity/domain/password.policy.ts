/** NIST SP 800-63B-4 and ASVS 6.2: length counts, composition does not; nothing is trimmed, folded or truncated. */
export const PASSWORD_MIN = 8;
/** Code points. Far above what anybody types; keeps normalising and hashing cheap. */
export const PASSWORD_MAX = 1000;

/**
 * The form that is hashed: NFKC, so that one password typed on two systems is one password (NIST asks for it; ASVS
 * forbids any other change).
 */
export const normalizedPassword = (password: string): string => password.normalize('NFKC');

/**
 * Why a password is refused, as a sentence, or null when it is accepted.
 * @param context words that the password must not be: the address and its parts, the user's and the product's name
 */
export function passwordFault(password: string, context: string[] = []): string | null {
  const length = [...password].length;
  if (length < PASSWORD_MIN) return `A password has at least ${PASSWORD_MIN} characters.`;
  if (length > PASSWORD_MAX) return `A password has at most ${PASSWORD_MAX} characters.`;
  const plain = (text: string): string => normalizedPassword(text).toLowerCase().replace(/\s+/g, '');
  const folded = plain(password);
  if (new Set(folded).size < 3) return 'This password is one or two characters repeated.';
  if (COMMON.has(folded)) return 'This password is one of the most common ones.';
  const words = ['mainstay', ...context.flatMap((word) => [word, word.split('@')[0]])].map(plain);
  if (words.some((word) => word.length >= 3 && folded.replaceAll(word, '').length < 3)) {
    return 'This password is your name, your address or the name of the product.';
  }
  return null;
}

/** The most common passwords that are long enough to be tried here at all. */
const COMMON = new Set(
  `12345678 123456789 1234567890 0123456789 87654321 987654321 11223344 123123123 12341234 123456abc 1q2w3e4r 1q2w3e4r5t
   1qaz2wsx qwertyuiop qwerty123 qwerty12345 qwertyui asdfghjkl zxcvbnm123 password password1 password12 password123
   password1234 passw0rd passw0rd123 p@ssw0rd p@ssword letmein123 welcome1 welcome123 iloveyou iloveyou1 sunshine
   sunshine1 princess1 football baseball superman batman123 trustno1 changeme changeme1 changeme123 administrator
   admin123 admin1234 admin12345 administrator1 abcdefgh abcd1234 abc12345 a1b2c3d4 aa123456 computer internet whatever
   starwars michelle jennifer corvette maverick mercedes startrek`
    .split(/\s+/)
    .filter(Boolean),
);
