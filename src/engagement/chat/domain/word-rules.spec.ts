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

  it('without any, the text goes through untouched', () => {
    expect(new WordRules([]).judge('x\uD800').text).toBe('x\uD800');
  });
});
