import { expectStatus, TestClient, type Answer } from '../../../../test/support/client';
import { testDatabase } from '../../../../test/support/cluster';
import { connect } from '../../../../test/support/realtime';
import { startServer, type TestServer } from '../../../../test/support/server';
import { openShop, PASSWORD, type Shop } from '../../../../test/support/shop';

const FINGERPRINT = Array.from({ length: 32 }, (_, i) => (i + 160).toString(16).toUpperCase()).join(':');

interface Code {
  code: string;
}

/** The cookies of a browser, as far as one host and path matter. */
class Jar {
  readonly fields = new Map<string, string>();
  readonly values = new Map<string, string>();

  take({ headers }: { headers: Headers }): this {
    for (const field of headers.getSetCookie()) {
      const [pair] = field.split(';');
      const name = pair.slice(0, pair.indexOf('='));
      this.fields.set(name, field);
      this.values.set(name, pair.slice(name.length + 1));
    }
    return this;
  }

  header(...without: string[]): string {
    return [...this.values]
      .filter(([name, value]) => value !== '' && !without.some((part) => name.includes(part)))
      .map(([name, value]) => `${name}=${value}`)
      .join('; ');
  }

  get csrf(): string {
    return this.values.get('__Host-mainstay-csrf')!;
  }
}

