/**
 * A phone number in E.164 form, or null for what is none. Spaces, dashes, dots and brackets are dropped; the country
 * code must be there: guessing it would send codes to strangers.
 */
export function normalizePhone(text: string): string | null {
  const bare = text
    .trim()
    .replace(/[\s().-]/g, '')
    .replace(/^00/, '+');
  return /^\+[1-9]\d{7,14}$/.test(bare) ? bare : null;
}

/** What may be shown of a number: its last two digits. */
export const phoneHint = (phone: string): string => `•••• ${phone.slice(-2)}`;

/** What may be shown of an address: its first letter and its domain. */
export const emailHint = (email: string): string =>
  `${email.slice(0, 1)}•••@${email.slice(email.lastIndexOf('@') + 1)}`;
