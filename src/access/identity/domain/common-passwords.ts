/** How many of the list count as words of which two in a row are no better than one. */
const TOP = 10_000;
/** Shortest word of a pair, and shortest unit that is worth repeating. */
const SHORTEST_WORD = 3;
/** Digits and signs around a common word that make it no better: a year, a date, an exclamation mark. */
const MOST_DECORATION = 8;
/** Letters of a run along the keyboard or the alphabet, and how long a run is at least on average. */
const RUNS = [
  '1234567890',
  'qwertyuiop',
  'asdfghjkl',
  'zxcvbnm',
  'qwertzuiop',
  'yxcvbnm',
  'azertyuiop',
  'qsdfghjklm',
  'wxcvbn',
  'abcdefghijklmnopqrstuvwxyz',
  '1qaz',
  '2wsx',
  '3edc',
  '4rfv',
  '5tgb',
  '6yhn',
  '7ujm',
  '8ik,',
  '9ol.',
  '0p;/',
  '!@#$%^&*()',
  '1q2w3e4r5t6y7u8i9o0p',
  'qawsedrftgyhujikolp',
  'azsxdcfvgbhnjmk',
];
const AVERAGE_RUN = 4;

/** What administrators of shops and servers choose, and the lists do not have. */
const OWN_WORDS = ['changeme', 'changeit', 'letmein', 'welcome', 'administrator', 'default', 'secret', 'temporary'];

const STEPS = new Set<string>();
for (const run of RUNS) for (let i = 1; i < run.length; i++) STEPS.add(run[i - 1] + run[i]).add(run[i] + run[i - 1]);

/**
 * The form in which passwords are compared with lists and words; never the form that is hashed. NFKC, lower case,
 * without spaces.
 */
export const foldedPassword = (password: string): string =>
  password.normalize('NFKC').toLowerCase().replace(/\s+/gu, '');

/**
 * Passwords that many people use, and those that are made of them in a way that everybody tries first: decorated with
 * digits and signs, repeated, two joined, a walk over the keyboard. The list alone has 49,000 entries but only 41 of
 * 15 characters; so derived, there are thousands of every length, as ASVS 6.2.4 asks for.
 */
export class CommonPasswords {
  private readonly entries: Set<string>;
  private readonly top: Set<string>;
  /** How many there are of each length. */
  private readonly sizes: Map<number, number>;
  private readonly topSizes: Map<number, number>;

  /** @param list the most common first */
  constructor(list: readonly string[]) {
    const words = list.map(foldedPassword);
    this.entries = new Set([...words, ...OWN_WORDS]);
    this.top = new Set([...words.slice(0, TOP), ...OWN_WORDS].filter((word) => word.length >= SHORTEST_WORD));
    this.sizes = sizesOf(this.entries);
    this.topSizes = sizesOf(this.top);
  }

  /** @param folded in the form of `foldedPassword` */
  has(folded: string): boolean {
    if (this.isOne(folded)) return true;
    const unit = unitOf(folded);
    if (unit !== null && (unit.length <= AVERAGE_RUN || this.isOne(unit))) return true;
    const word = undecorated(folded);
    return word !== folded && word.length >= SHORTEST_WORD && this.isOne(word);
  }

  /** How many there are of at least `length` characters, the derived ones included. */
  count(length: number): number {
    // Each is there as it is, or repeated until it is long enough.
    let count = 0;
    for (const [size, some] of this.sizes) if (size >= Math.min(length, SHORTEST_WORD)) count += some;
    for (const [a, some] of this.topSizes)
      for (const [b, others] of this.topSizes) if (a + b >= length) count += some * others;
    return count;
  }

  /** Those of at least `length` characters, the most common first: as they are, repeated, joined. */
  *from(length: number): Generator<string> {
    for (const entry of this.entries) if (entry.length >= length) yield entry;
    for (const word of this.top) yield word.repeat(Math.max(2, Math.ceil(length / word.length)));
    for (const word of this.top)
      for (const other of this.top) if (word.length + other.length >= length) yield word + other;
  }

  private isOne(text: string): boolean {
    return this.entries.has(text) || this.isPair(text) || isWalk(text);
  }

  private isPair(text: string): boolean {
    for (let at = SHORTEST_WORD; at <= text.length - SHORTEST_WORD; at++)
      if (this.top.has(text.slice(0, at)) && this.top.has(text.slice(at))) return true;
    return false;
  }
}

function sizesOf(words: Iterable<string>): Map<number, number> {
  const sizes = new Map<number, number>();
  for (const { length } of words) sizes.set(length, (sizes.get(length) ?? 0) + 1);
  return sizes;
}

/** The smallest unit that, repeated, makes the text (the last one may be cut short); null when there is none. */
function unitOf(text: string): string | null {
  for (let size = 1; size <= text.length / 2; size++) {
    let same = true;
    for (let i = size; same && i < text.length; i++) same = text[i] === text[i - size];
    if (same) return text.slice(0, size);
  }
  return null;
}

/** The word within digits and signs; the whole text where too much is around it. */
function undecorated(text: string): string {
  const word = text.replace(/^[^\p{L}]+|[^\p{L}]+$/gu, '');
  return text.length - word.length <= MOST_DECORATION ? word : text;
}

/** True when the text goes along rows, columns or the alphabet, forwards or backwards, in few runs. */
function isWalk(text: string): boolean {
  if (text.length < 6) return false;
  let jumps = 0;
  let length = 1;
  for (let i = 1; i < text.length; i++) {
    if (STEPS.has(text[i - 1] + text[i]) || text[i] === text[i - 1]) {
      length += 1;
      continue;
    }
    jumps += 1;
    if (length < 3) return false;
    length = 1;
  }
  return (jumps + 1) * AVERAGE_RUN <= text.length + AVERAGE_RUN - 1;
}
