/** Most that clients may keep with a person, as JSON text (bytes), and how deep it nests. */
export const PREFERENCES_BYTES = 8_192;
export const PREFERENCES_DEPTH = 5;

/** Names that programs would take for something else than data. */
const RESERVED = new Set(['__proto__', 'constructor', 'prototype']);

/**
 * Merges changes into preferences, one level deep; null takes a name away.
 * @returns the merged preferences, or a sentence that says what is wrong with them
 */
export function mergePreferences(
  present: Record<string, unknown>,
  changes: Record<string, unknown>,
): Record<string, unknown> | string {
  if (hasReserved(changes)) return 'Preferences cannot have a name like __proto__ or constructor.';
  const merged = Object.fromEntries(
    Object.entries({ ...present, ...changes }).filter(([, value]) => value !== null && value !== undefined),
  );
  if (depthOf(merged) > PREFERENCES_DEPTH) return `Preferences nest at most ${PREFERENCES_DEPTH} levels deep.`;
  if (Buffer.byteLength(JSON.stringify(merged)) > PREFERENCES_BYTES)
    return `Preferences are at most ${PREFERENCES_BYTES} bytes as JSON.`;
  return merged;
}

/** The canonical form of a language tag (BCP 47), or null. */
export function canonicalLocale(text: string): string | null {
  try {
    return Intl.getCanonicalLocales(text)[0] ?? null;
  } catch {
    return null;
  }
}

/** True for a time zone by its IANA name, or UTC. */
export function isTimeZone(text: string): boolean {
  // Offsets such as +01:00 are no zones: they do not know when summer begins.
  if (!/^[A-Za-z]/.test(text)) return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone: text });
    return true;
  } catch {
    return false;
  }
}

function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}

function hasReserved(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return Object.keys(value).some((name) => RESERVED.has(name)) || Object.values(value).some(hasReserved);
}
