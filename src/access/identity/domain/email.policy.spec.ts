import { normalizeEmail } from './email.policy';

describe('addresses', () => {
  it.each([
    [' Ada@Example.ORG ', 'ada@example.org'],
    ['a.b+c@example.org', 'a.b+c@example.org'],
    ['jörg@münchen.example', 'jörg@xn--mnchen-3ya.example'],
    ['jo\u0308rg@example.org', 'jörg@example.org'],
  ])('%j compares as %j', (given, normal) => {
    expect(normalizeEmail(given)).toBe(normal);
  });

  it.each([
    '',
    'a',
    '@',
    'a@',
    '@b',
    'a@b@c',
    'a b@c.d',
    'a@b..c',
    'a@.b',
    'a@b.',
    'a\n@b.c',
    'a@b.c\0',
    '<a@b.c>',
    `${'a'.repeat(65)}@b.c`,
    `a@${'b'.repeat(250)}.c`,
    'a\u200b@b.c',
  ])('refuses %j', (given) => {
    expect(normalizeEmail(given)).toBeNull();
  });
});
