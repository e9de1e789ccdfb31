import { Client } from 'pg';
import { expectStatus, TestClient, type Answer } from '../../../../test/support/client';
import { eventually } from '../../../../test/support/eventually';
import { server } from '../../../../test/support/server';
import { openShop, PASSWORD, signUp, type Login, type Shop } from '../../../../test/support/shop';
import { newId } from '../../../kernel/ids/ids';

interface Problem {
  code: string;
  hint?: string;
}
interface Invitation {
  id: string;
  status: string;
  role: string;
}
interface MemberRow {
  id: string;
  userId: string;
  role: string;
  status: string;
}

const address = (): string => `guest-${newId().slice(-10)}@example.com`;
const codeOf = (answer: Answer<unknown>): string => (answer.body as Problem).code;

describe('organizations over HTTP', () => {
  let url: string;
  let anyone: TestClient;
  let shop: Shop;
  let operator: TestClient;

  beforeAll(async () => {
    const { url: at, database } = await server();
    url = at;
    anyone = new TestClient(url);
    shop = await openShop(url, 'Inviting');
    const somebody = await signUp(anyone, { email: address(), name: 'Otto', organizationName: 'Platform' });
    const admin = new Client({ connectionString: database.superuserUrl });
    await admin.connect();
    await admin.query(`update identity.users set platform_role = 'operator' where id = $1`, [somebody.user.id]);
    await admin.query(`delete from organizations.members where user_id = $1`, [somebody.user.id]);
    await admin.end();
    const login = await anyone.post<Login>('/auth/login', { email: somebody.user.email, password: PASSWORD });
    operator = anyone.as({ token: expectStatus(login, 200).accessToken });
  });

  const invite = async (email: string, role = 'staff', by = shop.asOwner): Promise<Invitation> =>
    expectStatus(await by.post<Invitation>('/invitations', { email, role }), 201);
  const tokenFrom = async (email: string, after = 0): Promise<string> => {
    const text = await eventually(async () => {
      const { body } = await anyone.get<{ data: { text: string }[] }>(`/dev/mailbox?to=${encodeURIComponent(email)}`);
      const letters = body.data.filter((letter) => /\/invitations\//.test(letter.text));
      return letters.length > after ? letters[0].text : undefined;
    });
    return /\/invitations\/([\w-]+)/.exec(text!)![1];
  };
  const join = async (
    role = 'staff',
    place = shop,
  ): Promise<{ member: MemberRow; client: TestClient; email: string }> => {
    const email = address();
    await invite(email, role, place.asOwner);
    const token = await tokenFrom(email);
    expectStatus(await anyone.post('/invitations/register', { token, name: 'Gil', password: PASSWORD }), 201);
    const login = await anyone.post<Login>('/auth/login', { email, password: PASSWORD });
    const { accessToken, user } = expectStatus(login, 200);
    const { body } = await place.asOwner.get<{ data: MemberRow[] }>('/members?limit=100');
    const member = body.data.find(({ userId }) => userId === user.id)!;
    return { member, client: anyone.as({ token: accessToken }), email };
  };

  describe('an invitation', () => {
    it('brings in who has an account of that address, once of fifty tries at once, and nobody else', async () => {
      const email = address();
      const guest = await signUp(anyone, { email, name: 'Gina', organizationName: 'Gina alone' });
      await invite(email);
      const token = await tokenFrom(email);
      expect(expectStatus(await anyone.post('/invitations/look', { token }), 200)).toMatchObject({
        email,
        role: 'staff',
        hasAccount: true,
      });
      const stranger = await shop.asOwner.post('/invitations/accept', { token });
      expect([stranger.status, codeOf(stranger)]).toEqual([403, 'organizations.invitation-for-another']);
      const asGuest = anyone.as({ token: guest.accessToken });
      const answers = await Promise.all(
        Array.from({ length: 50 }, () => asGuest.post('/invitations/accept', { token })),
      );
      const statuses = answers.map(({ status }) => status);
      expect(statuses.filter((status) => status === 200)).toHaveLength(1);
      // Fifty at once may be more than the caller has left of its minute.
      expect(statuses.filter((status) => ![200, 410, 429].includes(status))).toEqual([]);
      expect(statuses.filter((status) => status === 410).length).toBeGreaterThan(5);
      const switched = await asGuest.post<Login>('/auth/switch', { organization: shop.slug });
      expect(expectStatus(switched, 200).user).toMatchObject({ roles: ['staff'] });
    });

    it('registers who has no account: the token proves the address', async () => {
      const email = address();
      await invite(email);
      const token = await tokenFrom(email);
      const weak = await anyone.post('/invitations/register', { token, name: 'Gil', password: 'password' });
      expect([weak.status, codeOf(weak)]).toEqual([400, 'identity.password-refused']);
      const made = await anyone.post('/invitations/register', { token, name: 'Gil', password: PASSWORD });
      expect(expectStatus(made, 201)).toMatchObject({ email, role: 'staff', organization: { slug: shop.slug } });
      const login = await anyone.post<Login>('/auth/login', { email, password: PASSWORD });
      expect(expectStatus(login, 200).user).toMatchObject({ roles: ['staff'] });
      expect((await anyone.post('/invitations/register', { token, name: 'Gil', password: PASSWORD })).status).toBe(410);
    });

    it('is void once it was sent again, taken back or has waited seven days', async () => {
      const email = address();
      const { id } = await invite(email);
      const first = await tokenFrom(email);
      expectStatus(await shop.asOwner.post(`/invitations/${id}/resend`), 200);
      const second = await tokenFrom(email, 1);
      expect(second).not.toBe(first);
      expect((await anyone.post('/invitations/look', { token: first })).status).toBe(404);
      expectStatus(await anyone.post('/invitations/look', { token: second }), 200);
      // Inviting again is one open invitation still.
      expect((await invite(email, 'customer')).id).toBe(id);
      const third = await tokenFrom(email, 2);
      expectStatus(await shop.asOwner.call('DELETE', `/invitations/${id}`), 204);
      const taken = await anyone.post('/invitations/look', { token: third });
      expect([taken.status, codeOf(taken)]).toEqual([410, 'organizations.invitation-spent']);
      expect((await shop.asOwner.call('DELETE', `/invitations/${id}`)).status).toBe(410);
    });

    it('is judged by what its inviter may do when it is accepted, and what one may offer', async () => {
      const admin = await join('admin');
      const email = address();
      await invite(email, 'staff', admin.client);
      const token = await tokenFrom(email);
      expectStatus(await shop.asOwner.call('PATCH', `/members/${admin.member.id}`, { role: 'staff' }), 204);
      const late = await anyone.post('/invitations/register', { token, name: 'Gil', password: PASSWORD });
      expect([late.status, codeOf(late)]).toEqual([409, 'organizations.inviter-lost-rights']);
      const other = await join('admin');
      const owner = await other.client.post('/invitations', { email: address(), role: 'owner' });
      expect([owner.status, codeOf(owner)]).toEqual([403, 'organizations.owners-only']);
      const unknown = await shop.asOwner.post('/invitations', { email: address(), role: 'no-such-role' });
      expect([unknown.status, codeOf(unknown)]).toEqual([400, 'organizations.role-unknown']);
    });

    it.each([
      [{}, 400],
      [{ email: 'no address', role: 'staff' }, 400],
      [{ email: ['a@example.com'], role: 'staff' }, 400],
      [{ email: 'a@example.com', role: { $ne: '' } }, 400],
      [{ email: 'a@example.com', role: 'staff', tenantId: newId() }, 400],
      [{ email: 'a@example.com\r\nBcc: b@example.com', role: 'staff' }, 400],
      [{ email: `${'a'.repeat(300)}@example.com`, role: 'staff' }, 400],
    ])('is refused for %j', async (body, status) => {
      expect((await shop.asOwner.post('/invitations', body)).status).toBe(status);
    });

    it.each(['', 'x', 'a'.repeat(54), '../../etc/passwd', '\u0000', '0'.repeat(10_000), 7, null, ['a'], {}])(
      'is not found by the token %j',
      async (token) => {
        for (const path of ['/invitations/look', '/invitations/accept', '/invitations/register']) {
          const answer = await shop.asOwner.post(path, { token, name: 'Gil', password: PASSWORD });
          expect([400, 404]).toContain(answer.status);
        }
      },
    );

    it('has a page that takes a password and says what is wrong', async () => {
      const email = address();
      await invite(email);
      const token = await tokenFrom(email);
      const form = { 'content-type': 'application/x-www-form-urlencoded' };
      const page = await fetch(`${url}/invitations/${token}`);
      expect([page.status, await page.text()]).toEqual([200, expect.stringContaining('Choose a password')]);
      const send = (fields: Record<string, string>): Promise<Response> =>
        fetch(`${url}/invitations/${token}`, { method: 'POST', headers: form, body: new URLSearchParams(fields) });
      const weak = await send({ name: 'Gil', password: 'password' });
      expect([weak.status, await weak.text()]).toEqual([400, expect.stringContaining('role="alert"')]);
      const done = await send({ name: '<b>Gil</b>', password: PASSWORD });
      expect([done.status, await done.text()]).toEqual([200, expect.stringContaining('Welcome to Inviting')]);
      expect((await fetch(`${url}/invitations/${token}`)).status).toBe(410);
      // Another shop invites the same person: the page asks for the password of the account.
      const second = await openShop(url, 'Second');
      await invite(email, 'staff', second.asOwner);
      const again = await tokenFrom(email, 1);
      expect(await (await fetch(`${url}/invitations/${again}`)).text()).toContain('Password of your account');
      const joined = await fetch(`${url}/invitations/${again}`, {
        method: 'POST',
        headers: form,
        body: new URLSearchParams({ password: PASSWORD }),
      });
      expect([joined.status, await joined.text()]).toEqual([200, expect.stringContaining('Welcome to Second')]);
    });
  });

  describe('a member', () => {
    it('that is suspended is shut out at once, and back as before when it is resumed', async () => {
      const { member, client } = await join();
      expectStatus(await client.get('/members'), 200);
      expectStatus(await shop.asOwner.post(`/members/${member.id}/suspend`), 204);
      expect((await client.get('/members')).status).toBe(401);
      expectStatus(await shop.asOwner.post(`/members/${member.id}/resume`), 204);
      expectStatus(await client.get('/members'), 200);
    });

    it('is found by name and address among those who work here', async () => {
      const { email } = await join();
      const found = await shop.asOwner.get<{ data: { email: string }[] }>(
        `/members?q=${encodeURIComponent(email.slice(0, 14).toUpperCase())}`,
      );
      expect(expectStatus(found, 200).data.map((one) => one.email)).toEqual([email]);
      expect((await shop.asOwner.get<{ data: [] }>('/members?q=nobody-here')).body.data).toEqual([]);
      expect((await shop.asOwner.get('/members?q=x')).status).toBe(400);
    });

    it('becomes owner by a transfer, and the last owner cannot be suspended', async () => {
      const place = await openShop(url, 'Handed over');
      const { member, client } = await join('staff', place);
      const owners = await place.asOwner.get<{ data: MemberRow[] }>('/members?role=owner');
      const own = owners.body.data[0].id;
      const last = await place.asOwner.post(`/members/${own}/suspend`);
      expect([last.status, codeOf(last)]).toEqual([409, 'organizations.last-owner']);
      expect((await client.post(`/members/${member.id}/ownership`, { becomes: 'admin' })).status).toBe(403);
      expect((await place.asOwner.post(`/members/${member.id}/ownership`, { becomes: 'owner' })).status).toBe(400);
      expectStatus(await place.asOwner.post(`/members/${member.id}/ownership`, { becomes: 'admin' }), 204);
      const after = await client.get<{ data: MemberRow[] }>('/members?role=owner');
      expect(expectStatus(after, 200).data.map(({ id }) => id)).toEqual([member.id]);
    });
  });

  describe('a plan', () => {
    it('holds exactly so many members and invitations, however many are invited at once', async () => {
      const place = await openShop(url, 'Small');
      const plan = await operator.call('PUT', `/organizations/${place.id}/plan`, {
        plan: 'custom',
        limits: { members: 4 },
      });
      expect(expectStatus(plan, 200)).toMatchObject({ plan: 'custom' });
      const answers = await Promise.all(
        Array.from({ length: 12 }, () => place.asOwner.post('/invitations', { email: address(), role: 'staff' })),
      );
      expect(answers.filter(({ status }) => status === 201)).toHaveLength(3);
      const refused = answers.find(({ status }) => status !== 201)!;
      expect([refused.status, refused.body]).toEqual([
        403,
        expect.objectContaining({ code: 'plan.limit-reached', resource: 'members', limit: 4, used: 4 }),
      ]);
      // Shoppers take no seat.
      expectStatus(await place.asOwner.post('/invitations', { email: address(), role: 'customer' }), 201);
      const usage = await place.asOwner.get<{ data: object[] }>('/organizations/current/usage');
      expect(expectStatus(usage, 200).data).toContainEqual(
        expect.objectContaining({ resource: 'members', used: 4, limit: 4, remaining: 0 }),
      );
    });

    it('limits products and API keys, raced too, and teams, and a larger one lifts it at once', async () => {
      const place = await openShop(url, 'Three products');
      expectStatus(
        await operator.call('PUT', `/organizations/${place.id}/plan`, {
          plan: 'custom',
          limits: { products: 3, teams: 0, apiKeys: 2 },
        }),
        200,
      );
      const make = () => {
        const sku = `SKU-${newId().slice(-10)}`;
        return place.asOwner.post('/products', {
          name: sku,
          variants: [{ sku, price: { amount: 100, currency: 'EUR' } }],
        });
      };
      const answers = await Promise.all(Array.from({ length: 8 }, make));
      expect(answers.filter(({ status }) => status === 201)).toHaveLength(3);
      expect((await place.asOwner.post('/teams', { name: 'One' })).status).toBe(403);
      const makeKey = () => place.asOwner.post<{ id: string }>('/api-keys', { name: 'Key', scopes: ['products:read'] });
      const keys = await Promise.all(Array.from({ length: 6 }, makeKey));
      expect(keys.map(({ status }) => status).sort()).toEqual([201, 201, 403, 403, 403, 403]);
      expect(codeOf(keys.find(({ status }) => status === 403)!)).toBe('plan.limit-reached');
      // A key that is revoked makes room for another.
      const made = keys.find(({ status }) => status === 201)!.body.id;
      expectStatus(await place.asOwner.call('DELETE', `/api-keys/${made}`), 204);
      expectStatus(await makeKey(), 201);
      expectStatus(await operator.call('PUT', `/organizations/${place.id}/plan`, { plan: 'enterprise' }), 200);
      expectStatus(await make(), 201);
      expectStatus(await place.asOwner.post('/teams', { name: 'One' }), 201);
    });

    it.each([
      [{ plan: 'gold' }],
      [{ plan: 'custom', limits: { products: -1 } }],
      [{ plan: 'custom', limits: { products: 1.5 } }],
      [{ plan: 'custom', limits: { elephants: 1 } }],
      [{ plan: 'custom', limits: [] }],
      [{ plan: 'custom', limits: { products: '10' } }],
    ])('is refused as %j', async (body) => {
      expect((await operator.call('PUT', `/organizations/${shop.id}/plan`, body)).status).toBe(400);
    });
  });

  it('that are suspended are refused at once, by token and by name, and go on unharmed', async () => {
    const place = await openShop(url, 'Naughty');
    expectStatus(await place.asGuest.get('/branding'), 200);
    const body = { reason: 'Unpaid since May' };
    expect((await place.asOwner.post(`/organizations/${place.id}/suspend`, body)).status).toBe(403);
    expect(expectStatus(await operator.post(`/organizations/${place.id}/suspend`, body), 200)).toMatchObject({
      status: 'suspended',
      suspensionReason: 'Unpaid since May',
    });
    const shut = await place.asOwner.get('/members');
    expect([shut.status, codeOf(shut)]).toEqual([401, 'identity.organization-suspended']);
    expect((await place.asGuest.get('/branding')).status).toBe(404);
    expectStatus(await operator.post(`/organizations/${place.id}/resume`), 200);
    expectStatus(await place.asOwner.get('/members'), 200);
    expectStatus(await place.asGuest.get('/branding'), 200);
    const found = await operator.get<{ data: { slug: string }[] }>(`/organizations?q=${place.slug}`);
    expect(expectStatus(found, 200).data.map(({ slug }) => slug)).toEqual([place.slug]);
  });

  it('end thirty days after their owner asked for it, unless the wish is taken back', async () => {
    const place = await openShop(url, 'Leaving');
    const wrong = await place.asOwner.post('/organizations/current/deletion', { confirm: 'other' });
    expect([wrong.status, codeOf(wrong)]).toEqual([400, 'organizations.slug-unconfirmed']);
    const asked = { confirm: place.slug };
    expectStatus(await place.asOwner.post('/organizations/current/deletion', asked), 200);
    expect((await place.asOwner.post('/organizations/current/deletion', asked)).status).toBe(409);
    expectStatus(await place.asOwner.call('DELETE', '/organizations/current/deletion'), 204);
    expect((await place.asOwner.call('DELETE', '/organizations/current/deletion')).status).toBe(409);
  });
});
