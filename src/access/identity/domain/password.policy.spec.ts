import { normalizedPassword, passwordFault } from './password.policy';

describe('passwords', () => {
  it.each([
    'correct horse battery staple',
    '🐎🔋📎🧵🪡🧷🪢🧶',
    ' leading and trailing ',
    'x1!xYz90',
    'ada-loves-engines-1843',
  ])('accepts %j', (password) => {
    expect(passwordFault(password, ['ada@example.org', 'Ada'])).toBeNull();
  });

  it.each([
    '',
    'short',
    '🐎🔋📎🧵🪡🧷🪢',
    'a'.repeat(1001),
    'aaaaaaaaaaaa',
    'abababababab',
    'PassWord123',
    'p a s s w o r d',
    'ada@example.org',
    'Mainstay1',
    'Adalovelace12',
  ])('refuses %j', (password) => {
    expect(passwordFault(password, ['ada@example.org', 'Ada Lovelace'])).toEqual(expect.any(String));
  });

  it('are one password in every Unicode form, and otherwise untouched', () => {
    expect(normalizedPassword('pa\u0308ssword')).toBe(normalizedPassword('pässword'));
    expect(normalizedPassword(' A ')).toBe(' A ');
  });
});
