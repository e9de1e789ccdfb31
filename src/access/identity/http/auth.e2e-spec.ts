import {
  createHmac,
  createPublicKey,
  generateKeyPairSync,
  randomUUID,
  sign,
  verify,
  type JsonWebKey,
  type KeyObject,
} from 'node:crypto';
import { expectStatus, TestClient } from '../../../../test/support/client';
import { server } from '../../../../test/support/server';
import { mailTo, openShop, PASSWORD, signUp, type Login, type Shop } from '../../../../test/support/shop';

interface Tokens extends Login {
  expiresIn: number;
  user: Login['user'] & { roles: string[]; organization: { id: string; slug: string } | null };
}
interface Problem {
  code: string;
  status: number;
  detail: string;
  hint?: string;
}

const base64url = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const linkIn = (text: string): string => /(https?:\/\/\S+\/verify-email\/[\w-]+)/.exec(text)![1];

describe('the access contexts over HTTP', () => {
  let url: string;
  let anybody: TestClient;
  let shop: Shop;
  const address = (): string => `e2e-${randomUUID()}@example.com`;
  const logIn = (email: string, body: object = {}, client = anybody) =>
    client.post<Tokens>('/auth/login', { email, password: PASSWORD, ...body });
  const ok = async (email: string, body: object = {}): Promise<Tokens> => expectStatus(await logIn(email, body), 200);
  const customer = async (of: Shop): Promise<Tokens> => {
    const email = address();
    expectStatus(await of.asGuest.post('/auth/register', { email, password: PASSWORD, name: 'Cora Customer' }), 201);
    const link = linkIn((await mailTo(anybody, email)).text);
    expectStatus(await anybody.post(`/auth/verify-email/${link.split('/').pop()}`), 200);
    return ok(email, { organization: of.slug });
  };

  beforeAll(async () => {
    ({ url } = await server());
    anybody = new TestClient(url);
    shop = await openShop(url, 'Access');
  });

  describe('registering', () => {
    it('answers the same for a new, a known and an unproven address', async () => {
      const email = address();
      const form = (to: string) => ({ email: to, password: PASSWORD, name: 'Ada', organizationName: 'Same Answer' });
      const first = await anybody.post('/auth/register', form(email));
      const again = await anybody.post('/auth/register', form(email));
      const known = await anybody.post('/auth/register', form(shop.owner.user.email));
      for (const answer of [first, again, known]) expect(answer.status).toBe(201);
      expect(first.body).toEqual({ email, status: 'mail_sent' });
      expect(again.body).toEqual(first.body);
      expect(Object.keys(known.body)).toEqual(Object.keys(first.body));
      const fields = (answer: typeof first): string[] => [...answer.headers.keys()].sort();
      expect(fields(known)).toEqual(fields(first));
      expect(await mailTo(anybody, shop.owner.user.email, /already/i)).toBeTruthy();
    });

    it('needs to know for what', async () => {
      const answer = await anybody.post<Problem>('/auth/register', {
        email: address(),
        password: PASSWORD,
        name: 'Ada',
      });
      expect(answer.status).toBe(400);
      expect(answer.body).toMatchObject({
        code: 'identity.registration-target-missing',
        hint: expect.stringContaining('X-Tenant') as string,
      });
      const nowhere = await anybody.post(
        '/auth/register',
        { email: address(), password: PASSWORD, name: 'A' },
        { tenant: 'no-such-shop' },
      );
      expect(nowhere.status).toBe(404);
    });

    it('follows the link of the mail by a page: opening it changes nothing, its button does', async () => {
      const email = address();
      await anybody.post('/auth/register', {
        email,
        password: PASSWORD,
        name: '<b>Ada</b>',
        organizationName: 'Page & <i>Sons</i>',
      });
      const link = new URL(linkIn((await mailTo(anybody, email)).text)).pathname;
      for (let scan = 0; scan < 3; scan++) {
        const page = await anybody.get(`${url}${link}`);
        expect(page.status).toBe(200);
        expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
        expect(page.headers.get('content-security-policy')).toMatch(/^default-src 'none';.*form-action 'self'/);
        expect(page.text).toContain('<form method="post">');
        expect(page.text).not.toMatch(/<script|https?:\/\//);
      }
      const unverified = await logIn(email);
      expect(unverified.status).toBe(403);
      expect(unverified.body).toMatchObject({ code: 'identity.email-unverified' });
      const post = () =>
        fetch(url + link, {
          method: 'POST',
          headers: { 'content-type': 'application/x-www-form-urlencoded' },
          body: '',
        });
      const done = await post();
      expect(done.status).toBe(200);
      const text = await done.text();
      expect(text).toContain('Address verified');
      expect(text).not.toContain('<i>');
      const spent = await post();
      expect(spent.status).toBe(410);
      expect((await ok(email)).user).toMatchObject({ roles: ['owner'] });
    });

    it('sends the mail again without saying to whom', async () => {
      const email = address();
      await anybody.post('/auth/register', { email, password: PASSWORD, name: 'Ada', organizationName: 'Again' });
      const answers = [
        await anybody.post('/auth/verify-email/resend', { email }),
        await anybody.post('/auth/verify-email/resend', { email: address() }),
      ];
      expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    });

    it.each([
      [{ email: 'no-address', password: PASSWORD, name: 'A', organizationName: 'Org' }, 400],
      [{ email: 'a@b.example', password: 'short', name: 'A', organizationName: 'Org' }, 400],
      [{ email: 'a@b.example', password: 'x'.repeat(1_000_000), name: 'A', organizationName: 'Org' }, 400],
      [{ email: 'a@b.example', password: PASSWORD, name: '', organizationName: 'Org' }, 400],
      [{ email: 'a@b.example', password: PASSWORD, name: 'A', organizationName: 'Org', role: 'operator' }, 400],
      [{ email: ['a@b.example'], password: { length: 20 }, name: 'A', organizationName: 'Org' }, 400],
      [{ email: 'a@b.example\u0000', password: PASSWORD, name: 'A', organizationName: 'Org' }, 400],
      [[], 400],
      ['text', 400],
    ])('refuses bad input %#', async (body, status) => {
      const answer = await anybody.post<Problem>('/auth/register', body);
      expect(answer.status).toBe(status);
      expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    });
  });

  describe('signing in', () => {
    it('gives tokens, a user and a profile', async () => {
      const tokens = await ok(shop.owner.user.email);
      expect(tokens).toMatchObject({
        expiresIn: 600,
        tokenType: 'Bearer',
        user: { roles: ['owner'], organization: { slug: shop.slug } },
      });
      const profile = await anybody.get('/auth/profile', { token: tokens.accessToken });
      expect(profile.body).toMatchObject({
        email: shop.owner.user.email,
        emailVerified: true,
        organization: { id: shop.id, slug: shop.slug, name: shop.name },
        permissions: expect.arrayContaining(['members:owners', 'orders:write', 'roles:write']),
      });
      expect(profile.headers.get('cache-control')).toBe('no-store');
      expect(
        (await fetch(`${url}/api/auth/profile`, { headers: { authorization: `Bearer ${tokens.accessToken}` } })).status,
      ).toBe(200);
    });

    it('says the same for a wrong password and an unknown address', async () => {
      const wrong = await logIn(shop.owner.user.email, { password: 'not the password' });
      const unknown = await logIn(address(), { password: 'not the password' });
      const seen = ({ status, body }: typeof wrong) => {
        const { requestId, ...rest } = body as unknown as Record<string, unknown>;
        expect(requestId).toEqual(expect.any(String));
        return { status, rest };
      };
      expect(seen(wrong)).toEqual(seen(unknown));
      expect(wrong.status).toBe(401);
    });

    it('makes guessers wait without a word of it, and lets the known device in', async () => {
      const { email } = await signUp(anybody, { email: address(), name: 'Gus', organizationName: 'Guessed' }).then(
        ({ user }) => user,
      );
      const { deviceToken } = (await ok(email)) as Tokens & { deviceToken: string };
      const answers = await Promise.all(
        Array.from({ length: 12 }, (_, i) => logIn(email, { password: `guess number ${i}` })),
      );
      const told = ({ status, body, headers }: (typeof answers)[number]): unknown => ({
        status,
        body: { ...(body as object), requestId: '', instance: '' },
        headers: [...headers.keys()].sort(),
      });
      const right = await logIn(email);
      expect(right.status).toBe(401);
      for (const answer of answers) expect(told(answer)).toEqual(told(right));
      expect(told(await logIn(address()))).toEqual(told(right));
      const known = anybody.as({ headers: { 'x-device': deviceToken } });
      expect((await logIn(email, {}, known)).status).toBe(200);
    });

    it('works in the organization that was asked for, and in no other', async () => {
      const second = await openShop(url, 'Second');
      const email = shop.owner.user.email;
      expect((await logIn(email, { organization: second.slug })).status).toBe(403);
      expect((await logIn(email, { organization: 'no-such-shop' })).status).toBe(403);
      expect((await logIn(email, {}, second.asGuest)).status).toBe(403);
      expect((await ok(email, { organization: shop.id })).user.organization!.slug).toBe(shop.slug);
    });
  });

  describe('tokens', () => {
    const profile = (token: string) => anybody.get<Problem>('/auth/profile', { token });
    const parts = (token: string) => {
      const [header, payload] = token.split('.');
      const read = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>;
      return { header: read(header), payload: read(payload) };
    };
    const es256 = (header: object, payload: object, key: KeyObject): string => {
      const input = `${base64url(header)}.${base64url(payload)}`;
      return `${input}.${sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
    };

    it('verify against the published key set', async () => {
      const { accessToken } = await ok(shop.owner.user.email);
      const { keys } = (await anybody.get<{ keys: (JsonWebKey & { kid: string })[] }>(`${url}/.well-known/jwks.json`))
        .body;
      const { header } = parts(accessToken);
      expect(header).toMatchObject({ alg: 'ES256', typ: 'at+jwt' });
      const jwk = keys.find(({ kid }) => kid === header.kid)!;
      const [input, signature] = [accessToken.slice(0, accessToken.lastIndexOf('.')), accessToken.split('.')[2]];
      const key = createPublicKey({ key: jwk, format: 'jwk' });
      expect(
        verify('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' }, Buffer.from(signature, 'base64url')),
      ).toBe(true);
      expect(keys.every((each) => !('d' in each))).toBe(true);
    });

    it('are refused when forged, confused, changed or expired', async () => {
      const { accessToken } = await ok(shop.owner.user.email);
      const { header, payload } = parts(accessToken);
      const { keys } = (await anybody.get<{ keys: JsonWebKey[] }>(`${url}/.well-known/jwks.json`)).body;
      const pem = createPublicKey({ key: keys[0], format: 'jwk' }).export({ type: 'spki', format: 'pem' }) as string;
      const own = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const hs = `${base64url({ ...header, alg: 'HS256' })}.${base64url(payload)}`;
      const [h, , s] = accessToken.split('.');
      const forged: Record<string, string> = {
        none: `${base64url({ ...header, alg: 'none' })}.${base64url(payload)}.`,
        'HS256 with the public key': `${hs}.${createHmac('sha256', pem).update(hs).digest('base64url')}`,
        'a foreign key': es256(header, payload, own.privateKey),
        'a key of its own': es256(
          { ...header, kid: 'mine', jwk: own.publicKey.export({ format: 'jwk' }) },
          payload,
          own.privateKey,
        ),
        'an unknown kid': es256({ ...header, kid: 'nope' }, payload, own.privateKey),
        'another type': es256({ ...header, typ: 'JWT' }, payload, own.privateKey),
        'changed claims': `${h}.${base64url({ ...payload, tid: randomUUID() })}.${s}`,
        'cut off': accessToken.slice(0, -4),
        nonsense: 'a.b.c',
      };
      for (const [name, token] of Object.entries(forged)) {
        const answer = await profile(token);
        expect({ name, status: answer.status }).toEqual({ name, status: 401 });
      }
      expect((await profile(accessToken)).status).toBe(200);
    });

    it('rotate, and a used refresh token ends its family alone', async () => {
      const other = await ok(shop.owner.user.email);
      const first = await ok(shop.owner.user.email);
      const refresh = (refreshToken: string, agent = 'test') =>
        anybody.post<Tokens>('/auth/refresh', { refreshToken }, { headers: { 'user-agent': agent } });
      const answers = await Promise.all(Array.from({ length: 50 }, () => refresh(first.refreshToken)));
      expect(answers.every(({ status }) => status === 200)).toBe(true);
      expect(new Set(answers.map(({ body }) => body.refreshToken)).size).toBe(1);
      const second = answers[0].body;
      expect((await profile(second.accessToken)).status).toBe(200);
      expect((await refresh(first.refreshToken, 'a thief')).status).toBe(401);
      expect((await refresh(second.refreshToken)).status).toBe(401);
      const gone = await profile(second.accessToken);
      expect([gone.status, gone.body.code]).toEqual([401, 'auth.session-ended']);
      expect((await refresh(other.refreshToken)).status).toBe(200);
      expect((await anybody.post('/auth/refresh', { refreshToken: 'nonsense' })).status).toBe(401);
    });

    it('end with the logout, the refresh token too', async () => {
      const tokens = await ok(shop.owner.user.email);
      expect((await anybody.post('/auth/logout', undefined, { token: tokens.accessToken })).status).toBe(204);
      expect((await profile(tokens.accessToken)).status).toBe(401);
      expect((await anybody.post('/auth/refresh', { refreshToken: tokens.refreshToken })).status).toBe(401);
      const later = await ok(shop.owner.user.email);
      expect((await anybody.post('/auth/logout', { refreshToken: later.refreshToken })).status).toBe(204);
      expect((await profile(later.accessToken)).status).toBe(401);
      expect((await anybody.post('/auth/logout')).status).toBe(401);
    });
  });

  describe('organizations and members', () => {
    it('are opened, switched to and changed', async () => {
      const tokens = await ok(shop.owner.user.email);
      const asOwner = anybody.as({ token: tokens.accessToken });
      const opened = expectStatus(
        await asOwner.post<{ id: string; slug: string }>('/organizations', { name: 'Branch' }),
        201,
      );
      const switched = expectStatus(await asOwner.post<Tokens>('/auth/switch', { organization: opened.slug }), 200);
      const there = anybody.as({ token: switched.accessToken });
      expect((await there.get('/auth/profile')).body).toMatchObject({
        organization: { id: opened.id },
        roles: ['owner'],
      });
      const changed = await there.call('PATCH', '/organizations/current', {
        name: 'Branch Two',
        settings: { currency: 'USD' },
      });
      expect(changed.body).toMatchObject({ id: opened.id, name: 'Branch Two', settings: { currency: 'USD' } });
      expect((await asOwner.get('/organizations/current')).body).toMatchObject({ id: shop.id });
      expect((await asOwner.post('/auth/switch', { organization: 'no-such-shop' })).status).toBe(403);
      const mismatch = await there.get('/auth/profile', { tenant: shop.slug });
      expect(mismatch.status).toBe(403);
    });

    it('list for staff, change for owners, hold at once, and keep the last owner', async () => {
      const place = await openShop(url, 'Members');
      const cora = await customer(place);
      const asCora = anybody.as({ token: cora.accessToken });
      expect((await asCora.get('/members')).status).toBe(403);
      type Members = { data: { id: string; userId: string; role: string; email: string }[]; page: { total?: number } };
      const members = expectStatus(await place.asOwner.get<Members>('/members?count=exact'), 200);
      expect(members.page.total).toBe(2);
      expect(members.data.map(({ role }) => role).sort()).toEqual(['customer', 'owner']);
      expect(expectStatus(await place.asOwner.get<Members>('/members?role=owner'), 200).data).toHaveLength(1);
      const { id } = members.data.find(({ userId }) => userId === cora.user.id)!;
      const ownerId = members.data.find(({ role }) => role === 'owner')!.id;

      expect((await place.asOwner.call('PATCH', `/members/${id}`, { role: 'staff' })).status).toBe(204);
      expect((await asCora.get('/members')).status).toBe(200);
      expect((await asCora.call('PATCH', `/members/${id}`, { role: 'owner' })).status).toBe(403);
      const last = await place.asOwner.call<Problem>('DELETE', `/members/${ownerId}`);
      expect([last.status, last.body.code]).toEqual([409, 'organizations.last-owner']);
      expect((await shop.asOwner.call('DELETE', `/members/${id}`)).status).toBe(404);
      expect((await place.asOwner.call('DELETE', `/members/${id}`)).status).toBe(204);
      const gone = await asCora.get<Problem>('/members');
      expect([gone.status, gone.body.code]).toEqual([401, 'identity.membership-ended']);
      const refreshed = expectStatus(
        await anybody.post<Tokens>('/auth/refresh', { refreshToken: cora.refreshToken }),
        200,
      );
      expect(refreshed.user.organization).toBeNull();
    });

    it('leave a trail that owners read', async () => {
      const place = await openShop(url, 'Trail');
      await place.asOwner.call('PATCH', '/organizations/current', { name: 'Trail Two' });
      type Trail = { data: { action: string; actor: { id: string }; requestId: string }[] };
      const { data } = expectStatus(await place.asOwner.get<Trail>('/audit-logs?action=ChangeOrganization'), 200);
      expect(data).toEqual([
        expect.objectContaining({ action: 'ChangeOrganization', actor: { kind: 'user', id: place.owner.user.id } }),
      ]);
      const cora = await customer(place);
      expect((await anybody.get('/audit-logs', { token: cora.accessToken })).status).toBe(403);
      expect((await place.asOwner.get('/audit-logs/platform')).status).toBe(403);
      expect((await place.asOwner.get<Problem>('/audit-logs?actor=x')).status).toBe(400);
    });
  });
});
