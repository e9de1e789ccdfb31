import { fold, prefixQuery, slugOf } from './fold';

describe('folding', () => {
  it.each([
    ['Gênève,  5', 'geneve 5'],
    ['ÅNGSTRÖM', 'angstrom'],
    ['Москва', 'москва'],
    ['NW-1/b', 'nw 1 b'],
    ['  ', ''],
  ])('folds %j to %j', (text, folded) => expect(fold(text)).toBe(folded));

  it('makes an address', () => {
    expect(slugOf("Chef Anton's Cajun Seasoning")).toBe('chef-anton-s-cajun-seasoning');
    expect(slugOf('Москва')).toBe('');
    expect(slugOf('a'.repeat(99) + ' b', 100)).toBe('a'.repeat(99));
  });

  it('asks for every word as a beginning, and lets no operator through', () => {
    expect(prefixQuery('Chef Ant')).toBe("'chef':* & 'ant':*");
    expect(prefixQuery("a' | !(b) \\ <-> 'c")).toBe("'a':* & 'b':* & 'c':*");
    expect(prefixQuery('!!')).toBeNull();
  });
});
