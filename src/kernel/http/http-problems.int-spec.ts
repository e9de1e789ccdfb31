import { SHOP, ThingsServer } from '../../../test/support/things';
import { newId } from '../ids/ids';
import { logger } from '../telemetry/logger';

const server = new ThingsServer();
const { get, post, inject } = server;
beforeAll(() => server.start());
afterAll(() => server.app?.close());

describe('problems', () => {
  const expectProblem = (
    answer: { statusCode: number; headers: Record<string, unknown>; json: () => Record<string, unknown> },
    status: number,
    code: string,
  ) => {
    expect([answer.statusCode, answer.json().code]).toEqual([status, code]);
    expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
    const problem = answer.json();
    for (const member of [
      'type',
      'title',
      'status',
      'detail',
      'instance',
      'code',
      'hint',
      'requestId',
      'retryable',
      'errors',
    ]) {
      expect(problem).toHaveProperty(member);
    }
    expect(problem.requestId).toBe(answer.headers['x-request-id']);
    expect(JSON.stringify(problem)).not.toMatch(/secret|select |\bat .*\.ts/);
  };

  it('answers every kind of failure with a problem', async () => {
    expectProblem(await get('/api/v1/nothing'), 404, 'http.route-not-found');
    expectProblem(await get('/nothing/at/all'), 404, 'http.route-not-found');
    expectProblem(await get('/api/v1/things/conflict'), 409, 'things.taken');
    expectProblem(await get('/api/v1/things/boom'), 500, 'http.internal');
    expectProblem(await get('/api/v1/things/not-a-uuid'), 404, 'request.not-found');
    expectProblem(await get('/api/v1/things/by-sql/not-a-uuid'), 404, 'request.not-found');
    expectProblem(await get('/api/v1/things/sql/22003'), 400, 'request.invalid-value');
    expectProblem(await get('/api/v1/things/sql/23505'), 409, 'request.duplicate');
    expectProblem(await get('/api/v1/things/sql/23514'), 409, 'request.rule-broken');
    const slow = await get('/api/v1/things/sql/57014');
    expectProblem(slow, 503, 'database.unavailable');
    expect(Number(slow.headers['retry-after'])).toBeGreaterThan(0);
    expectProblem(await get('/api/v1/things/sql/42P01'), 500, 'http.internal');
    expectProblem(await get('/api/v1/things/%E0%A4%A'), 400, 'request.invalid');
    expectProblem(await get('/api/v1/things/a%00b'), 400, 'request.invalid');
  });

  it('carries extensions and hints, and the path the client used', async () => {
    const problem = (await get('/api/things/conflict?')).json();
    expect(problem).toMatchObject({
      skus: ['A-1'],
      hint: 'Take another.',
      instance: '/api/things/conflict',
      retryable: false,
    });
  });

  it('answers a method that the path does not know with 405 and Allow', async () => {
    for (const method of ['DELETE', 'PUT', 'TRACE', 'PROPFIND']) {
      const answer = await inject({ method, url: '/api/v1/things' });
      expect([method, answer.statusCode]).toEqual([method, 405]);
      expect(answer.headers.allow).toContain('POST');
    }
    const options = await inject({ method: 'OPTIONS', url: '/api/v1/things' });
    expect([options.statusCode, options.headers.allow]).toEqual([204, expect.stringContaining('GET')]);
  });

  it('refuses bodies that are too large, of another type, malformed or poisoned', async () => {
    expectProblem(await post('/api/v1/things', JSON.stringify({ name: 'x'.repeat(70_000) })), 413, 'request.too-large');
    expectProblem(
      await post('/api/v1/things', '<a/>', { 'content-type': 'application/xml' }),
      415,
      'request.unsupported-media-type',
    );
    expectProblem(
      await post('/api/v1/things', 'name=x', { 'content-type': 'application/x-www-form-urlencoded' }),
      415,
      'request.unsupported-media-type',
    );
    expectProblem(
      await post('/api/v1/things', 'a,b', { 'content-type': 'text/csv' }),
      415,
      'request.unsupported-media-type',
    );
    expectProblem(await post('/api/v1/things', '{"name":'), 400, 'request.invalid');
    expectProblem(await post('/api/v1/things', '{"name":"x","__proto__":{"admin":true}}'), 400, 'request.invalid');
    expectProblem(await post('/api/v1/things', '{"name":"x","constructor":{"prototype":{}}}'), 400, 'request.invalid');
    expectProblem(await post('/api/v1/things', '{"name":"a\\u0000b"}'), 400, 'request.invalid');
    expectProblem(await post('/api/v1/things', '{"name":"a\\ud800b"}'), 400, 'request.invalid');
    expectProblem(await post('/api/v1/things', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d])), 400, 'request.invalid');
    expectProblem(
      await post('/api/v1/things', `{"name":${'['.repeat(20_000)}${']'.repeat(20_000)}}`),
      400,
      'request.invalid',
    );
    for (const body of ['[]', 'null', '3', '"x"', 'true', '[{"name":"x"}]'])
      expectProblem(await post('/api/v1/things', body), 400, 'request.invalid');
    expect((await post('/api/v1/things/csv', 'a,b', { 'content-type': 'text/csv' })).json()).toEqual({ length: 3 });
  });

  it('names the fields that are wrong and the nearest valid ones', async () => {
    const answer = await post('/api/v1/things', { nmae: 'x', count: '3', address: { city: 'x'.repeat(30), zip: 1 } });
    expectProblem(answer, 400, 'request.invalid');
    const errors = answer.json().errors as { pointer: string; code: string; detail: string }[];
    expect(errors.map((error) => [error.pointer, error.code])).toEqual(
      expect.arrayContaining([
        ['/nmae', 'unknown-field'],
        ['/name', expect.any(String)],
        ['/count', expect.any(String)],
        ['/address/city', 'max-length'],
        ['/address/zip', 'unknown-field'],
      ]),
    );
    expect(errors.find((error) => error.pointer === '/nmae')?.detail).toContain('Did you mean "name"?');
  });

  it('reads the parameters of lists', async () => {
    const id = newId();
    const read = await get(
      `/api/v1/things/paged?limit=5&status=paid,open&createdAt[gte]=2026-03-01&createdAt[lt]=2026-03-02T00:00:00.123456+02:00&total[gt]=10&ids=${id}`,
    );
    expect(read.json()).toEqual({
      query: {
        limit: 5,
        status: ['paid', 'open'],
        createdAt: { gte: '2026-03-01T00:00:00Z', lt: '2026-03-02T00:00:00.123456+02:00' },
        total: { gt: 10 },
        ids: [id],
      },
      isRange: true,
    });
    expect((await get('/api/v1/things/paged')).json()).toEqual({ query: { limit: 20 }, isRange: false });
    const wrong = [
      'limit=0',
      'limit=101',
      'limit=1.5',
      'limit=x',
      'limit=',
      'status=paid,lost',
      'createdAt=2026-03-01',
      'createdAt[eq]=2026-03-01',
      'createdAt[gte]=yesterday',
      'createdAt[gte]=2026-13-01',
      'total[gt]=1e99',
      'total[gt]=',
      'ids=1',
      'count=yes',
      'limit[gte]=1',
      'status[gte]=1',
    ];
    for (const query of wrong)
      expect([query, (await get(`/api/v1/things/paged?${query}`)).statusCode]).toEqual([query, 400]);
  });

  it('is strict about the query', async () => {
    const shop = { 'x-tenant': SHOP.slug };
    const unknown = await get('/api/v1/things?stauts=paid', shop);
    expectProblem(unknown, 400, 'request.invalid');
    expect((unknown.json().errors as { detail: string }[])[0].detail).toContain('Did you mean "status"?');
    expectProblem(await get('/api/v1/things?status=a&status=b', shop), 400, 'request.invalid');
    expectProblem(await get('/api/v1/things?__proto__=b', shop), 400, 'request.invalid');
    expectProblem(await get('/api/v1/things?status=%ff', shop), 400, 'request.invalid');
    expectProblem(await get('/api/v1/things?status[x]=1', shop), 400, 'request.invalid');
    expectProblem(await get('/api/v1/things/plain?x=1'), 400, 'request.invalid');
    expect((await get('/api/v1/things?status=a%20b+c', shop)).json()).toEqual({
      tenantId: SHOP.id,
      query: { status: 'a b c' },
    });
  });

  it('refuses card numbers wherever they stand, says where, and neither repeats nor logs them', async () => {
    const card = '4242424242424242';
    const spaced = '4242 4242 4242 4242';
    const { level } = logger;
    logger.level = 'trace';
    const said = [jest.spyOn(logger, 'info'), jest.spyOn(logger, 'warn')].map((spy) => spy.mockReturnValue());
    try {
      const escaped = `{"name":"\\u0034242424242424242"}`;
      const json = { 'content-type': 'application/json' };
      const cases: [string, Promise<Awaited<ReturnType<typeof get>>>, string][] = [
        ['field', post('/api/v1/things', { name: `my card: ${spaced}` }), '/name'],
        ['number', post('/api/v1/things', { name: { deep: [1, Number(card)] } }), '/name/deep/1'],
        ['name of a field', post('/api/v1/things', { [card]: 1 }), ''],
        ['escaped', inject({ method: 'POST', url: '/api/v1/things', headers: json, payload: escaped }), '/name'],
        ['query', get(`/api/v1/things?q=4242+4242%204242-4242`), 'q'],
        ['path', get(`/api/v1/things/${card}`), ''],
        ['no route', get(`/cards/4242%204242%204242%204242`), ''],
        ['header', get('/api/v1/things/plain', { 'x-note': spaced }), 'x-note'],
        ['agent', get('/api/v1/things/plain', { 'user-agent': `shop/${card}` }), 'user-agent'],
        ['key', post('/api/v1/things', { name: 'x' }, { 'idempotency-key': card }), 'idempotency-key'],
        ['id of the request', get('/api/v1/things/plain', { 'x-request-id': card }), 'x-request-id'],
      ];
      for (const [where, sent, pointer] of cases) {
        const answer = await sent;
        expectProblem(answer, 400, 'request.card-number-refused');
        expect([where, (answer.json().errors as { pointer: string }[])[0].pointer]).toEqual([where, pointer]);
        expect(answer.body + JSON.stringify(answer.headers)).not.toMatch(/4242/);
      }
      expect(said[1]).toHaveBeenCalledTimes(cases.length);
      expect(JSON.stringify(said.map(({ mock }) => mock.calls))).not.toMatch(/4242/);
      // Articles, ids, traces and other sites' cookies pass.
      const cookie = { cookie: `_other=${card}`, 'x-datadog-trace-id': card };
      expect((await get('/api/v1/things/plain', cookie)).statusCode).toBe(200);
      const article = await get('/api/v1/things?status=EAN+4006381333931', { 'x-tenant': SHOP.slug });
      expect(article.statusCode).toBe(200);
    } finally {
      logger.level = level;
      for (const spy of said) spy.mockRestore();
    }
  });
});

