/**
 * JSON in canonical form: members sorted by UTF-16 code units, no white space, numbers as ECMAScript writes them.
 * Source: RFC 8785 (JSON Canonicalization Scheme).
 * @throws TypeError for what JSON cannot say: NaN, infinities, lone surrogates
 */
export function canonical(value: unknown): string {
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new TypeError('A number that JSON cannot say.');
    return JSON.stringify(value);
  }
  if (typeof value === 'string') {
    if (/\p{Surrogate}/u.test(value)) throw new TypeError('Half a surrogate pair is no text.');
    return JSON.stringify(value);
  }
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object') throw new TypeError(`JSON has no ${typeof value}.`);
  const members = value as Record<string, unknown>;
  // The default order of `sort` is that of UTF-16 code units.
  const names = Object.keys(members)
    .filter((name) => members[name] !== undefined)
    .sort();
  return `{${names.map((name) => `${JSON.stringify(name)}:${canonical(members[name])}`).join(',')}}`;
}
