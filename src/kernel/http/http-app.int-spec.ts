import { generateKeyPairSync } from 'node:crypto';
import { sign } from 'jsonwebtoken';
import {
  Facts,
  OTHER,
  PUBLIC,
  SHOP,
  ThingsController,
  ThingsServer,
  bearer,
  pem,
  token,
} from '../../../test/support/things';
import { AuthVersions } from '../auth/versions';
import { clock } from '../clock/clock';
import { runInContext } from '../context/request-context';
import { UnitOfWork } from '../database/unit-of-work';
import { newId } from '../ids/ids';

const server = new ThingsServer();
const { get, post, inject } = server;
beforeAll(() => server.start());
afterAll(() => server.app?.close());

describe('access', () => {
  it('lets a token of the shop in, and compiles its rights once', async () => {
    const text = token();
    Facts.compiled = 0;
    for (let i = 0; i < 3; i++)
      expect((await get('/api/v1/things/mine', bearer(text))).json()).toMatchObject({ tenantId: SHOP.id });
    expect(Facts.compiled).toBe(1);
  });

  it('tells who is missing what', async () => {
    const guest = await get('/api/v1/things/mine');
    expect([guest.statusCode, guest.json().code, guest.headers['www-authenticate']]).toEqual([
      401,
      'auth.required',
      expect.stringContaining('Bearer'),
    ]);
    const role = await get('/api/v1/things/secret', bearer(token()));
    expect([role.statusCode, role.json().code, role.json().permissions]).toEqual([
      403,
      'auth.permission-missing',
      ['things:delete'],
    ]);
    expect((await get('/api/v1/things/mine', bearer(token({ tid: undefined })))).json().code).toBe(
      'auth.organization-required',
    );
    expect((await get('/api/v1/things/closed', bearer(token()))).json().code).toBe('auth.route-closed');
    expect((await get('/api/v1/things/platform', bearer(token()))).json().code).toBe('auth.operator-only');
    const operator = newId();
    Facts.operators.add(operator);
    expect((await get('/api/v1/things/platform', bearer(token({ sub: operator, tid: undefined })))).statusCode).toBe(
      200,
    );
  });

  it('refuses tokens of another key, type, audience, algorithm or time', async () => {
    const foreign = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const none = `${Buffer.from('{"alg":"none","typ":"at+jwt","kid":"k1"}').toString('base64url')}.${token().split('.')[1]}.`;
    const now = Math.floor(clock.nowMs() / 1000);
    const bad = [
      token({}, {}, pem(foreign.privateKey, 'pkcs8')),
      token({}, { kid: 'k2' }),
      token({}, { typ: 'JWT' }),
      token({}, { crit: ['x'] }),
      token({ aud: 'other' }),
      token({ iss: 'other' }),
      token({ exp: now - 1 }),
      token({ sub: 'nobody' }),
      sign({ sub: newId() }, PUBLIC.slice(0, 60), {
        algorithm: 'HS256',
        header: { typ: 'at+jwt', kid: 'k1' } as never,
      }),
      none,
      'rubbish',
      'a.b.c',
    ];
    for (const text of bad) {
      const answer = await get('/api/v1/things/me', bearer(text));
      expect([answer.statusCode, answer.json().code]).toEqual([401, expect.stringMatching(/^auth\.token-/)]);
    }
    expect((await get('/api/v1/things/me', { authorization: 'Basic YTpi' })).statusCode).toBe(401);
    expect((await get('/api/v1/things/plain', bearer('rubbish'))).statusCode).toBe(200);
    expect((await get('/api/v1/things', { ...bearer('rubbish'), 'x-tenant': SHOP.slug })).statusCode).toBe(401);
  });

  it('sees the end of a session and a change of policy at once in this process', async () => {
    const sid = newId();
    const text = token({ sid, sv: 0 });
    expect((await get('/api/v1/things/me', bearer(text))).statusCode).toBe(200);
    const versions = server.app.get(AuthVersions);
    const uow = server.app.get(UnitOfWork);
    const inShop = <T>(work: () => Promise<T>): Promise<T> => runInContext({ tenantId: SHOP.id }, work);
    Facts.compiled = 0;
    await inShop(() => uow.run((tx) => versions.bump(tx, SHOP.id)));
    expect((await get('/api/v1/things/me', bearer(text))).statusCode).toBe(200);
    expect(Facts.compiled).toBe(1);
    await inShop(() => uow.run((tx) => versions.bump(tx, sid)));
    const ended = await get('/api/v1/things/me', bearer(text));
    expect([ended.statusCode, ended.json().code]).toEqual([401, 'auth.session-ended']);
  });

  it('expires a cached token by kernel time', async () => {
    const text = token();
    expect((await get('/api/v1/things/me', bearer(text))).statusCode).toBe(200);
    clock.setOffset(700);
    try {
      expect((await get('/api/v1/things/me', bearer(text))).json().code).toBe('auth.token-expired');
    } finally {
      clock.setOffset(0);
    }
  });

  it('takes the shop of guests from X-Tenant and holds it against the token', async () => {
    expect((await get('/api/v1/things')).json().code).toBe('tenant.required');
    expect((await get('/api/v1/things', { 'x-tenant': 'no-such-shop' })).json().code).toBe('tenant.not-found');
    expect((await get('/api/v1/things', { 'x-tenant': '../etc' })).json().code).toBe('tenant.invalid');
    expect((await get('/api/v1/things', { 'x-tenant': OTHER.slug })).json()).toMatchObject({ tenantId: OTHER.id });
    expect((await get('/api/v1/things/mine', { ...bearer(token()), 'x-tenant': SHOP.slug })).statusCode).toBe(200);
    const foreign = await get('/api/v1/things/mine', { ...bearer(token()), 'x-tenant': OTHER.slug });
    expect([foreign.statusCode, foreign.json().code]).toEqual([403, 'tenant.mismatch']);
  });
});

