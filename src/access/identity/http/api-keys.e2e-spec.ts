import { randomUUID } from 'node:crypto';
import { expectStatus, TestClient, type Answer } from '../../../../test/support/client';
import { eventually } from '../../../../test/support/eventually';
import { connect } from '../../../../test/support/realtime';
import { server } from '../../../../test/support/server';
import { mailTo, openShop, PASSWORD, stock, type Login, type Shop } from '../../../../test/support/shop';

interface Key {
  id: string;
  secret: string;
  shown: string;
  status: string;
  scopes: string[];
  expiresAt: string;
  lastUsedAt: string | null;
  oldSecretUntil: string | null;
}
interface Problem {
  code: string;
  scopes?: string[];
}

describe('API keys over HTTP', () => {
  let url: string;
  let anybody: TestClient;
  let shop: Shop;

  beforeAll(async () => {
    ({ url } = await server());
    anybody = new TestClient(url);
    shop = await openShop(url, 'Keys');
  });

  const make = async (body: object, by: TestClient = shop.asOwner): Promise<Key> =>
    expectStatus(await by.post<Key>('/api-keys', { name: 'Test', ...body }), 201);
  const bearing = ({ secret }: { secret: string }): TestClient => anybody.as({ token: secret });
  const code = ({ body }: Answer<unknown>): string => (body as Problem).code;
  /** A member of the shop with a role. */
  const member = async (role: string): Promise<{ client: TestClient; memberId: string; login: Login }> => {
    const email = `keys-${randomUUID()}@example.com`;
    expectStatus(await shop.asGuest.post('/auth/register', { email, password: PASSWORD, name: 'Max' }), 201);
    const token = /\/verify-email\/([\w-]+)/.exec((await mailTo(anybody, email)).text)![1];
    expectStatus(await anybody.post(`/auth/verify-email/${token}`), 200);
    const members = await shop.asOwner.get<{ data: { id: string; email: string }[] }>('/members?limit=100');
    const memberId = members.body.data.find((one) => one.email === email)!.id;
    expectStatus(await shop.asOwner.call('PATCH', `/members/${memberId}`, { role }), 204);
    const login = expectStatus(await anybody.post<Login>('/auth/login', { email, password: PASSWORD }), 200);
    return { client: anybody.as({ token: login.accessToken }), memberId, login };
  };

  it('are told once, work as bearer tokens, and do what they are for', async () => {
    const key = await make({ scopes: ['products:read'] });
    expect(key.secret).toMatch(/^mainstay_test_[0-9A-Za-z]{22}_[0-9A-Za-z]{43}_[0-9A-Za-z]{6}$/);
    expect(key.shown).toBe(`mainstay_test_…${key.secret.split('_')[3].slice(-4)}`);
    const days = (Date.parse(key.expiresAt) - Date.now()) / 86_400_000;
    expect(days).toBeGreaterThan(89.9);
    expect(days).toBeLessThan(90.1);
    const program = bearing(key);
    expectStatus(await program.get('/products'), 200);
    expect([(await program.get('/orders')).status, (await program.post('/products', {})).status]).toEqual([403, 403]);
    const read = await shop.asOwner.get(`/api-keys/${key.id}`);
    const listed = await shop.asOwner.get(`/api-keys`);
    for (const answer of [read, listed]) {
      expectStatus(answer, 200);
      for (const part of [key.secret, key.secret.split('_')[3]]) expect(answer.text).not.toContain(part);
    }
    await eventually(async () => (await shop.asOwner.get<Key>(`/api-keys/${key.id}`)).body.lastUsedAt !== null);
  });

  it('are of no use for accounts and for other keys', async () => {
    const all = bearing(await make({ scopes: ['*'] }));
    expectStatus(await all.get('/orders'), 200);
    for (const path of ['/auth/profile', '/sessions', '/sessions/devices', '/api-keys'])
      expect(code(await all.get(path))).toBe('auth.session-required');
    expect(code(await all.post('/api-keys', { name: 'More', scopes: ['*'] }))).toBe('auth.session-required');
    expect((await all.post('/auth/switch', { organization: shop.slug })).status).toBe(403);
    expect((await all.post('/auth/logout', {})).status).toBe(401);
    expectStatus(await all.get('/orders'), 200);
  });

  it('hold no more than their owner, at each moment', async () => {
    const { client, memberId } = await member('staff');
    expect((await client.post('/api-keys', { name: 'Mine', scopes: ['products:read'] })).status).toBe(403);
    // An owner makes keys; what the owner loses, the key loses.
    expectStatus(await shop.asOwner.call('PATCH', `/members/${memberId}`, { role: 'owner' }), 204);
    const key = await make({ scopes: ['products:*', 'members:*'] }, client);
    const program = bearing(key);
    expectStatus(await program.get('/members'), 200);
    expectStatus(await shop.asOwner.call('PATCH', `/members/${memberId}`, { role: 'customer' }), 204);
    expectStatus(await program.get('/products'), 200);
    expect((await program.get('/members')).status).toBe(403);
    expectStatus(await shop.asOwner.call('DELETE', `/members/${memberId}`), 204);
    expect((await program.get('/products')).status).toBe(401);
  });

  it('that are mistyped, unknown or changed are refused alike', async () => {
    const key = await make({ scopes: ['products:read'] });
    const [prefix, environment, id, secret, check] = key.secret.split('_');
    const other = await make({ scopes: ['products:read'] });
    for (const text of [
      key.secret.slice(0, -1),
      [prefix, environment, id, secret, 'AAAAAA'].join('_'),
      [prefix, environment, other.secret.split('_')[2], secret, check].join('_'),
      'mainstay_test_x',
      `${key.secret}x`,
    ])
      expect(code(await anybody.get('/products', { token: text }))).toBe('auth.api-key-invalid');
    expect((await anybody.get(`/products?token=${key.secret}`)).status).toBe(400);
  });

  it('end when they are revoked, and at their time', async () => {
    const key = await make({ scopes: ['products:read'] });
    expectStatus(await bearing(key).get('/products'), 200);
    expectStatus(await shop.asOwner.call('DELETE', `/api-keys/${key.id}`), 204);
    expect(code(await bearing(key).get('/products'))).toBe('auth.api-key-invalid');
    expectStatus(await shop.asOwner.call('DELETE', `/api-keys/${key.id}`), 204);
    expect((await shop.asOwner.get<Key>(`/api-keys/${key.id}`)).body.status).toBe('revoked');
    expect(code(await shop.asOwner.post(`/api-keys/${key.id}/rotate`))).toBe('identity.api-key-ended');
    for (const expiresAt of ['2020-01-01T00:00:00Z', '2099-01-01T00:00:00Z', 'soon'])
      expect((await shop.asOwner.post('/api-keys', { name: 'x', scopes: ['products:read'], expiresAt })).status).toBe(
        400,
      );
  });

  it('get a new secret while the old one still works', async () => {
    const key = await make({ scopes: ['products:read'] });
    expectStatus(await bearing(key).get('/products'), 200);
    const second = expectStatus(await shop.asOwner.post<Key>(`/api-keys/${key.id}/rotate`, { overlapHours: 1 }), 200);
    expect(second.id).toBe(key.id);
    expect(Date.parse(second.oldSecretUntil!) - Date.now()).toBeLessThanOrEqual(3_600_000);
    for (const one of [key, second]) expectStatus(await bearing(one).get('/products'), 200);
    const third = expectStatus(await shop.asOwner.post<Key>(`/api-keys/${key.id}/rotate`, {}), 200);
    expect((await bearing(key).get('/products')).status).toBe(401);
    for (const one of [second, third]) expectStatus(await bearing(one).get('/products'), 200);
    const last = expectStatus(await shop.asOwner.post<Key>(`/api-keys/${key.id}/rotate`, { overlapHours: 0 }), 200);
    expect((await bearing(third).get('/products')).status).toBe(401);
    expectStatus(await bearing(last).get('/products'), 200);
  });

  it('keep to their addresses, and whatever a client says of its own changes nothing', async () => {
    const far = await make({ scopes: ['products:read'], allowedAddresses: ['203.0.113.0/24'] });
    expect(code(await bearing(far).get('/products'))).toBe('auth.api-key-address');
    const spoofed = { 'x-forwarded-for': '203.0.113.7', 'x-real-ip': '203.0.113.7', forwarded: 'for=203.0.113.7' };
    expect(code(await bearing(far).get('/products', { headers: spoofed }))).toBe('auth.api-key-address');
    const near = await make({ scopes: ['products:read'], allowedAddresses: ['127.0.0.0/8', '::1'] });
    expectStatus(await bearing(near).get('/products'), 200);
    const wrong = { name: 'x', scopes: ['products:read'], allowedAddresses: ['localhost'] };
    expect((await shop.asOwner.post('/api-keys', wrong)).status).toBe(400);
    expectStatus(await shop.asOwner.call('PATCH', `/api-keys/${near.id}`, { allowedAddresses: ['203.0.113.9'] }), 200);
    expect((await bearing(near).get('/products')).status).toBe(403);
  });

  it('have a rate and a daily quota of their own', async () => {
    const key = await make({ scopes: ['products:read'], ratePerMinute: 3 });
    const statuses = await Promise.all(Array.from({ length: 8 }, () => bearing(key).get('/products')));
    expect(statuses.filter(({ status }) => status === 200)).toHaveLength(3);
    expect(statuses.filter(({ status }) => status === 429)).toHaveLength(5);
    expect(statuses[0].headers.get('ratelimit-policy')).toBe('"default";q=3;w=60');
    const daily = await make({ scopes: ['products:read'], quotaPerDay: 2 });
    const first = await bearing(daily).get('/products');
    expect(first.headers.get('ratelimit-policy')).toMatch(/, "day";q=2;w=86400$/);
    expect(first.headers.get('ratelimit')).toMatch(/, "day";r=1;t=\d+$/);
    expectStatus(await bearing(daily).get('/products'), 200);
    const over = await bearing(daily).get('/products');
    expect([over.status, Number(over.headers.get('retry-after')) > 60]).toEqual([429, true]);
    expectStatus(await shop.asOwner.get('/products'), 200);
  });

  it('open sockets, which close when the key is revoked', async () => {
    const key = await make({ scopes: ['*'] });
    const socket = await connect(url, key.secret);
    const closed = new Promise<void>((resolve) => socket.once('disconnect', () => resolve()));
    expectStatus(await shop.asOwner.call('DELETE', `/api-keys/${key.id}`), 204);
    await closed;
    await expect(connect(url, key.secret)).rejects.toThrow('auth.api-key-invalid');
  });

  it('are named by the audit trail as who acted, for their owner', async () => {
    const key = await make({ scopes: ['*'] });
    const { sku } = await stock(shop, { name: 'Audited', sku: `KEY-${randomUUID().slice(0, 8)}` });
    expect(sku).toBeTruthy();
    const category = expectStatus(
      await bearing(key).post<{ id: string }>('/categories', { name: `By key ${randomUUID()}` }),
      201,
    );
    expect(category.id).toBeTruthy();
    const entries = await eventually(async () => {
      const { body } = await shop.asOwner.get<{ data: { actor: { kind: string; id: string } }[] }>(
        `/audit-logs?actorId=${key.id}`,
      );
      return body.data.length > 0 ? body.data : undefined;
    });
    expect(JSON.stringify(entries[0])).toContain('apiKey');
    expect(JSON.stringify(entries[0])).toContain(shop.owner.user.id);
  });

  it('are asked for in one form', async () => {
    const refused = async (body: object): Promise<number> =>
      (await shop.asOwner.post('/api-keys', { name: 'x', scopes: ['products:read'], ...body })).status;
    for (const body of [
      { scopes: [] },
      { scopes: ['Everything'] },
      { scopes: ['__proto__:*'] },
      { scopes: 'products:read' },
      { name: '' },
      { ratePerMinute: 0 },
      { quotaPerDay: -1 },
      { secret: 'mine' },
    ])
      expect(await refused(body)).toBe(400);
    const elsewhere = await openShop(url, 'Other keys');
    const key = await make({ scopes: ['products:read'] });
    expect((await elsewhere.asOwner.get(`/api-keys/${key.id}`)).status).toBe(404);
    expect((await elsewhere.asOwner.post(`/api-keys/${key.id}/rotate`)).status).toBe(404);
    expect((await anybody.get('/products', { token: key.secret, tenant: elsewhere.slug })).status).toBe(403);
  });
});
