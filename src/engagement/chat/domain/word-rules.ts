/** What becomes of a message that has the words: it is refused, they are covered, or moderators look at it. */
export const WORD_ACTIONS = ['block', 'mask', 'flag'] as const;
export type WordAction = (typeof WORD_ACTIONS)[number];

/** Most rules of an organization. */
export const MOST_RULES = 500;
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

interface Node {
  next: Map<string, Node>;
  rules: WordRule[];
}

export interface Judged {
  /** The message is refused. */
  blocked: boolean;
  /** Moderators look at it. */
  flagged: boolean;
  /** The text, with the words of masking rules covered. */
  text: string;
}

/**
 * The rules of an organization, compiled: the time it takes to judge a text hangs on its length and that of the longest rule, not on
 * how many rules there are. Compares by NFKC and case folding, so that full-width letters, ligatures and capitals are no way
 * around, nor are signs that cannot be seen; accents count. A hit covers whole graphemes: no half of an emoji is left.
 */
export class WordRules {
  private readonly root: Node = { next: new Map(), rules: [] };
  private readonly empty: boolean;

  constructor(rules: readonly WordRule[]) {
    this.empty = rules.length === 0;
    for (const rule of rules) {
      let node = this.root;
      for (const unit of rule.folded.split('')) {
        let next = node.next.get(unit);
        if (!next) node.next.set(unit, (next = { next: new Map(), rules: [] }));
        node = next;
      }
      node.rules.push(rule);
    }
  }

  judge(text: string): Judged {
    if (this.empty) return { blocked: false, flagged: false, text };
    const folded = foldText(text);
    const covered = new Set<number>();
    let [blocked, flagged] = [false, false];
    for (let start = 0; start < folded.text.length; start++) {
      let node: Node | undefined = this.root;
      for (let end = start; (node = node.next.get(folded.text[end]));) {
        end += 1;
        for (const { action, withinWords } of node.rules) {
          if (!withinWords && !standsAlone(folded.text, start, end)) continue;
          if (action === 'block') blocked = true;
          else if (action === 'flag') flagged = true;
          else for (let i = folded.from[start]; i <= folded.from[end - 1]; i++) covered.add(i);
        }
      }
    }
    const cover = (grapheme: string, i: number): string =>
      covered.has(i) && foldOne(grapheme).trim() !== '' ? COVER : grapheme;
    return { blocked, flagged, text: covered.size === 0 ? text : folded.graphemes.map(cover).join('') };
  }
}

/** True where neither side of a hit goes on as a word. */
function standsAlone(text: string, start: number, end: number): boolean {
  const before = codePointBefore(text, start);
  const after = end < text.length ? String.fromCodePoint(text.codePointAt(end)!) : '';
  return !(WORD_SIGN.test(before) || WORD_SIGN.test(after));
}

function codePointBefore(text: string, at: number): string {
  if (at === 0) return '';
  const low = text.charCodeAt(at - 1);
  const pair = low >= 0xdc00 && low <= 0xdfff && at > 1;
  return text.slice(at - (pair ? 2 : 1), at);
}