describe('sessions in cookies over HTTP', () => {
  let server: TestServer;
  let shop: Shop;
  let anybody: TestClient;
  let origin: string;

  beforeAll(async () => {
    const env = {
      MAINSTAY_PUBLIC_URL: 'https://shop.example.org',
      MAINSTAY_CORS_ORIGINS: 'https://admin.example.org',
      MAINSTAY_ANDROID_APPS: `org.example.shop=${FINGERPRINT}`,
      MAINSTAY_IOS_APPS: 'ABCDE12345.org.example.shop, ABCDE12345.org.example.staff',
    };
    server = await startServer({ database: await testDatabase({ fresh: true }), name: 'cookies', env });
    anybody = new TestClient(server.url);
    shop = await openShop(server.url, 'Cookies');
    origin = 'https://shop.example.org';
  }, 60_000);
  afterAll(() => process.kill(server.pid, 'SIGTERM'));

  const logIn = (body: object = {}, headers: Record<string, string> = {}) =>
    anybody.post<Code & { accessToken: string; refreshToken: string }>(
      '/auth/login',
      { email: shop.owner.user.email, password: PASSWORD, mode: 'cookie', ...body },
      { headers },
    );
  const signedIn = async (body: object = {}): Promise<Jar> => {
    const answer = await logIn(body);
    expectStatus(answer, 200);
    return new Jar().take(answer);
  };
  const call = (jar: Jar, method: string, path: string, body?: object, headers: Record<string, string> = {}) =>
    anybody.call<Code>(method, path, body, { headers: { cookie: jar.header('refresh'), ...headers } });
  const auth = (jar: Jar, path: string, headers: Record<string, string> = {}): Promise<Answer<Code>> =>
    anybody.call<Code>('POST', `/auth/${path}`, undefined, {
      headers: { cookie: jar.header(), 'x-csrf-token': jar.csrf, ...headers },
    });

  it('keep tokens out of the answer, each cookie with all that it needs', async () => {
    const answer = await logIn();
    expect(expectStatus(answer, 200)).toMatchObject({ accessToken: '', refreshToken: '' });
    const { fields } = new Jar().take(answer);
    expect([...fields.keys()].sort()).toEqual([
      '__Host-mainstay-csrf',
      '__Host-mainstay-device',
      '__Host-mainstay-session',
      '__Secure-mainstay-refresh',
    ]);
    for (const [name, field] of fields) {
      expect(field).toMatch(/; Secure/);
      expect(field).not.toMatch(/Domain=/i);
      if (name.startsWith('__Host-')) expect(field).toMatch(/; Path=\/(;|$)/);
      expect(/; HttpOnly/.test(field)).toBe(!name.includes('csrf'));
    }
    expect(fields.get('__Host-mainstay-session')).toMatch(/SameSite=Lax/);
    expect(fields.get('__Secure-mainstay-refresh')).toMatch(/SameSite=Strict/);
    expect(fields.get('__Secure-mainstay-refresh')).toMatch(/; Path=\/api\/v1\/auth(;|$)/);
    expect(fields.get('__Secure-mainstay-refresh')).toMatch(/; Max-Age=\d+/);
    const { fields: forgotten } = await signedIn({ remember: false });
    expect(forgotten.get('__Secure-mainstay-refresh')).not.toMatch(/Max-Age|Expires/);
    const bearer = await logIn({ mode: 'bearer' });
    expect(expectStatus(bearer, 200).accessToken).not.toBe('');
    expect(bearer.headers.getSetCookie()).toEqual([]);
  });

  it('read, and change only what a page of ours asks for', async () => {
    const jar = await signedIn();
    expectStatus(await call(jar, 'GET', '/auth/profile'), 200);
    const change = (headers: Record<string, string>, from = jar) =>
      call(from, 'POST', '/categories', { name: `C ${Math.floor(performance.now() * 1000)}` }, headers);
    const token = { 'x-csrf-token': jar.csrf };
    const refused: [Record<string, string>, string][] = [
      [{}, 'auth.csrf-token'],
      [{ origin }, 'auth.csrf-token'],
      [{ 'x-csrf-token': 'guessed' }, 'auth.csrf-token'],
      [{ ...token, origin: 'https://evil.test' }, 'auth.cross-site'],
      [{ ...token, origin: 'null' }, 'auth.cross-site'],
      [{ ...token, origin: 'https://shop.example.org.evil.test' }, 'auth.cross-site'],
      [{ ...token, 'sec-fetch-site': 'cross-site' }, 'auth.cross-site'],
    ];
    for (const [headers, code] of refused) {
      const answer = await change(headers);
      expect([answer.status, answer.body.code]).toEqual([403, code]);
    }
    // Another session's token is none for this one.
    const other = await signedIn();
    const mixed = new Jar();
    for (const [name, value] of jar.values) mixed.values.set(name, value);
    mixed.values.set('__Host-mainstay-csrf', other.csrf);
    expect((await change({ 'x-csrf-token': other.csrf }, mixed)).body.code).toBe('auth.csrf-token');
    expectStatus(await change({ ...token, origin, 'sec-fetch-site': 'same-origin' }), 201);
    expectStatus(await change({ ...token, origin: 'https://admin.example.org' }), 201);
    // A body that a form can send is not read at all.
    const form = await anybody.call<Code>('POST', '/categories', '{"name":"x"}', {
      headers: { cookie: jar.header(), 'content-type': 'text/plain', ...token },
    });
    expect(form.status).toBe(415);
  });

  it('are refreshed by their cookie and cleared at the end', async () => {
    const jar = await signedIn();
    const before = jar.values.get('__Secure-mainstay-refresh');
    expect((await auth(jar, 'refresh', { 'x-csrf-token': 'guessed' })).status).toBe(403);
    expect((await auth(jar, 'refresh', { origin: 'https://evil.test' })).status).toBe(403);
    const refreshed = await auth(jar, 'refresh', { origin });
    expect(expectStatus(refreshed, 200)).toMatchObject({ accessToken: '', refreshToken: '' });
    jar.take(refreshed);
    expect(jar.values.get('__Secure-mainstay-refresh')).not.toBe(before);
    expect(jar.fields.get('__Secure-mainstay-refresh')).toMatch(/; Max-Age=\d+/);
    expectStatus(await call(jar, 'GET', '/auth/profile'), 200);
    expect((await anybody.call<Code>('POST', '/auth/refresh')).body.code).toBe('identity.refresh-token-missing');

    expect((await auth(jar, 'logout', { 'x-csrf-token': 'guessed' })).status).toBe(403);
    expectStatus(await call(jar, 'GET', '/auth/profile'), 200);
    const out = await auth(jar, 'logout', { origin });
    expect(out.status).toBe(204);
    const after = new Jar().take(out);
    for (const name of ['__Host-mainstay-session', '__Secure-mainstay-refresh', '__Host-mainstay-csrf'])
      expect(after.fields.get(name)).toMatch(/=; .*(Max-Age=0|Expires=Thu, 01 Jan 1970)/);
    expect((await call(jar, 'GET', '/auth/profile')).status).toBe(401);
    // Who has cookies of an ended session signs in like anybody else.
    expectStatus(
      await anybody.post(
        '/auth/login',
        { email: shop.owner.user.email, password: PASSWORD, mode: 'cookie' },
        {
          headers: { cookie: jar.header() },
        },
      ),
      200,
    );
    expect((await logIn({}, { origin: 'null' })).status).toBe(403);
  });

  it('move with a switch, and by the header where the body has no mode', async () => {
    const answer = await anybody.post<{ accessToken: string }>(
      '/auth/login',
      { email: shop.owner.user.email, password: PASSWORD },
      { headers: { 'x-session-mode': 'cookie; remember=false' } },
    );
    expect(expectStatus(answer, 200).accessToken).toBe('');
    const jar = new Jar().take(answer);
    const switched = await call(jar, 'POST', '/auth/switch', { organization: shop.slug }, { 'x-csrf-token': jar.csrf });
    expectStatus(switched, 200);
    expect(new Jar().take(switched).fields.get('__Host-mainstay-session')).not.toMatch(/Max-Age/);
  });

  it('open sockets for pages of ours alone', async () => {
    const jar = await signedIn();
    const opened = (from: string) =>
      connect(server.url, undefined, { extraHeaders: { cookie: jar.header('refresh'), origin: from } });
    const socket = await opened(origin);
    const closed = new Promise<void>((resolve) => socket.once('disconnect', () => resolve()));
    await expect(opened('https://evil.test')).rejects.toThrow();
    await expect(opened('null')).rejects.toThrow();
    await expect(connect(server.url, undefined, { extraHeaders: { cookie: jar.header('refresh') } })).rejects.toThrow(
      'auth.required',
    );
    expect((await auth(jar, 'logout')).status).toBe(204);
    await closed;
  });

  it('answer pages of the origins that their organization allows, and of no other', async () => {
    const other = await openShop(server.url, 'Origins');
    const page = 'https://pages.example.com';
    const rules = (client: TestClient, allowedOrigins: string[]) =>
      client.call('PATCH', '/security-policy', { sessions: { allowedOrigins } });
    for (const wrong of ['https://pages.example.com/', 'pages.example.com', 'http://pages.example.com', '*', 'null'])
      expect((await rules(other.asOwner, [wrong])).status).toBe(400);
    expectStatus(await rules(other.asOwner, [page]), 200);
    const preflight = (from: string) =>
      fetch(`${server.url}/api/v1/products`, {
        method: 'OPTIONS',
        headers: { origin: from, 'access-control-request-method': 'GET' },
      });
    const allowed = async (from: string) => (await preflight(from)).headers.get('access-control-allow-origin');
    expect(await allowed(page)).toBe(page);
    expect(await allowed('https://admin.example.org')).toBe('https://admin.example.org');
    for (const from of [
      'https://evil.test',
      'null',
      `${page}.evil.test`,
      'https://pages.example.co',
      'http://pages.example.com',
    ])
      expect(await allowed(from)).toBeNull();
    const read = (client: TestClient, from: string) => client.get<Code>('/orders', { headers: { origin: from } });
    const mine = await read(other.asOwner, page);
    expectStatus(mine, 200);
    expect(mine.headers.get('access-control-allow-origin')).toBe(page);
    expect(mine.headers.get('vary')).toMatch(/origin/i);
    const theirs = await read(shop.asOwner, page);
    expect([theirs.status, theirs.body.code]).toEqual([403, 'auth.origin-not-allowed']);
    expect(theirs.headers.get('access-control-allow-origin')).toBeNull();
    const stranger = await read(shop.asOwner, 'https://evil.test');
    expect([stranger.status, stranger.headers.get('access-control-allow-origin')]).toEqual([200, null]);
    expect(stranger.headers.get('vary')).toMatch(/origin/i);
  });

  it('of apps use the passkeys of the host: it names the apps that are set', async () => {
    const read = async (name: string): Promise<unknown> => {
      const answer = await fetch(`${server.url}/.well-known/${name}`);
      expect([answer.status, answer.headers.get('content-type')]).toEqual([
        200,
        expect.stringMatching(/^application\/json/),
      ]);
      return answer.json();
    };
    expect(await read('assetlinks.json')).toEqual([
      {
        relation: ['delegate_permission/common.get_login_creds'],
        target: {
          namespace: 'android_app',
          package_name: 'org.example.shop',
          sha256_cert_fingerprints: [FINGERPRINT],
        },
      },
    ]);
    expect(await read('apple-app-site-association')).toEqual({
      webcredentials: { apps: ['ABCDE12345.org.example.shop', 'ABCDE12345.org.example.staff'] },
    });
  });

  it('hold no API key: one in their place opens nothing', async () => {
    const made = await shop.asOwner.post<{ secret: string }>('/api-keys', { name: 'Key', scopes: ['orders:read'] });
    const { secret } = expectStatus(made, 201);
    expectStatus(await anybody.get('/orders', { token: secret }), 200);
    const headers = { cookie: `__Host-mainstay-session=${secret}` };
    expect((await anybody.get('/orders', { headers })).status).toBe(401);
  });
});
