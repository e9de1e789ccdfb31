import { commonPasswords } from '../adapters/common-password-list';
import { foldedPassword } from './common-passwords';
import { PASSWORD_BOUNDS, passwordSection } from './password-section.policy';
import { normalizedPassword, passwordFault, type PasswordSubject } from './password.policy';
import { DEFAULT_POLICY } from './security-policy';

const common = commonPasswords();
const words = ['ada.lovelace@example.org', 'Ada Lovelace', 'North Wind'];
const fault = (password: string, subject: Partial<PasswordSubject> = {}): string | null =>
  passwordFault(password, { rules: DEFAULT_POLICY.password, words, ...subject }, common)?.reason ?? null;

describe('passwords', () => {
  it.each([
    'correct horse battery staple',
    'a long walk by the harbour',
    '🐎🔋📎🧵🪡🧷🪢🧶🐎📎🔋🧵🪡🧷🪢',
    ' leading and trailing ',
    'tuesday lovelace engine 1843',
    'ÿ̈ ørken vâldi kæst',
    'p'.concat('qz7!m2 w'.repeat(2), 'plumb'),
  ])('accepts %j', (password) => {
    expect(fault(password)).toBeNull();
  });

  it.each([
    ['', 'too-short'],
    ['fourteen signs', 'too-short'],
    ['🐎🔋📎🧵🪡🧷🪢🧶🐎📎🔋🧵🪡🧷', 'too-short'],
    [`${'unusual '.repeat(125)}!`, 'too-long'],
    ['aaaaaaaaaaaaaaaa', 'simple'],
    ['abababababababab', 'simple'],
    ['123123123123123123', 'common'],
    ['PassWordPassWord', 'common'],
    ['p a s s w o r d 1 2 3 4 5 6 7', 'common'],
    ['passwordpasswordpassw', 'common'],
    ['sunshinefootball', 'common'],
    ['iloveyou20241231', 'common'],
    ['qwertyuiopasdfghjkl', 'common'],
    ['1qaz2wsx3edc4rfv5tgb', 'common'],
    ['zyxwvutsrqponmlkjihg', 'common'],
    ['ada.lovelace@example.org', 'context'],
    ['AdaLovelaceAdaLovelace', 'context'],
    ['lovelace-northwind-12', 'context'],
    ['Mainstay Mainstay 1!', 'context'],
  ])('judges %j as %s', (password, reason) => {
    expect(fault(password)).toBe(reason);
  });

  it('may be shorter beside a second factor, and have digits where PCI DSS asks for them', () => {
    expect(fault('vq8 kelp', { hasFactor: true })).toBeNull();
    expect(fault('vq8 kel', { hasFactor: true })).toBe('too-short');
    const rules = passwordSection.resolve({ profile: 'pci', blockedWords: ['Kelpworks'] });
    expect(fault('vermilion kelp', { rules })).toBe('composition');
    expect(fault('vermilion kelp 9', { rules })).toBeNull();
    expect(fault('kelpworks kelpworks 99', { rules })).toBe('context');
    expect(fault('kelp 9 mild', { rules })).toBe('too-short');
  });

  it('are one password in every Unicode form, and otherwise untouched', () => {
    expect(normalizedPassword('pa\u0308ssword')).toBe(normalizedPassword('pässword'));
    expect(normalizedPassword(' A ')).toBe(' A ');
  });
});

describe('the list of common passwords', () => {
  const minima = Array.from({ length: PASSWORD_BOUNDS.longestMinimum - 7 }, (_, i) => i + 8);

  it.each(minima)('has 3,000 of at least %i characters, and knows each of them', (length) => {
    expect(common.count(length)).toBeGreaterThanOrEqual(3_000);
    const seen = new Set<string>();
    for (const password of common.from(length)) {
      if (password.length < length || !common.has(foldedPassword(password)))
        throw new Error(`${password} is not known`);
      seen.add(password);
      if (seen.size === 3_000) break;
    }
    expect(seen.size).toBe(3_000);
  });

  it('has an entry for what is long, and none for what is merely made of words', () => {
    expect(common.has(foldedPassword('correct horse battery staple'))).toBe(false);
    expect(common.has('password')).toBe(true);
    expect(common.has('vermilionkelp')).toBe(false);
  });
});
