const FORM = /^[A-HJ-NPR-Z0-9]{17}$/;
const WEIGHTS = [8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2];
const LETTERS: Record<string, number> = Object.fromEntries(
  [...'ABCDEFGH', ...'JKLMN', ...'STUVWXYZ'].map((letter) => [letter, 0]),
);
[...'ABCDEFGH'].forEach((letter, i) => (LETTERS[letter] = i + 1));
[...'JKLMN'].forEach((letter, i) => (LETTERS[letter] = i + 1));
LETTERS.P = 7;
LETTERS.R = 9;
[...'STUVWXYZ'].forEach((letter, i) => (LETTERS[letter] = i + 2));

/**
 * What is wrong with a vehicle identification number (ISO 3779), or null. Position 9 is a check digit where the law asks
 * for one: vehicles of North America (first sign 1 to 5, 49 CFR 565.15) and China (`L`, GB 16735); others use it freely.
 */
export function vinFault(vin: string): 'form' | 'check-digit' | null {
  if (!FORM.test(vin)) return 'form';
  if (!/^[1-5L]/.test(vin)) return null;
  return vin[8] === checkDigitOf(vin) ? null : 'check-digit';
}

/** Weighted sum modulo 11, 10 written `X`. */
export function checkDigitOf(vin: string): string {
  const sum = [...vin].reduce((all, sign, i) => all + (LETTERS[sign] ?? Number(sign)) * WEIGHTS[i], 0);
  return sum % 11 === 10 ? 'X' : String(sum % 11);
}
