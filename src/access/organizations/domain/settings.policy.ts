/** Verticals that an organization switches on and off; all are on where nothing is said. */
export const FEATURES = ['commerce', 'fleet', 'dealership', 'fitness', 'ai', 'chat'] as const;
export type Feature = (typeof FEATURES)[number];

/** How others reach an organization. */
export interface Contact {
  email?: string;
  phone?: string;
  website?: string;
  address?: string;
}

/** What an organization says of itself and how it works. Absent: the default of whoever asks. */
export interface OrganizationSettings {
  /** BCP 47, canonical. */
  locale?: string;
  /** ISO 4217. */
  currency?: string;
  /** IANA name. */
  timeZone?: string;
  contact?: Contact;
  /** Origins of pages that may call the API for this organization. */
  corsOrigins?: string[];
  features?: { [Name in Feature]?: boolean };
}

/** The language tag in canonical form, or null for what is none. */
export function canonicalLocale(text: unknown): string | null {
  if (typeof text !== 'string' || text.length > 35) return null;
  try {
    return Intl.getCanonicalLocales(text)[0] ?? null;
  } catch {
    return null;
  }
}

/** True for a time zone of the IANA database; offsets are none. */
export function isTimeZone(text: unknown): boolean {
  if (typeof text !== 'string' || !/^[A-Za-z][\w+-]*(?:\/[\w+-]+)*$/.test(text)) return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone: text });
    return true;
  } catch {
    return false;
  }
}

/** An origin as browsers send it (`https://shop.example.org`), or null: no path, no wildcard, no credentials. */
export function canonicalOrigin(text: unknown): string | null {
  if (typeof text !== 'string' || text.length > 255) return null;
  try {
    const url = new URL(text);
    const plain = url.pathname === '/' && !url.search && !url.hash && !url.username && !url.password;
    if (!plain || !['https:', 'http:'].includes(url.protocol) || /[*?#@]/.test(text)) return null;
    return url.origin;
  } catch {
    return null;
  }
}
