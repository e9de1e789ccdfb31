import { isSlug, slugFrom } from './slug.policy';

describe('slugs', () => {
  it.each([
    ['North Wind', 'north-wind'],
    ['  Café Zoë & Söhne GmbH ', 'cafe-zoe-sohne-gmbh'],
    ['Straße 7', 'strasse-7'],
    ['Admin', 'shop-admin'],
    ['寿司', 'shop'],
    ['!!!', 'shop'],
    ['x', 'shop-x'],
    ['xn--evil', 'xn-evil'],
    ['a'.repeat(200), 'a'.repeat(48)],
  ])('makes %j into %j', (name, slug) => {
    expect(slugFrom(name)).toBe(slug);
    expect(isSlug(slugFrom(name))).toBe(true);
  });

  it.each(['', 'A', 'a', '-a', 'a-', 'a_b', 'a b', 'www', 'xn--a', 'a'.repeat(64), "a'b", 'a\nb', 'é'])(
    'refuses %j',
    (slug) => {
      expect(isSlug(slug)).toBe(false);
    },
  );
});
