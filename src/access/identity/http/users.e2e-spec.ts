import { newId } from '../../../kernel/ids/ids';
import { expectStatus, TestClient } from '../../../../test/support/client';
import { server } from '../../../../test/support/server';
import { mailTo, openShop, PASSWORD, signUp, type Login, type Shop } from '../../../../test/support/shop';

interface Person {
  id: string;
  email: string;
  role: string;
  status: string;
  locked: boolean;
  mfa: boolean;
}
interface Problem {
  code: string;
}
type People = { data: Person[]; page: { total?: number; nextCursor: string | null } };
type Bulk = { results: { userId: string; status: string; code: string | null }[]; done: number; refused: number };

const NEW_PASSWORD = 'seven quiet boats at anchor';
const tokenOf = (text: string): string => /https?:\/\/\S+\/([\w-]{20,})/.exec(text)![1];

describe('people of an organization over HTTP', () => {
  let url: string;
  let anybody: TestClient;
  let shop: Shop;
  let other: Shop;
  beforeAll(async () => {
    ({ url } = await server());
    anybody = new TestClient(url);
    [shop, other] = await Promise.all([openShop(url, 'People'), openShop(url, 'Others')]);
  });
  const address = (): string => `person-${newId().slice(-12)}@example.com`;
  const shopper = async (of: Shop): Promise<Login> => signUp(of.asGuest, { email: address(), name: 'Pat Person' });
  const logIn = (email: string, password = PASSWORD, organization?: string) =>
    anybody.post<Login>('/auth/login', { email, password, organization });
  const find = async (id: string, of = shop): Promise<Person> =>
    expectStatus(await of.asOwner.get<Person>(`/users/${id}`), 200);

  it('are asked by mail, choose their password themselves, and then work here with their role', async () => {
    const email = address();
    const asked = await shop.asOwner.post('/users', { email, name: 'Grace Hopper', role: 'staff' });
    expect([asked.status, asked.body]).toEqual([202, { email, status: 'mail_sent' }]);
    const mail = await mailTo(anybody, email, /Your account at/);
    expect(mail.text).not.toMatch(/password:|Password is/);
    const page = await anybody.get(`${url}/reset-password/${tokenOf(mail.text)}`);
    expect(page.text).toContain('autocomplete="new-password"');
    const token = tokenOf(mail.text);
    expect((await anybody.post('/auth/reset-password', { token, password: 'short' })).status).toBe(400);
    expect((await anybody.post('/auth/reset-password', { token, password: NEW_PASSWORD })).status).toBe(204);
    const login = expectStatus(await logIn(email, NEW_PASSWORD), 200);
    expect(await find(login.user.id)).toMatchObject({ email, role: 'staff', status: 'active', mfa: false });
    const staff = anybody.as({ token: login.accessToken });
    expect((await staff.post('/users', { email: address(), name: 'X', role: 'staff' })).status).toBe(403);
    expect((await shop.asOwner.post<Problem>('/users', { email, name: 'X', role: 'staff' })).body.code).toBe(
      'identity.already-member',
    );
  });

  it('who have an account elsewhere confirm, and the answer does not tell', async () => {
    const owner = other.owner.user.email;
    const asked = await shop.asOwner.post('/users', { email: owner, name: 'Somebody', role: 'staff' });
    expect([asked.status, asked.body]).toEqual([202, { email: owner, status: 'mail_sent' }]);
    expect((await shop.asOwner.get<People>(`/users?q=${owner}`)).body.data).toEqual([]);
    const token = tokenOf((await mailTo(anybody, owner, /^Join/)).text);
    expect((await anybody.post(`/auth/verify-email/${token}`)).status).toBe(200);
    expect((await shop.asOwner.get<People>(`/users?q=${owner}`)).body.data).toMatchObject([{ role: 'staff' }]);
    expect((await logIn(owner, PASSWORD, shop.slug)).status).toBe(200);
  });

  it('are listed and searched within the organization alone', async () => {
    const [mine, theirs] = [await shopper(shop), await shopper(other)];
    const list = expectStatus(await shop.asOwner.get<People>('/users?count=exact&limit=2'), 200);
    expect(list.data).toHaveLength(2);
    expect(list.page.total).toBeGreaterThan(2);
    expect((await shop.asOwner.get<People>('/users?q=pat%20person')).body.data.map(({ id }) => id)).toContain(
      mine.user.id,
    );
    expect((await shop.asOwner.get<People>(`/users?q=${theirs.user.email}`)).body.data).toEqual([]);
    expect((await shop.asOwner.get<People>('/users?role=owner')).body.data).toMatchObject([
      { id: shop.owner.user.id, role: 'owner' },
    ]);
    for (const path of ['', '/unlock', '/password-reset', '/suspend']) {
      const method = path === '' ? 'GET' : 'POST';
      expect((await shop.asOwner.call(method, `/users/${theirs.user.id}${path}`)).status).toBe(404);
    }
    expect((await anybody.as({ token: mine.accessToken }).get('/users')).status).toBe(403);
  });

  it('are suspended here and go on elsewhere', async () => {
    const person = await shopper(shop);
    const { id, email } = person.user;
    const elsewhere = await anybody.as({ token: person.accessToken }).post<{ slug: string }>('/organizations', {
      name: `Elsewhere ${newId().slice(-8)}`,
    });
    const there = expectStatus(await logIn(email, PASSWORD, elsewhere.body.slug), 200);
    expect((await shop.asOwner.post(`/users/${id}/suspend`)).status).toBe(204);
    expect((await find(id)).status).toBe('suspended');
    expect((await anybody.get('/auth/profile', { token: person.accessToken })).status).toBe(401);
    expect((await logIn(email, PASSWORD, shop.slug)).status).toBe(403);
    expect((await anybody.get('/auth/profile', { token: there.accessToken })).status).toBe(200);
    expect((await shop.asOwner.post(`/users/${id}/resume`)).status).toBe(204);
    expect((await logIn(email, PASSWORD, shop.slug)).status).toBe(200);
    const last = await shop.asOwner.post<Problem>(`/users/${shop.owner.user.id}/suspend`);
    expect([last.status, last.body.code]).toEqual([409, 'organizations.last-owner']);
  });

  it('are unlocked, asked for a new password and given roles, one or many', async () => {
    const people = [await shopper(shop), await shopper(shop)];
    const [{ user }] = people;
    for (let i = 0; i < 6; i++) await logIn(user.email, `a wrong guess ${i}`);
    expect((await find(user.id)).locked).toBe(true);
    expect((await logIn(user.email)).status).toBe(401);
    const unlocked = await shop.asOwner.post(`/users/${user.id}/unlock`);
    expect([unlocked.status, unlocked.body]).toEqual([200, { closed: false }]);
    expect((await logIn(user.email)).status).toBe(200);

    const stranger = (await shopper(other)).user.id;
    const ids = [...people.map((person) => person.user.id), stranger];
    const many = (action: string, more = {}) =>
      shop.asOwner.post<Bulk>('/users/bulk', { action, userIds: ids, ...more });
    const suspended = expectStatus(await many('suspend'), 200);
    expect(suspended).toMatchObject({ done: 2, refused: 1 });
    expect(suspended.results[2]).toMatchObject({ status: 'refused', code: 'organizations.member-not-found' });
    expect((await many('resume')).body.done).toBe(2);
    expect((await many('ask_new_password')).body.done).toBe(2);
    const mail = await mailTo(anybody, user.email, /Set a new password/);
    expect(mail.text).toMatch(/administrator/);
    expect((await logIn(user.email)).status).toBe(200);
    expect((await many('assign_roles', { roles: ['staff'] })).body.done).toBe(2);
    expect((await find(user.id)).role).toBe('staff');
    const unknown = await many('assign_roles', { roles: ['no-such-role'] });
    expect(unknown.body).toMatchObject({ done: 0, refused: 3 });
    for (const body of [
      { action: 'assign_roles', userIds: ids },
      { action: 'erase', userIds: ids },
      { action: 'unlock', userIds: [] },
      { action: 'unlock', userIds: ['x'] },
      { action: 'unlock', userIds: Array.from({ length: 101 }, () => newId()) },
    ])
      expect((await shop.asOwner.post('/users/bulk', body)).status).toBe(400);
  });

  it('are disabled everywhere by operators alone', async () => {
    const person = await shopper(shop);
    expect((await shop.asOwner.post(`/users/${person.user.id}/disable`)).status).toBe(403);
    expect((await anybody.post(`/users/${person.user.id}/disable`)).status).toBe(401);
  });
});
