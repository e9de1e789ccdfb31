import { isPostalCode } from 'class-validator';

/**
 * How codes are also written: with their country's prefix left out, without their hyphen or blank. What a person typed
 * in one of these ways is understood by every carrier.
 */
const ALSO: Record<string, (code: string) => string[]> = {
  AD: (code) => [`AD${code}`],
  AZ: (code) => [`AZ${code}`],
  HT: (code) => [`HT${code}`],
  IE: (code) => [`${code.slice(0, 3)} ${code.slice(3)}`],
  JP: (code) => [`${code.slice(0, 3)}-${code.slice(3)}`],
  LT: (code) => [`LT-${code.replace(/^LT/, '')}`],
  LV: (code) => [`LV-${code.replace(/^LV/, '')}`],
  PL: (code) => [`${code.slice(0, 2)}-${code.slice(2)}`],
  PT: (code) => [`${code.slice(0, 4)}-${code.slice(4)}`],
  US: (code) => [`${code.slice(0, 5)}-${code.slice(5)}`],
};

/**
 * True where a text may be a postal code of a country (ISO 3166-1 alpha-2), in any of the ways in which people write it;
 * also for countries of whose codes no form is known.
 */
export function isPostalCodeOf(code: string, country: string): boolean {
  const bare = code.toUpperCase().replace(/[\s-]/g, '');
  const forms = [code.trim(), code.trim().toUpperCase(), bare, ...(ALSO[country]?.(bare) ?? [])];
  try {
    // The type lists what the library knew when it was written; an unknown country throws.
    return forms.some((form) => isPostalCode(form, country as 'PT'));
  } catch {
    return true;
  }
}
