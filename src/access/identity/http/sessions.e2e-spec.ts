import { randomUUID } from 'node:crypto';
import { expectStatus, TestClient, type Answer } from '../../../../test/support/client';
import { eventually } from '../../../../test/support/eventually';
import { server } from '../../../../test/support/server';
import { mailTo, openShop, PASSWORD, type Login, type Shop } from '../../../../test/support/shop';

const LAPTOP = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';
const PHONE =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1';

interface Tokens extends Login {
  deviceToken: string | null;
}
interface Session {
  id: string;
  device: { id: string; name: string; kind: string; trusted: boolean };
  place: object | null;
  current: boolean;
  lastSeenAt: string;
}
interface Limit {
  code: string;
  ticket?: string;
  sessions?: { id: string; device: string }[];
}
interface Page<T> {
  data: T[];
}

describe('sessions and devices over HTTP', () => {
  let url: string;
  let anybody: TestClient;

  beforeAll(async () => {
    ({ url } = await server());
    anybody = new TestClient(url);
  });

  const tryLogIn = (email: string, headers: Record<string, string> = {}, body = {}) =>
    anybody.post<Tokens & Limit>('/auth/login', { email, password: PASSWORD, ...body }, { headers });
  const logIn = async (email: string, headers: Record<string, string> = {}): Promise<Tokens> =>
    expectStatus(await tryLogIn(email, headers), 200);
  const as = ({ accessToken }: Tokens): TestClient => anybody.as({ token: accessToken });
  const sessionsOf = async (tokens: Tokens): Promise<Session[]> =>
    expectStatus(await as(tokens).get<Page<Session>>('/sessions'), 200).data;
  const works = async (tokens: Tokens): Promise<boolean> => (await as(tokens).get('/auth/profile')).status === 200;
  const setRules = (shop: Shop, sessions: object) =>
    shop.asOwner.call('PATCH', '/security-policy', { sessions }).then((answer) => expectStatus(answer, 200));
  /** A customer of a shop. */
  const customer = async (shop: Shop): Promise<string> => {
    const email = `sessions-${randomUUID()}@example.com`;
    expectStatus(await shop.asGuest.post('/auth/register', { email, password: PASSWORD, name: 'Cora' }), 201);
    const token = /\/verify-email\/([\w-]+)/.exec((await mailTo(anybody, email)).text)![1];
    expectStatus(await anybody.post(`/auth/verify-email/${token}`), 200);
    return email;
  };

  it('lists where one is signed in, by device, and ends one or all others', async () => {
    const shop = await openShop(url, 'Sessions');
    const email = shop.owner.user.email;
    const laptop = await logIn(email, { 'user-agent': LAPTOP });
    const phone = await logIn(email, { 'user-agent': PHONE });
    const listed = await sessionsOf(phone);
    expect(listed.map(({ device }) => device.name)).toEqual(['Safari on iOS', 'Firefox on Linux', 'node']);
    expect(listed[0]).toMatchObject({ current: true, place: null, device: { kind: 'phone', trusted: false } });
    expect(listed.filter(({ current }) => current)).toHaveLength(1);

    const other = listed.find(({ device }) => device.name === 'Firefox on Linux')!;
    expectStatus(await as(phone).call('DELETE', `/sessions/${other.id}`), 204);
    expect(await works(laptop)).toBe(false);
    expect((await as(phone).call('DELETE', `/sessions/${other.id}`)).status).toBe(404);
    expect((await as(phone).call('DELETE', `/sessions/${randomUUID()}`)).status).toBe(404);

    expectStatus(await as(phone).call('DELETE', '/sessions'), 200);
    expect(await works(shop.owner as unknown as Tokens)).toBe(false);
    expect((await sessionsOf(phone)).map(({ current }) => current)).toEqual([true]);
    expectStatus(await as(phone).call('DELETE', `/sessions/${listed[0].id}`), 204);
    expect(await works(phone)).toBe(false);
  });

  it('knows a device again by its signed name, and tells of one that it has never seen', async () => {
    const shop = await openShop(url, 'Devices');
    const email = shop.owner.user.email;
    const first = await logIn(email, { 'user-agent': LAPTOP });
    const mail = await mailTo(anybody, email, /new sign-in/i);
    expect(mail.text).toContain('Firefox on Linux');
    const again = await logIn(email, { 'user-agent': LAPTOP, 'x-device': first.deviceToken! });
    const cookie = await logIn(email, { 'user-agent': PHONE, cookie: `mainstay-device=${first.deviceToken}` });
    const [a, b] = [await sessionsOf(first), await sessionsOf(again)];
    const id = a.find(({ current }) => current)!.device.id;
    expect(b.find(({ current }) => current)!.device.id).toBe(id);
    expect((await sessionsOf(cookie)).find(({ current }) => current)!.device.id).toBe(id);
    const forged = `${id}.${first.deviceToken!.split('.')[1].split('').reverse().join('')}`;
    const stranger = await logIn(email, { 'user-agent': LAPTOP, 'x-device': forged });
    expect((await sessionsOf(stranger)).find(({ current }) => current)!.device.id).not.toBe(id);
    const mails = await anybody.get<Page<{ subject: string }>>(`/dev/mailbox?to=${encodeURIComponent(email)}`);
    expect(mails.body.data.filter(({ subject }) => /new sign-in/i.test(subject))).toHaveLength(1);

    const list = async () =>
      expectStatus(await as(first).get<Page<{ id: string; trusted: boolean }>>('/sessions/devices'), 200).data;
    expect((await list()).find((device) => device.id === id)).toMatchObject({ trusted: false });
    expectStatus(await as(first).call('PATCH', `/sessions/devices/${id}`, { trusted: true }), 204);
    expect((await list()).find((device) => device.id === id)).toMatchObject({ trusted: true });
    expect((await as(first).call('PATCH', `/sessions/devices/${randomUUID()}`, { trusted: true })).status).toBe(404);

    expectStatus(await as(stranger).call('DELETE', `/sessions/devices/${id}`), 204);
    for (const tokens of [first, again, cookie]) expect(await works(tokens)).toBe(false);
    expect(await works(stranger)).toBe(true);
    const back = await logIn(email, { 'user-agent': LAPTOP, 'x-device': first.deviceToken! });
    const devices = await as(back).get<Page<{ id: string; trusted: boolean }>>('/sessions/devices');
    expect(devices.body.data.find((device) => device.id === id)).toMatchObject({ trusted: false });
  });

  it('keeps to the number of sessions that the organization allows: deny, evict the oldest, ask', async () => {
    const shop = await openShop(url, 'Caps');
    const email = await customer(shop);
    const cap = (onExceed: string) =>
      setRules(shop, {
        caps: [
          { role: 'customer', max: 2, onExceed },
          { role: null, max: 50, onExceed: 'deny' },
        ],
      });
    await cap('deny');
    const [first, second] = [await logIn(email), await logIn(email)];
    const refused = await tryLogIn(email);
    expect([refused.status, refused.body.code]).toEqual([409, 'identity.session-limit']);
    expect(refused.body).not.toHaveProperty('ticket');

    await cap('evict_oldest');
    const third = await logIn(email);
    expect([await works(first), await works(second), await works(third)]).toEqual([false, true, true]);

    await cap('ask');
    const asked = await tryLogIn(email, { 'user-agent': LAPTOP });
    expect([asked.status, asked.body.code]).toEqual([409, 'identity.session-limit']);
    expect(asked.body.sessions).toHaveLength(2);
    const choose = (body: object, agent = LAPTOP): Promise<Answer<Tokens & Limit>> =>
      anybody.post('/auth/login/resume', body, { headers: { 'user-agent': agent } });
    const { ticket } = asked.body;
    const endSession = (await sessionsOf(second)).find(({ current }) => current)!.id;
    expect((await choose({ ticket, endSession: randomUUID() })).status).toBe(404);
    expect((await choose({ ticket, endSession }, PHONE)).body.code).toBe('identity.ticket-invalid');
    const fourth = expectStatus(await choose({ ticket, endSession }), 200);
    expect([await works(second), await works(third), await works(fourth)]).toEqual([false, true, true]);
    expect((await choose({ ticket, endSession })).body.code).toBe('identity.ticket-invalid');
    expect((await sessionsOf(fourth)).map(({ device }) => device.name)).toContain('Firefox on Linux');
    // The owner is under the other cap.
    for (let i = 0; i < 3; i++) await logIn(shop.owner.user.email);
  });

  it('refuses rules that make no sense', async () => {
    const shop = await openShop(url, 'Rules');
    const change = (sessions: object) => shop.asOwner.call<Limit>('PATCH', '/security-policy', { sessions });
    const twice = { role: 'staff', max: 1, onExceed: 'deny' };
    for (const rules of [
      { idleSeconds: -1 },
      { profile: 'pci', idleSeconds: 3600 },
      { caps: [{ role: 'staff', max: 0, onExceed: 'deny' }] },
      { caps: [{ role: 'staff', max: 1, onExceed: 'explode' }] },
      { caps: [twice, twice] },
    ])
      expect((await change(rules)).status).toBe(400);
    const { body } = await change({ profile: 'pci', absoluteSeconds: 7200, remember: false });
    expect(body).toMatchObject({ sessions: { profile: 'pci', idleSeconds: 900, absoluteSeconds: 7200, caps: [] } });
    const tokens = await logIn(shop.owner.user.email);
    const [session] = (await as(tokens).get<Page<{ expiresAt: string; createdAt: string }>>('/sessions')).body.data;
    expect(Date.parse(session.expiresAt) - Date.parse(session.createdAt)).toBeLessThanOrEqual(900_000);
  });

  it('shows administrators the sessions in their organization alone, and lets them end them', async () => {
    const [shop, elsewhere] = [await openShop(url, 'Admin'), await openShop(url, 'Elsewhere')];
    const email = await customer(shop);
    const tokens = await logIn(email);
    const path = `/users/${tokens.user.id}/sessions`;
    const [listed] = expectStatus(await shop.asOwner.get<Page<Session>>(path), 200).data;
    expect(listed).toMatchObject({ current: false, device: { name: 'node' } });
    expect((await elsewhere.asOwner.get(path)).status).toBe(404);
    expect((await elsewhere.asOwner.call('DELETE', path)).status).toBe(404);
    expect((await elsewhere.asOwner.call('DELETE', `${path}/${listed.id}`)).status).toBe(404);
    expect((await as(tokens).get(`/users/${shop.owner.user.id}/sessions`)).status).toBe(403);
    expect(await works(tokens)).toBe(true);
    expectStatus(await shop.asOwner.call('DELETE', `${path}/${listed.id}`), 204);
    expect(await works(tokens)).toBe(false);
    const again = await logIn(email);
    expect(expectStatus(await shop.asOwner.call('DELETE', path), 200)).toEqual({ revoked: 1 });
    expect(await works(again)).toBe(false);
  });

  it('tells the owner by mail when a refresh token was used twice', async () => {
    const shop = await openShop(url, 'Reuse');
    const tokens = await logIn(shop.owner.user.email, { 'user-agent': PHONE });
    const refresh = (refreshToken: string) =>
      anybody.post<Tokens>('/auth/refresh', { refreshToken }, { headers: { 'user-agent': PHONE } });
    const next = expectStatus(await refresh(tokens.refreshToken), 200);
    const third = expectStatus(await refresh(next.refreshToken), 200);
    expect((await refresh(tokens.refreshToken)).status).toBe(401);
    await eventually(async () => !(await works(third)));
    const mail = await mailTo(anybody, shop.owner.user.email, /signed a device out/i);
    expect(mail.text).toContain('Safari on iOS');
  });
});
