import { fold } from '../../../kernel/text/fold';

/**
 * How texts are found: `plain` by their words, also by beginnings of words, so that the words lie readable in the database;
 * `blind` by a keyed digest of each word, so that only whole words are found and none is readable; `off` not at all.
 */
export const SEARCH_MODES = ['blind', 'plain', 'off'] as const;
export type SearchMode = (typeof SEARCH_MODES)[number];

/** Different words of one text that it is found by, and of one question. */
const MOST_WORDS = 500;
const MOST_ASKED = 8;
const LONGEST = 40;

/** The words of a text as search compares them, each once: lower case, without accents and punctuation. */
export const wordsOf = (text: string, most = MOST_WORDS): string[] =>
  [...new Set(fold(text).split(/[^\p{L}\p{N}]+/u))]
    .filter((word) => word !== '' && word.length <= LONGEST)
    .slice(0, most);

/** The words of a question. */
export const askedWords = (text: string): string[] => wordsOf(text, MOST_ASKED);

/** A text search for all these words; each is given in the forms that it may be stored in. Null for none. */
export function wordQuery(words: string[][], beginnings: boolean): string | null {
  if (words.length === 0) return null;
  const one = (form: string): string => `'${form}'${beginnings ? ':*' : ''}`;
  return words.map((forms) => `(${forms.map(one).join(' | ')})`).join(' & ');
}
