import { foldWords, WordRules, type WordRule } from './word-rules';

const rules = (...given: [string, WordRule['action'], boolean?][]): WordRules =>
  new WordRules(
    given.map(([words, action, withinWords = false]) => ({ folded: foldWords(words), action, withinWords })),
  );

describe('rules of words', () => {
  it.each([
    ['a word', 'darn it', '**** it'],
    ['capitals', 'DaRN it', '**** it'],
    ['full-width letters', 'ｄａｒｎ it', '**** it'],
    ['a ligature', 'ﬁlth!', '****!'],
    ['signs that cannot be seen', 'da\u200Br\u00ADn', '**\u200B*\u00AD*'],
    ['a longer word', 'darned darnit undarn', 'darned darnit undarn'],
    ['punctuation around', '(darn), „darn“', '(****), „****“'],
    ['a decomposed accent, which counts', 'dar\u0303n', 'dar\u0303n'],
    ['sharp s', 'MASSE Maße', '***** ****'],
    ['final sigma', 'ΛΌΓΟΣ λόγος', '***** *****'],
    ['a phrase over a line break', 'buy  \n now!', '***  \n ***!'],
    ['an emoji with a skin', 'so 🖕🏽 there', 'so * there'],
    ['an emoji', 'so 🖕 there 👩‍👩‍👧', 'so * there 👩‍👩‍👧'],
    ['letters outside of the basic plane', '𝔡𝔞𝔯𝔫 𐐏𐐐', '**** 𐐏𐐐'],
    ['a script without spaces', '这是坏话吗', '这是**吗'],
    ['nothing', 'good day', 'good day'],
  ])('%s', (_what, text, expected) => {
    const words = rules(
      ['darn', 'mask'],
      ['filth', 'mask'],
      ['masse', 'mask'],
      ['λόγος', 'mask'],
      ['Buy Now', 'mask'],
      ['🖕', 'mask'],
      ['坏话', 'mask', true],
    );
    expect(words.judge(text)).toEqual({ blocked: false, flagged: false, text: expected });
  });

  it('refuse and flag, whatever else is covered', () => {
    const words = rules(['one', 'block'], ['two', 'flag'], ['three', 'mask'], ['two three', 'block']);
    expect(words.judge('One')).toEqual({ blocked: true, flagged: false, text: 'One' });
    expect(words.judge('TWO, three')).toEqual({ blocked: false, flagged: true, text: 'TWO, *****' });
    expect(words.judge('two three')).toEqual({ blocked: true, flagged: true, text: 'two *****' });
  });

  it('a text of the longest kind is judged once through', () => {
    const many = Array.from({ length: 500 }, (_, i): [string, 'mask', boolean] => [
      `${'a'.repeat(50)}${i}`,
      'mask',
      true,
    ]);
    expect(rules(...many).judge('a'.repeat(8_000)).text).toBe('a'.repeat(8_000));
  });

  it('however often all of them hit, and whatever is within another', () => {
    const primes = rules(
      ...Array.from({ length: 400 }, (_, i): [string, 'mask', boolean] => ['\u2032'.repeat(i + 1), 'mask', true]),
    );
    expect(primes.judge('\u2057'.repeat(8_000)).text).toBe('*'.repeat(8_000));
    const nested = rules(
      ['a', 'mask', true],
      ['ab', 'mask'],
      ['abc', 'flag'],
      ['bcd', 'mask', true],
      ['cd e', 'block'],
    );
    expect(nested.judge('abcd')).toEqual({ blocked: false, flagged: false, text: '****' });
    expect(nested.judge('ab abc abx xcd e cd e')).toEqual({
      blocked: true,
      flagged: true,
      text: '** *bc *bx xcd e cd e',
    });
  });

  it('find what a search for each of them by itself finds, over random texts', () => {
    let seed = 7;
    const lot = (below: number): number => (seed = (seed * 48_271) % 2_147_483_647) % below;
    const word = (longest: number): string => Array.from({ length: 1 + lot(longest) }, () => 'ab '[lot(3)]).join('');
    for (let round = 0; round < 200; round++) {
      const given = Array.from({ length: 1 + lot(8) }, () => ({
        folded: foldWords(`a${word(4)}`),
        withinWords: lot(2) === 0,
        action: (['block', 'mask', 'flag'] as const)[lot(3)],
      }));
      const said = word(20).replaceAll(/ +/g, ' ');
      const hits = given.flatMap((rule) =>
        [...said].flatMap((_, at) => {
          const [before, after] = [said[at - 1] ?? ' ', said[at + rule.folded.length] ?? ' '];
          const fits = said.startsWith(rule.folded, at) && (rule.withinWords || (before === ' ' && after === ' '));
          return fits ? [{ ...rule, at }] : [];
        }),
      );
      const masks = hits.filter(({ action }) => action === 'mask');
      expect({ given, said, ...new WordRules(given).judge(said) }).toEqual({
        ...{ given, said },
        blocked: hits.some(({ action }) => action === 'block'),
        flagged: hits.some(({ action }) => action === 'flag'),
        text: [...said]
          .map((sign, i) =>
            sign !== ' ' && masks.some(({ at, folded }) => at <= i && i < at + folded.length) ? '*' : sign,
          )
          .join(''),
      });
    }
  });

  it('without any, the text goes through untouched', () => {
    expect(new WordRules([]).judge('x\uD800').text).toBe('x\uD800');
  });
});
