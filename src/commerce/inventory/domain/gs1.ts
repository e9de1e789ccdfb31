/**
 * Element strings of the GS1 General Specifications: GTIN (01), expiry (17), batch or lot (10), and a shop's own number
 * (91) where an item has no GTIN.
 */

/** The check digit of a GTIN without it: weights 3 and 1 from the right, up to the next ten (GS1 7.9). */
export function checkDigit(digits: string): number {
  const sum = [...digits].reverse().reduce((all, digit, index) => all + Number(digit) * (index % 2 === 0 ? 3 : 1), 0);
  return (10 - (sum % 10)) % 10;
}

/** True for a GTIN-8, -12, -13 or -14 whose check digit is right. */
export const isGtin = (text: string): boolean =>
  /^(?:\d{8}|\d{12,14})$/.test(text) && checkDigit(text.slice(0, -1)) === Number(text.at(-1));

/**
 * GS1 character set 82, as a batch number of at most 20 and a shop's own number of at most 30 may use it; without
 * parentheses, which cannot be told from those of the text beneath the bars.
 */
const BATCH = /^[!"%&'*+,\-./0-9:;<=>?A-Z_a-z]{1,20}$/;
const OWN = /^[!"%&'*+,\-./0-9:;<=>?A-Z_a-z]{1,30}$/;

/** What a label says. */
export interface LabelFacts {
  sku: string;
  gtin: string | null;
  lotNumber: string | null;
  expiresAt: Date | null;
}

export interface Element {
  ai: '01' | '91' | '17' | '10';
  value: string;
}

/**
 * The elements of a label, those of fixed length first. Expiry is the day in UTC.
 * @returns null where a number cannot be written in GS1's characters, or is too long
 */
export function elementsOf({ sku, gtin, lotNumber, expiresAt }: LabelFacts): Element[] | null {
  const elements: Element[] = [];
  const item = gtin ?? (isGtin(sku) ? sku : null);
  if (item) elements.push({ ai: '01', value: item.padStart(14, '0') });
  if (expiresAt) elements.push({ ai: '17', value: expiresAt.toISOString().slice(2, 10).replaceAll('-', '') });
  if (lotNumber) {
    if (!BATCH.test(lotNumber)) return null;
    elements.push({ ai: '10', value: lotNumber });
  }
  if (!item) {
    if (!OWN.test(sku)) return null;
    elements.push({ ai: '91', value: sku });
  }
  return elements;
}

/** As people read it: `(01)04012345678901(17)270301(10)L2026-117`. */
export const readable = (elements: readonly Element[]): string =>
  elements.map(({ ai, value }) => `(${ai})${value}`).join('');
