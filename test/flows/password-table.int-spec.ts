import { AskForLinkCommand } from '../../src/access/identity/commands/ask-for-link';
import { ChangePasswordCommand } from '../../src/access/identity/commands/change-password';
import { RegisterCommand } from '../../src/access/identity/commands/register';
import { ResetPasswordCommand } from '../../src/access/identity/commands/reset-password';
import type { AppError } from '../../src/kernel/errors/app-error';
import { identityApp, type IdentityApp } from '../support/identity';
import { PASSWORD } from '../support/shop';

const REFUSED: Record<string, string[]> = {
  short: ['', ' ', 'a', '12345678', 'hunter2', 'Tr0ub4dor&3', 'fourteen chars', '🔑🔑🔑🔑🔑🔑🔑', 'ab\u0308'.repeat(4)],
  long: ['unusual words '.repeat(72), '🐎'.repeat(1_001)],
  simple: ['aaaaaaaaaaaaaaaa', '1111111111111111111', 'ababababababababab', ' '.repeat(20), '.'.repeat(500)],
  common: [
    'passwordpassword',
    'Password12345678',
    'P A S S W O R D 1 2 3 4 5 6 7',
    'iloveyouiloveyou',
    'qwertyuiopasdfgh',
    'QWERTYUIOPASDFGHJKLZXCVBNM',
    '1234567890123456',
    '098765432109876543210',
    'abcdefghijklmnopqrstuvwxyz',
    '1q2w3e4r5t6y7u8i9o0p',
    '1qaz2wsx3edc4rfv5tgb',
    'sunshinefootball',
    'princessprincess2024',
    'letmeinletmeinletmein',
    'changemechangeme',
    'administrator12345',
    'monkeymonkeymonkey!',
    'abc123abc123abc123',
    'ｐａｓｓｗｏｒｄｐａｓｓｗｏｒｄ',
    'dragondragondragon',
  ],
  context: [
    'table.person@example.org',
    'Table Person 2024!!',
    'TablePersonTablePerson',
    'mainstaymainstay1',
    'personpersonperson',
  ],
};
const ACCEPTED = [
  'correct horse battery staple',
  'seven quiet boats at anchor',
  ' leading space and trailing ',
  'kein Pferd trägt Hüte am Montag',
  'пять тихих лодок у причала',
  '静かな船が五つ並んでいる港の朝です',
  '🐎🔋📎🧵🪡🧷🪢🧶🐚🪵🪨🪴🪷🪸🪹',
  'no-digits-no-capitals-here',
  '8201 4417 9930 6652 zebra',
  'q8#Vt!2xLm@9wZr&4k',
  'quoth the raven, "evermore"',
  "'; drop table users; --",
  '<script>alert(1)</script>',
  '../../../../etc/passwd ok',
  'tab\there and newline\nthere',
  'null undefined NaN [object]',
  '{"$gt": ""} || true == true',
  'unusual words '.repeat(71).trim(),
  'a\u0308o\u0308u\u0308 combine to form umlauts',
  'Ünïcödé pássphràse wîth áccents',
];
const ALL = Object.values(REFUSED).flat();

describe('sixty passwords at every place where one is chosen', () => {
  let id: IdentityApp;
  beforeAll(async () => {
    id = await identityApp();
  });
  afterAll(() => id.close());
  const outcome = (work: Promise<unknown>): Promise<string> =>
    work.then(
      () => 'accepted',
      (error: unknown) => (error as AppError).code,
    );
  const register = (password: string, email = id.address()): Promise<string> =>
    outcome(
      id.as(() =>
        id.commands.execute(new RegisterCommand({ email, password, name: 'Table Person', organizationName: 'Sixty' })),
      ),
    );

  it('are sixty', () => {
    expect(ALL.length + ACCEPTED.length).toBeGreaterThanOrEqual(60);
  });

  it('are judged alike at registration, change and reset, and a refused one changes nothing', async () => {
    const email = 'table.person@example.org';
    await register(PASSWORD, email);
    await id.settle();
    await id.as(() => id.commands.execute(new AskForLinkCommand({ kind: 'reset-password', email })));
    await id.settle();
    const reset = (password: string): Promise<string> => {
      const token = id.tokenIn(email, 'reset-password');
      return outcome(id.as(() => id.commands.execute(new ResetPasswordCommand({ token, password }))));
    };
    for (const password of ALL)
      expect([password, await register(password, email)]).toEqual([password, 'identity.password-refused']);
    for (const password of ALL)
      expect([password, await reset(password)]).toEqual([password, 'identity.password-refused']);
    expect(await reset(PASSWORD)).toBe('accepted');
    const tokens = await id.logIn(email);
    const principal = await id.principalOf(tokens);
    const change = (currentPassword: string, newPassword: string): Promise<string> =>
      outcome(
        id.as(() => id.commands.execute(new ChangePasswordCommand({ currentPassword, newPassword })), {
          principal,
          tenantId: principal.tenantId,
        }),
      );
    for (const password of ALL)
      expect([password, await change(PASSWORD, password)]).toEqual([password, 'identity.password-refused']);
    let current = PASSWORD;
    for (const password of ACCEPTED) {
      expect([password, await change(current, password)]).toEqual([password, 'accepted']);
      expect([password, await outcome(id.logIn(email, password))]).toEqual([password, 'accepted']);
      current = password;
    }
    for (const password of ACCEPTED) expect([password, await register(password)]).toEqual([password, 'accepted']);
    // One password in every form of Unicode, and in no other way the same.
    const composed = 'Ünïcödé pássphràse wîth áccents'.normalize('NFC');
    expect(await outcome(id.logIn(email, composed.normalize('NFD')))).toBe('accepted');
    expect(await outcome(id.logIn(email, composed.toLowerCase()))).toBe('identity.invalid-credentials');
    expect(await outcome(id.logIn(email, ` ${composed}`))).toBe('identity.invalid-credentials');
  });
});
