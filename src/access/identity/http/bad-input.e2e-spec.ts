import { newId } from '../../../kernel/ids/ids';
import { TestClient } from '../../../../test/support/client';
import { server } from '../../../../test/support/server';
import { openShop, PASSWORD, type Shop } from '../../../../test/support/shop';

interface Problem {
  code: string;
  detail: string;
}

describe('bad input to accounts', () => {
  let anybody: TestClient;
  let shop: Shop;
  beforeAll(async () => {
    const { url } = await server();
    anybody = new TestClient(url);
    shop = await openShop(url, 'Bad input');
  });
  const TEXTS = [
    '/auth/register',
    '/auth/login',
    '/auth/forgot-password',
    '/auth/reset-password',
    '/auth/verify-email/resend',
  ];
  const OWN = ['/auth/change-password', '/auth/email-change', '/auth/account/disable', '/auth/account/delete'];
  const good = (path: string): Record<string, unknown> => ({
    email: `bad-${newId().slice(-12)}@example.com`,
    ...(/register|login|reset|email-change|account/.test(path) ? { password: PASSWORD } : {}),
    ...(/register/.test(path) ? { name: 'Bad', organizationName: 'Input' } : {}),
    ...(/reset/.test(path) ? { token: 'x', email: undefined } : {}),
    ...(/change-password/.test(path) ? { currentPassword: PASSWORD, newPassword: PASSWORD, email: undefined } : {}),
    ...(/account/.test(path) ? { email: undefined } : {}),
  });
  const clear = ({ code, detail }: Problem): boolean => Boolean(code && detail) && !/SQL|select |stack/.test(detail);
  const own = (path: string): TestClient => (OWN.includes(path) ? shop.asOwner : anybody);

  it.each([...TEXTS, ...OWN])('of POST %s gets a clear problem', async (path) => {
    const body = good(path);
    const names = Object.keys(body).filter((name) => body[name] !== undefined);
    const bodies: unknown[] = [[], 'null', '1', '"text"', '{', ''];
    for (const name of names)
      for (const value of [null, 1, true, [], {}, ['a'], { $gt: '' }, 'x'.repeat(5_000)])
        bodies.push({ ...body, [name]: value });
    bodies.push({ ...body, isAdmin: true }, { ...body, platformRole: 'operator' });
    for (const name of ['__proto__', 'prototype'])
      bodies.push(`{"${name}": {"admin": true}, ${JSON.stringify(body).slice(1)}`);
    for (const bad of bodies) {
      const headers = { 'content-type': 'application/json' };
      const answer = await own(path).call<Problem>('POST', path, bad, { headers });
      expect([JSON.stringify(bad).slice(0, 120), answer.status]).toEqual([JSON.stringify(bad).slice(0, 120), 400]);
      expect(clear(answer.body)).toBe(true);
    }
  });

  it('of a megabyte is refused unread', async () => {
    for (const path of TEXTS) {
      const answer = await anybody.post<Problem>(path, { ...good(path), password: 'x'.repeat(2 ** 20) });
      expect([path, answer.status]).toEqual([path, 413]);
    }
  });

  it('of unlikely addresses is refused or answered as for any other', async () => {
    for (const email of [
      'a\u0000@b.example',
      'a@b.example\r\nBcc: c@d.example',
      '"a b"@c.example',
      'a@[127.0.0.1]',
      'аdmin@example.com',
      `${'a'.repeat(250)}@b.example`,
      '​a@b.example',
    ]) {
      const form = { ...good('/auth/register'), email };
      expect([201, 400]).toContain((await anybody.post('/auth/register', form)).status);
      expect([400, 401, 403]).toContain((await anybody.post('/auth/login', { email, password: PASSWORD })).status);
      expect([200, 400]).toContain((await anybody.post('/auth/forgot-password', { email })).status);
    }
  });

  it('of parameters twice, or that are none, is refused', async () => {
    for (const query of [
      'limit=1&limit=2',
      'limit=0',
      'limit=x',
      'sort=password',
      'result=none',
      'cursor=x',
      '__proto__[a]=1',
      'users=1',
    ])
      expect([query, (await shop.asOwner.get(`/auth/login-history?${query}`)).status]).toEqual([query, 400]);
    for (const query of ['q=a', 'status=gone', 'role=%27', 'q=x&q=y'])
      expect([query, (await shop.asOwner.get(`/users?${query}`)).status]).toEqual([query, 400]);
  });
});