describe('idempotency', () => {
  const shop = { 'x-tenant': SHOP.slug };
  it('runs once per key and answers again from the store', async () => {
    const key = { ...shop, 'idempotency-key': newId() };
    ThingsController.runs = 0;
    const first = await post('/api/v1/things/paid', { name: 'x', count: 1 }, key);
    const again = await post('/api/things/paid', { count: 1, name: 'x' }, key);
    expect([first.statusCode, first.json(), first.headers['idempotency-replayed']]).toEqual([
      201,
      { number: 1, name: 'x' },
      undefined,
    ]);
    expect([again.statusCode, again.json(), again.headers['idempotency-replayed']]).toEqual([
      201,
      { number: 1, name: 'x' },
      'true',
    ]);
    const other = await post('/api/v1/things/paid', { name: 'y' }, key);
    expect([other.statusCode, other.json().code]).toEqual([422, 'idempotency.key-reused']);
    expect(ThingsController.runs).toBe(1);
  });
  it('is demanded and checked', async () => {
    expect((await post('/api/v1/things/paid', { name: 'x' }, shop)).json().code).toBe('idempotency.key-required');
    expect((await post('/api/v1/things/paid', { name: 'x' }, { ...shop, 'idempotency-key': 'a b' })).json().code).toBe(
      'idempotency.key-invalid',
    );
  });
  it('answers a guest again only with the same token', async () => {
    const url = `/api/v1/things/${newId()}/paid`;
    const key = { ...shop, 'idempotency-key': newId() };
    const mine = await post(url, {}, { ...key, 'x-order-token': 'mine' });
    expect((await post(url, {}, { ...key, 'x-order-token': 'mine' })).json()).toEqual(mine.json());
    const theirs = await post(url, {}, { ...key, 'x-order-token': 'guessed' });
    expect([theirs.json().bearer, theirs.headers['idempotency-replayed']]).toEqual(['guessed', undefined]);
  });
  it('has one effect under 50 equal requests', async () => {
    const key = { ...shop, 'idempotency-key': newId() };
    ThingsController.runs = 0;
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => post('/api/v1/things/paid', { name: 'x' }, key)),
    );
    expect(new Set(answers.map((answer) => answer.statusCode))).toEqual(
      new Set(answers.some((a) => a.statusCode === 409) ? [201, 409] : [201]),
    );
    for (const answer of answers)
      if (answer.statusCode === 201) expect(answer.json()).toEqual({ number: 1, name: 'x' });
    expect(ThingsController.runs).toBe(1);
  });
});

