import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { apiDocument } from '../support/openapi';
import { mailTo, PASSWORD } from '../support/shop';
import { installation, type Installation } from './world';

const GOOD = [
  PASSWORD,
  'correct horse battery staple tuesday',
  ' leading and trailing blanks ',
  'пароль на русском языке длинный',
  '木漏れ日の中を静かに歩いていく午後の人',
  '🦊🐻🐼🦁 four animals and a fox',
  'x'.repeat(3) + ' marks the spot on the old map',
  `${'long sentence '.repeat(9)}end`.slice(0, 128),
  'NoDigitsNoSymbolsAtAllHere',
  'onlylowercaselettersinthisone',
  '9174 0023 8841 7723 1009',
  'tab\tinside of a long password',
];
const BAD = [
  '',
  'short',
  '1234567890',
  'password',
  'passwordpassword',
  'password123password123',
  '123456789012345',
  'qwertyuiopasdfghjkl',
  'aaaaaaaaaaaaaaaaaaaa',
  'iloveyouiloveyou',
  'letmeinletmeinletmein',
  'mainstaymainstay',
];

describe('passwords', () => {
  let here: Installation;
  let admin: Client;
  beforeAll(async () => {
    here = await installation();
    admin = new Client({ connectionString: here.database.superuserUrl });
    await admin.connect();
  }, 120_000);
  afterAll(async () => {
    await admin.end();
    here.stop();
  });
  const register = async (password: unknown, email = `pw-${randomUUID()}@example.com`) => {
    const answer = await here
      .at()
      .as({ tenant: here.shop.slug })
      .post('/auth/register', { email, password, name: 'Person' });
    return { email, status: answer.status };
  };
  const verify = async (email: string): Promise<void> => {
    await admin.query('update identity.users set email_verified_at = now() where email = $1', [email]);
  };
  const login = async (email: string, password: string): Promise<number> =>
    (await here.at().post('/auth/login', { email, password })).status;

  it('are taken as they are: long, in any script, with blanks, without rules of composition', async () => {
    for (const password of GOOD) expect([password, (await register(password)).status]).toEqual([password, 201]);
  });

  it('are refused when short, common, or made of common ones', async () => {
    for (const password of BAD) expect([password, (await register(password)).status]).toEqual([password, 400]);
    const named = [here.shop.name, here.shop.slug];
    for (const password of named) expect([password, (await register(password)).status]).toEqual([password, 400]);
  });

  it('of a thousand and of a million characters are judged without trouble', async () => {
    for (const length of [64, 128, 1_000, 1_000_000])
      expect([200, 201, 400, 413]).toContain(
        (
          await register(
            randomUUID()
              .repeat(length / 36 + 1)
              .slice(0, length),
          )
        ).status,
      );
    for (const password of [null, 1, [], {}, true]) expect((await register(password)).status).toBe(400);
  });

  it('are not trimmed or folded; composed and decomposed letters are one', async () => {
    const password = 'Äpfel und Öl im großen Café';
    const { email } = await register(password.normalize('NFD'));
    // The link of the mail makes the account.
    const token = /\/verify-email\/([\w-]+)/.exec((await mailTo(here.at(), email)).text)![1];
    await here.at().post(`/auth/verify-email/${token}`);
    await verify(email);
    expect(await login(email, password.normalize('NFC'))).toBe(200);
    for (const other of [password.toLowerCase(), ` ${password}`, `${password} `, password.slice(0, -1)])
      expect(await login(email, other)).toBe(401);
  });

  it('need no hint and no question, and an administrator never sees or chooses one', () => {
    const text = JSON.stringify(apiDocument());
    expect(text).not.toMatch(/security.?question|password.?hint|"hintQuestion"/i);
  });
});
