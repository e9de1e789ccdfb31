const MARKS = /\p{Mn}+/gu;
const PUNCTUATION = /[\s!-/:-@[-`{-~]+/g;

/** A text as search and sorting compare it: lower case, without accents, punctuation and runs of space ("Gênève, 5" → "geneve 5"). */
export const fold = (text: string): string =>
  text.normalize('NFKD').replace(MARKS, '').toLowerCase().replace(PUNCTUATION, ' ').trim();

/** A text as part of an address: "Chef Anton's Cajun Seasoning" → "chef-anton-s-cajun-seasoning". Empty when nothing is left. */
export const slugOf = (text: string, maxLength = 100): string =>
  fold(text)
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, maxLength)
    .replace(/^-+|-+$/g, '');

/**
 * What PostgreSQL's `to_tsquery('simple', …)` is asked for a person's words: all of them, each as the beginning of a
 * word. Null when nothing searchable is left. Operators cannot get in: folding leaves neither quotes nor marks.
 */
export function prefixQuery(text: string): string | null {
  const words = fold(text).replaceAll("'", ' ').replaceAll('\\', ' ').split(' ').filter(Boolean).slice(0, 12);
  return words.length === 0 ? null : words.map((word) => `'${word}':*`).join(' & ');
}