describe('rate limits', () => {
  it('tells and enforces the limit of the route class, by address', async () => {
    const from = (address: string) => inject({ method: 'GET', url: '/api/v1/things/limited', remoteAddress: address });
    const first = await from('192.0.2.1');
    expect(first.headers['ratelimit-policy']).toBe('"auth";q=100;w=60');
    expect(first.headers.ratelimit).toMatch(/^"auth";r=99;t=\d+$/);
    for (let i = 0; i < 99; i++) await from('192.0.2.1');
    const refused = await from('192.0.2.1');
    expect([refused.statusCode, refused.json().code, refused.json().retryable]).toEqual([
      429,
      'rate-limit.exceeded',
      true,
    ]);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    expect((await from('192.0.2.2')).statusCode).toBe(200);
    const spoofed = await inject({
      method: 'GET',
      url: '/api/v1/things/limited',
      remoteAddress: '192.0.2.1',
      headers: { 'x-forwarded-for': '198.51.100.1' },
    });
    expect(spoofed.statusCode).toBe(429);
    const proxied = await inject({
      method: 'GET',
      url: '/api/v1/things/limited',
      remoteAddress: '10.0.0.1',
      headers: { 'x-forwarded-for': '198.51.100.1' },
    });
    expect(proxied.statusCode).toBe(200);
  });
});

describe('pages and probes', () => {
  it('renders the pages for people without a foreign address', async () => {
    for (const url of ['/', '/health', '/docs']) {
      const answer = await get(url);
      expect([url, answer.statusCode, answer.headers['content-type']]).toEqual([
        url,
        200,
        expect.stringContaining('text/html'),
      ]);
      expect(answer.body).not.toMatch(/https?:\/\//);
    }
    expect((await get('/docs/swagger-ui-bundle.js')).headers['content-type']).toContain('javascript');
    expect((await get('/docs/package.json')).statusCode).toBe(404);
  });
  it('says it is alive and ready, part by part', async () => {
    expect((await get('/health/live')).json()).toEqual({ status: 'up' });
    const ready = await get('/health/ready');
    expect(ready.json()).toMatchObject({ status: 'up' });
    const parts = (ready.json() as { parts: { name: string; status: string }[] }).parts;
    expect(Object.fromEntries(parts.map((part) => [part.name, part.status]))).toMatchObject({
      database: 'up',
      migrations: 'up',
      deliveries: 'up',
      disk: 'up',
    });
  });
  it('gives metrics to the token alone, by route template and without tenants', async () => {
    expect((await get('/metrics')).statusCode).toBe(403);
    const id = newId();
    await get(`/api/v1/things/${id}`);
    const answer = await get('/api/metrics', bearer('metrics-token-for-the-tests-0123'));
    expect(answer.statusCode).toBe(200);
    expect(answer.body).toContain('http_route="/api/v1/things/:id"');
    for (const name of [
      'db_client_operation_duration_seconds_bucket',
      'db_client_connections_application',
      'cache_hits',
      'nodejs_eventloop_lag_seconds',
      'process_resident_memory_bytes',
    ]) {
      expect(answer.body).toContain(name);
    }
    expect(answer.body).not.toMatch(/tenant/);
    expect(answer.body).not.toContain(SHOP.id);
    expect(answer.body).not.toContain(id);
  });
});
