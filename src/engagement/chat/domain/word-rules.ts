/** What becomes of a message that has the words: it is refused, they are covered, or moderators look at it. */
export const WORD_ACTIONS = ['block', 'mask', 'flag'] as const;
export type WordAction = (typeof WORD_ACTIONS)[number];

/** Most rules of an organization. */
export const MOST_RULES = 500;
/** Longest words of a rule, as they are compared (UTF-16 units): NFKC makes many signs of some. */
export const LONGEST_RULE = 200;
/** What covers each sign of a masked word. */
const COVER = '*';

export interface WordRule {
  /** As `foldWords` makes it. */
  folded: string;
  /** Found within longer words too; needed where a script puts no spaces between words. */
  withinWords: boolean;
  action: WordAction;
}

const GRAPHEMES = new Intl.Segmenter('und', { granularity: 'grapheme' });
const IGNORABLE = /\p{Default_Ignorable_Code_Point}/gu;
const SPACE = /^\s+$/u;
const WORD_SIGN = /[\p{L}\p{N}\p{M}\p{Pc}]/u;

/**
 * One grapheme as rules compare it: NFKC (UAX #15) and case folded, without what cannot be seen. Upper case first makes lower
 * case a full folding (ß, ſ, final sigma); NFKC once more, as folding may leave a text that is not normalised.
 */
const foldOne = (grapheme: string): string =>
  grapheme.normalize('NFKC').replace(IGNORABLE, '').toUpperCase().toLowerCase().replaceAll('ς', 'σ').normalize('NFKC');

/** A text as rules compare it, with the grapheme that each of its code units came from. */
interface Folded {
  text: string;
  graphemes: string[];
  /** Index of the grapheme, for each code unit of `text`. */
  from: number[];
}

function foldText(text: string): Folded {
  const graphemes: string[] = [];
  const from: number[] = [];
  let folded = '';
  for (const { segment } of GRAPHEMES.segment(text)) {
    const one = SPACE.test(segment) ? ' ' : foldOne(segment);
    // A run of spaces is one.
    if (!(one === ' ' && folded.endsWith(' '))) {
      folded += one;
      for (let i = 0; i < one.length; i++) from.push(graphemes.length);
    }
    graphemes.push(segment);
  }
  return { text: folded, graphemes, from };
}

/** The words of a rule as they are compared; empty where nothing is left of them. */
export const foldWords = (words: string): string => foldText(words).text.trim();

export interface Judged {
  /** The message is refused. */
  blocked: boolean;
  /** Moderators look at it. */
  flagged: boolean;
  /** The text, with the words of masking rules covered. */
  text: string;
}

/** What becomes of words that are found: one bit an action, and the same anew where they must stand alone. */
const BIT: Record<WordAction, number> = { block: 1, mask: 2, flag: 4 };
const ALONE_SHIFT = 3;
const ACTIONS = 7;

/**
 * The rules of an organization, compiled: their words in order, so that all that begin alike lie side by side. From each place
 * of a text the stretch that fits is narrowed unit by unit. A text of n units costs at most n times the length of the longest
 * rule, however many rules there are and however often they hit; they take the memory of their words.
 *
 * Compares by NFKC and case folding, so that full-width letters, ligatures and capitals are no way around, nor are signs that
 * cannot be seen; accents count. A hit covers whole graphemes: no half of an emoji is left.
 */
export class WordRules {
  private readonly words: string[];
  private readonly actions: Uint8Array;

  constructor(rules: readonly WordRule[]) {
    const byWords = new Map<string, number>();
    for (const { folded, withinWords, action } of rules)
      byWords.set(folded, (byWords.get(folded) ?? 0) | (BIT[action] << (withinWords ? 0 : ALONE_SHIFT)));
    this.words = [...byWords.keys()].sort();
    this.actions = Uint8Array.from(this.words, (words) => byWords.get(words)!);
  }