describe('every answer', () => {
  it("carries a request id, the client's when it has the form", async () => {
    expect((await get('/api/v1/things/plain', { 'x-request-id': 'client-id_12345' })).headers['x-request-id']).toBe(
      'client-id_12345',
    );
    const made = (await get('/api/v1/things/plain', { 'x-request-id': 'bad id' })).headers['x-request-id'];
    expect(made).toMatch(/^[0-9a-f-]{36}$/);
    const answer = await post('/api/v1/things', { name: 'x' }, { 'x-request-id': 'client-id_12345' });
    expect(answer.json()).toEqual({ body: { name: 'x' }, instance: true, requestId: 'client-id_12345' });
  });

  it('has security fields and is not cached', async () => {
    const { headers } = await get('/api/v1/things/plain');
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'same-origin',
      'cache-control': 'no-store',
    });
    expect(headers['content-security-policy']).toContain("default-src 'none'");
    expect((await get('/')).headers['content-security-policy']).toContain("default-src 'self'");
  });

  it('is readable for allowed origins alone', async () => {
    const allowed = await get('/api/v1/things/plain', { origin: 'https://console.example.com' });
    expect(allowed.headers['access-control-allow-origin']).toBe('https://console.example.com');
    expect(
      (await get('/api/v1/things/plain', { origin: 'https://evil.example' })).headers['access-control-allow-origin'],
    ).toBeUndefined();
    const preflight = await inject({
      method: 'OPTIONS',
      url: '/api/v1/things',
      headers: { origin: 'https://console.example.com', 'access-control-request-method': 'POST' },
    });
    expect([preflight.statusCode, preflight.headers['access-control-allow-methods']]).toEqual([
      204,
      expect.stringContaining('PATCH'),
    ]);
  });

  it('has the same routes without the version', async () => {
    expect((await get('/api/things/plain')).statusCode).toBe(200);
    expect((await get('/api/status')).json()).toMatchObject({ name: 'Mainstay' });
    expect((await get('/things/plain')).statusCode).toBe(404);
  });
});
