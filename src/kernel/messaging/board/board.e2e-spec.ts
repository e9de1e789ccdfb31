import { Script } from 'node:vm';
import { Client } from 'pg';
import { SoftAuthenticator } from '../../../../test/support/authenticator';
import { expectStatus, TestClient } from '../../../../test/support/client';
import { testDatabase } from '../../../../test/support/cluster';
import { eventually } from '../../../../test/support/eventually';
import { startServer, type TestServer } from '../../../../test/support/server';
import { checkOut, fillCart, openShop, stock, type Shop } from '../../../../test/support/shop';
import { totpCode } from '../../../../test/support/totp';

const OPERATOR = { email: 'ops@example.com', password: 'a quiet walk through the dunes' };

describe('the board of the queues', () => {
  let server: TestServer;
  let shop: Shop;

  const call = (path: string, init: RequestInit & { cookie?: string } = {}): Promise<Response> =>
    fetch(server.url + path, {
      redirect: 'manual',
      ...init,
      headers: {
        ...(init.cookie ? { cookie: init.cookie } : {}),
        ...(init.headers as Record<string, string>),
      },
    });
  const signIn = (form: Record<string, string>, headers: Record<string, string> = {}): Promise<Response> =>
    call('/queues/login', { method: 'POST', body: new URLSearchParams(form), headers });
  const signedIn = async (): Promise<string> => {
    const answer = await signIn(OPERATOR);
    expect(answer.status).toBe(303);
    return answer.headers.get('set-cookie')!.split(';')[0];
  };

  beforeAll(async () => {
    server = await startServer({
      database: await testDatabase({ fresh: true }),
      name: 'board',
      env: { MAINSTAY_ADMIN_EMAIL: OPERATOR.email, MAINSTAY_ADMIN_PASSWORD: OPERATOR.password },
    });
    shop = await openShop(server.url);
  }, 60_000);
  afterAll(() => void process.kill(server.pid, 'SIGTERM'));

  it('sends browsers to the sign-in page and answers others with a problem', async () => {
    const browser = await call('/queues', { headers: { accept: 'text/html' } });
    expect([browser.status, browser.headers.get('location')]).toEqual([303, '/queues/login']);
    const other = await call('/queues/api/queues');
    expect(other.status).toBe(401);
    expect(other.headers.get('content-type')).toContain('application/problem+json');
    const page = await call('/queues/login');
    expect(page.status).toBe(200);
    const html = await page.text();
    expect(html).toContain('type="password"');
    expect(html).not.toMatch(/https?:\/\//);
  });

  it('refuses owners of tenants: with their token, and at the sign-in page', async () => {
    const token = { authorization: `Bearer ${shop.owner.accessToken}` };
    for (const path of ['/queues', '/queues/api/queues', '/queues/static/images/logo.svg']) {
      expect((await call(path, { headers: token })).status).toBe(403);
    }
    expect((await signIn({ email: shop.owner.user.email, password: shop.owner.password })).status).toBe(401);
    expect((await signIn({ ...OPERATOR, password: 'wrong' })).status).toBe(401);
    expect((await signIn({ email: '', password: '' })).status).toBe(400);
  });

  it('asks an operator with a second factor for its code, each once', async () => {
    const anyone = new TestClient(server.url);
    const login = await anyone.post<{ accessToken: string }>('/auth/login', OPERATOR);
    const asOperator = anyone.as({ token: login.body.accessToken });
    const { secret } = (await asOperator.post<{ secret: string }>('/auth/mfa/totp', {})).body;
    const now = async () => Date.parse((await asOperator.get<{ now: string }>('/dev/clock')).body.now);
    const first = totpCode(secret, await now());
    const confirmed = await asOperator.post<{ factorId: string; backupCodes: string[] }>('/auth/mfa/totp/confirm', {
      code: first,
    });
    const { factorId, backupCodes } = confirmed.body;
    expect((await signIn(OPERATOR)).status).toBe(401);
    expect((await signIn({ ...OPERATOR, code: first })).status).toBe(401);
    expect((await signIn({ ...OPERATOR, code: backupCodes[0] })).status).toBe(303);
    expect((await signIn({ ...OPERATOR, code: backupCodes[0] })).status).toBe(401);
    expect((await asOperator.call('DELETE', `/auth/mfa/${factorId}`)).status).toBe(200);
  });

  it('takes a passkey in place of password and code: the page signs in and exchanges the token for its cookie', async () => {
    const anyone = new TestClient(server.url);
    const login = await anyone.post<{ accessToken: string }>('/auth/login', OPERATOR);
    const asOperator = anyone.as({ token: login.body.accessToken });
    const device = new SoftAuthenticator(`http://localhost:${new URL(server.url).port}`);
    type Options = { challengeId: string; options: Parameters<SoftAuthenticator['get']>[0] };
    const start = expectStatus(await asOperator.post<Options>('/auth/passkeys/options'), 200);
    const credential = device.create(start.options as never);
    const added = await asOperator.post<{ factorId: string }>('/auth/passkeys', {
      challengeId: start.challengeId,
      credential,
      name: 'Key of the operator',
    });
    const { factorId } = expectStatus(added, 201);
    // The password alone opens nothing any longer.
    expect((await signIn(OPERATOR)).status).toBe(401);

    const html = await (await call('/queues/login')).text();
    const route = (name: string): string => new RegExp(`data-${name}="([^"]+)"`).exec(html)![1];
    expect(html).toContain('<script src="/queues/passkey.js" defer>');
    const script = await call('/queues/passkey.js');
    expect([script.status, script.headers.get('content-type')]).toEqual([200, 'text/javascript; charset=utf-8']);
    // It parses.
    new Script(await script.text());
    const { challengeId, options } = expectStatus(await anyone.post<Options>(route('options'), {}), 200);
    const tokens = expectStatus(
      await anyone.post<{ accessToken: string }>(route('login'), { challengeId, credential: device.get(options) }),
      200,
    );
    const answer = await signIn({ accessToken: tokens.accessToken });
    expect([answer.status, answer.headers.get('location')]).toEqual([303, '/queues']);
    const cookie = answer.headers.get('set-cookie')!.split(';')[0];
    expect((await anyone.as({ token: tokens.accessToken }).post(route('logout'), {})).status).toBe(204);
    expect((await call('/queues/api/queues', { cookie })).status).toBe(200);

    expect((await signIn({ accessToken: tokens.accessToken })).status).toBe(401);
    expect((await signIn({ accessToken: shop.owner.accessToken })).status).toBe(401);
    expect((await signIn({ accessToken: 'x.y.z' })).status).toBe(401);
    expect((await signIn({ accessToken: tokens.accessToken }, { origin: 'https://evil.example.org' })).status).toBe(
      403,
    );
    expect((await asOperator.call('DELETE', `/auth/mfa/${factorId}`)).status).toBe(200);
  });

  it('shows the queues to an operator, whole and without a foreign address, under its policy', async () => {
    const answer = await signIn(OPERATOR);
    const attributes = answer.headers.get('set-cookie')!;
    expect(attributes).toMatch(/HttpOnly/i);
    expect(attributes).toMatch(/SameSite=Strict/i);
    expect(attributes).toMatch(/Path=\/queues/i);
    const cookie = attributes.split(';')[0];
    const page = await call('/queues', { cookie, headers: { accept: 'text/html' } });
    expect(page.status).toBe(200);
    const html = await page.text();
    expect(html).toContain(OPERATOR.email);
    expect(html.replace(/http:\/\/www\.w3\.org/g, '')).not.toMatch(/(?:src|href)="https?:/);
    const policy = page.headers.get('content-security-policy')!;
    expect(policy).toContain("base-uri 'self'");
    expect(policy).toContain("script-src 'self'");
    const base = /<base href="([^"]+)"/.exec(html)![1];
    const scripts = [...html.matchAll(/<script defer src="([^"]+)"/g)].map(([, src]) => src);
    expect(scripts.length).toBeGreaterThan(0);
    for (const src of scripts)
      expect((await call(new URL(src, `http://x${base}`).pathname, { cookie })).status).toBe(200);
    const queues = (await (await call('/queues/api/queues', { cookie })).json()) as { queues: { name: string }[] };
    expect(queues.queues.map(({ name }) => name).sort()).toEqual(
      ['files', 'imports', 'mail', 'maintenance', 'payment-webhooks', 'payments', 'push', 'stock-alerts'].sort(),
    );
    const mail = await (await call('/queues/api/queues?activeQueue=mail&status=completed&page=1', { cookie })).text();
    expect(mail).not.toContain(shop.owner.user.email);
  });

  it('shows the jobs that work off webhooks of payment providers', async () => {
    const cookie = await signedIn();
    const { sku } = await stock(shop, { quantity: 1 });
    const cart = await fillCart(shop.asGuest, [{ sku, quantity: 1 }]);
    expectStatus(await checkOut(shop.asGuest, cart, 'declined'), 201);
    interface Shown {
      queues: { name: string; jobs: { name: string; isFailed: boolean; data: { tenantId: string } }[] }[];
    }
    const [job] = await eventually(async () => {
      const path = '/queues/api/queues?activeQueue=payment-webhooks&status=completed&page=1';
      const { queues } = (await (await call(path, { cookie })).json()) as Shown;
      const { jobs } = queues.find(({ name }) => name === 'payment-webhooks')!;
      return jobs.length > 0 ? jobs : undefined;
    });
    expect(job).toMatchObject({
      name: 'payments.process-provider-event',
      isFailed: false,
      data: { tenantId: shop.id, payload: { providerEventId: expect.any(String) } },
    });
  });

  it('lets an operator act, but from its own pages alone, and makes no jobs', async () => {
    const cookie = await signedIn();
    const pause = (headers: Record<string, string>, path = '/queues/api/queues/mail/pause') =>
      call(path, { method: 'PUT', cookie, headers });
    expect((await pause({ origin: 'https://evil.example.org' })).status).toBe(403);
    expect((await pause({ origin: server.url, 'sec-fetch-site': 'cross-site' })).status).toBe(403);
    expect((await pause({})).status).toBe(403);
    expect((await pause({ origin: server.url })).status).toBe(200);
    expect((await pause({ origin: server.url }, '/queues/api/queues/mail/resume')).status).toBe(200);
    const made = await call('/queues/api/queues/mail/add', {
      method: 'POST',
      cookie,
      headers: { origin: server.url, 'content-type': 'application/json' },
      body: '{"name":"x","data":{}}',
    });
    expect(made.status).toBe(403);
    expect((await signIn(OPERATOR, { origin: 'https://evil.example.org' })).status).toBe(403);
  });

  it('believes what browsers say of a form that they send, also when they keep the origin to themselves', async () => {
    const accept = 'text/html,application/xhtml+xml';
    const form = (site: string, origin: string) => signIn(OPERATOR, { accept, origin, 'sec-fetch-site': site });
    expect((await form('same-origin', server.url)).status).toBe(303);
    expect((await form('same-origin', 'null')).status).toBe(303);
    for (const site of ['cross-site', 'same-site', 'none']) expect((await form(site, 'null')).status).toBe(403);
    expect((await form('same-origin', 'https://evil.example.org')).status).toBe(403);
    expect((await signIn(OPERATOR, { accept, origin: 'null' })).status).toBe(403);
    const refused = await form('cross-site', 'null');
    expect(refused.headers.get('content-type')).toContain('text/html');
    expect(await refused.text()).toContain('another site');
  });

  it('forgets who signs out, everywhere, and takes no forged or broken cookie', async () => {
    const cookie = await signedIn();
    expect((await call('/queues/api/queues', { cookie })).status).toBe(200);
    const [body, mac] = cookie.split('=')[1].split('.');
    const forged = Buffer.from(body, 'base64url').toString().replace(OPERATOR.email, 'evil@example.com');
    for (const bad of [
      `${Buffer.from(forged).toString('base64url')}.${mac}`,
      `${body}.${mac.slice(0, -2)}`,
      body,
      'x.y.z',
      '%%%',
    ]) {
      expect((await call('/queues/api/queues', { cookie: `mainstay_board=${bad}` })).status).toBe(401);
    }
    const out = await call('/queues/logout', { method: 'POST', cookie, headers: { origin: server.url } });
    expect([out.status, out.headers.get('location')]).toEqual([303, '/queues/login']);
    expect((await call('/queues/api/queues', { cookie })).status).toBe(401);
    expect((await call('/queues/api/queues', { cookie: await signedIn() })).status).toBe(200);
  });

  it('lets an operator in by access token', async () => {
    const login = await new TestClient(server.url).post<{ accessToken: string }>('/auth/login', OPERATOR);
    const answer = await call('/queues/api/queues', { headers: { authorization: `Bearer ${login.body.accessToken}` } });
    expect(answer.status).toBe(200);
  });

  it('turns away who is no operator any more, or whose account is closed, at the next request', async () => {
    const admin = new Client({ connectionString: server.database.superuserUrl });
    await admin.connect();
    try {
      for (const [taken, given] of [
        [`platform_role = null`, `platform_role = 'operator'`],
        [`status = 'disabled', closed_reason = 'operator'`, `status = 'active', closed_reason = null`],
      ]) {
        const cookie = await signedIn();
        expect((await call('/queues/api/queues', { cookie })).status).toBe(200);
        await admin.query(`update identity.users set ${taken} where email = $1`, [OPERATOR.email]);
        expect((await call('/queues/api/queues', { cookie })).status).toBe(401);
        await admin.query(`update identity.users set ${given} where email = $1`, [OPERATOR.email]);
      }
    } finally {
      await admin.end();
    }
  });
});