  judge(text: string): Judged {
    if (this.words.length === 0) return { blocked: false, flagged: false, text };
    const folded = foldText(text);
    const bounds = new WordBounds(folded.text);
    // Where covered stretches of graphemes begin (+1) and have ended (-1).
    const edges = new Int32Array(folded.graphemes.length + 1);
    let [done, masks] = [0, 0];
    for (let start = 0; start < folded.text.length; start++) {
      // The longest words that are masked from here cover the shorter ones.
      let maskedTo = 0;
      this.find(folded.text, start, (actions, end) => {
        const apart = actions >> ALONE_SHIFT;
        const hit = (actions & ACTIONS) | (apart !== 0 && bounds.alone(start, end) ? apart : 0);
        done |= hit;
        if ((hit & BIT.mask) !== 0) maskedTo = end;
      });
      if (maskedTo === 0) continue;
      masks += 1;
      edges[folded.from[start]] += 1;
      edges[folded.from[maskedTo - 1] + 1] -= 1;
    }
    return {
      blocked: (done & BIT.block) !== 0,
      flagged: (done & BIT.flag) !== 0,
      text: masks === 0 ? text : covered(folded.graphemes, edges),
    };
  }

  /** Calls `hit` for all words that the text has from `start` on, the shortest first. */
  private find(text: string, start: number, hit: (actions: number, end: number) => void): void {
    const { words } = this;
    let [from, to] = [0, words.length];
    for (let depth = 0; from < to && start + depth < text.length; depth++) {
      const unit = text.charCodeAt(start + depth);
      // In order, as they are: where the first and the last go on alike, all between them do.
      if (words[from].charCodeAt(depth) !== unit || words[to - 1].charCodeAt(depth) !== unit) {
        from = this.firstFrom(from, to, depth, unit);
        to = this.firstFrom(from, to, depth, unit + 1);
      }
      if (from < to && words[from].length === depth + 1) {
        hit(this.actions[from], start + depth + 1);
        from += 1;
      }
    }
  }

  /** The first of these words, alike up to `depth`, that has this unit there or a greater one. */
  private firstFrom(from: number, to: number, depth: number, unit: number): number {
    while (from < to) {
      const middle = (from + to) >> 1;
      if (this.words[middle].charCodeAt(depth) < unit) from = middle + 1;
      else to = middle;
    }
    return from;
  }
}

function covered(graphemes: string[], edges: Int32Array): string {
  let depth = 0;
  return graphemes
    .map((grapheme, i) => {
      depth += edges[i];
      return depth > 0 && foldOne(grapheme).trim() !== '' ? COVER : grapheme;
    })
    .join('');
}

/** Where words begin and end in a folded text; each place is looked at once. */
class WordBounds {
  private readonly goesOn: Uint8Array;

  constructor(private readonly text: string) {
    this.goesOn = new Uint8Array(text.length + 1);
  }

  /** True where neither side of a hit goes on as a word. */
  alone(start: number, end: number): boolean {
    return !this.sign(start, true) && !this.sign(end, false);
  }

  /** True where a sign of a word is before this place, or behind it. */
  private sign(at: number, before: boolean): boolean {
    const [known, yes] = before ? [1, 2] : [4, 8];
    if ((this.goesOn[at] & known) === 0) {
      const { text } = this;
      const sign = before
        ? codePointBefore(text, at)
        : at < text.length
          ? String.fromCodePoint(text.codePointAt(at)!)
          : '';
      this.goesOn[at] |= known | (WORD_SIGN.test(sign) ? yes : 0);
    }
    return (this.goesOn[at] & yes) !== 0;
  }
}

function codePointBefore(text: string, at: number): string {
  if (at === 0) return '';
  const low = text.charCodeAt(at - 1);
  const pair = low >= 0xdc00 && low <= 0xdfff && at > 1;
  return text.slice(at - (pair ? 2 : 1), at);
}
