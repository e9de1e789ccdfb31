import { generateKeyPairSync } from 'node:crypto';
import {
  Body,
  Controller,
  Get,
  Global,
  Headers,
  HttpCode,
  Injectable,
  Module,
  Param,
  Post,
  Query,
} from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Type } from 'class-transformer';
import { IsInt, IsOptional, IsString, MaxLength, Min, ValidateNested } from 'class-validator';
import { sign } from 'jsonwebtoken';
import { testConfig } from '../../../test/support/app';
import { testDatabase } from '../../../test/support/cluster';
import { Allow, Authenticated, CurrentPrincipal, OperatorOnly, Public } from '../auth/decorators';
import { policyOf } from '../auth/policy';
import { AccessFacts, type AccessClaims, type TenantFacts } from '../auth/ports';
import { GUEST, type Principal } from '../auth/principal';
import { AuthVersions } from '../auth/versions';
import { TOKEN_AUDIENCE, TOKEN_ISSUER } from '../auth/access-token';
import { clock } from '../clock/clock';
import { currentContext, runInContext } from '../context/request-context';
import { Database } from '../database/database';
import { UnitOfWork } from '../database/unit-of-work';
import { conflict } from '../errors/app-error';
import { newId } from '../ids/ids';
import { KernelModule } from '../kernel.module';
import { Consumes, IdParam, Idempotent, RateLimit } from './decorators';
import { createHttpApp } from './http-app';
import { AnyOf, AnyOfIds, ListQuery, NumberRange, NumberRangeFilter, TimeRange, TimeRangeFilter } from './pagination';

const SHOP: TenantFacts = { id: newId(), slug: 'corner-shop', name: 'Corner Shop' };
const OTHER: TenantFacts = { id: newId(), slug: 'other-shop', name: 'Other Shop' };
const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const pem = (key: typeof keys.publicKey, type: 'spki' | 'pkcs8'): string =>
  key.export({ type, format: 'pem' } as never) as string;
const PUBLIC = pem(keys.publicKey, 'spki');
const PRIVATE = pem(keys.privateKey, 'pkcs8');

/** The facts as identity would give them: one key, two shops, roles by token subject. */
@Injectable()
class Facts extends AccessFacts {
  static compiled = 0;
  static operators = new Set<string>();

  async principalOf(claims: AccessClaims): Promise<Principal> {
    Facts.compiled += 1;
    const operator = Facts.operators.has(claims.sub);
    return {
      ...GUEST,
      kind: operator ? 'operator' : 'user',
      userId: claims.sub,
      sessionId: claims.sid,
      sessionVersion: claims.sv,
      policyVersion: (await this.versions.current([claims.tid ?? claims.sid])).get(claims.tid ?? claims.sid) ?? 0,
      tenantId: claims.tid ?? null,
      roles: [],
      policy: policyOf(...(claims.tid ? ['things:read'] : [])),
    };
  }
  constructor(private readonly versions: AuthVersions) {
    super();
  }
  async tenantBySlug(slug: string): Promise<TenantFacts | null> {
    return [SHOP, OTHER].find((tenant) => tenant.slug === slug) ?? null;
  }
  async verificationKey(kid: string): Promise<string | null> {
    return kid === 'k1' ? PUBLIC : null;
  }
}

class Address {
  @IsString() @MaxLength(20) city!: string;
}
class ThingBody {
  @IsString() @MaxLength(10) name!: string;
  @IsOptional() @IsInt() @Min(1) count?: number;
  @IsOptional() @ValidateNested() @Type(() => Address) address?: Address;
}
class ThingsQuery {
  @IsOptional() @IsString() status?: string;
  @IsOptional() @IsString() colour?: string;
}

class PagedQuery extends ListQuery {
  @AnyOf(['paid', 'open']) status?: string[];
  @TimeRangeFilter() createdAt?: TimeRange;
  @NumberRangeFilter() total?: NumberRange;
  @AnyOfIds() ids?: string[];
}

@Controller('things')
class ThingsController {
  static runs = 0;
  constructor(
    private readonly database: Database,
    private readonly uow: UnitOfWork,
  ) {}

  @Get() @Public({ tenant: 'required' }) list(@Query() query: ThingsQuery): object {
    return { tenantId: currentContext().tenantId, query };
  }
  @Post() @Public({ tenant: 'none' }) create(@Body() body: ThingBody): object {
    return { body, instance: body instanceof ThingBody, requestId: currentContext().requestId };
  }
  @Get('paged') @Public() paged(@Query() query: PagedQuery): object {
    return { query, isRange: query.createdAt instanceof TimeRange };
  }
  @Get('plain') @Public() plain(): object {
    return {};
  }
  @Get('mine') @Allow('things:read') mine(@CurrentPrincipal() principal: Principal): object {
    return { user: principal.userId, tenantId: currentContext().tenantId };
  }
  @Get('secret') @Allow('things:delete') secret(): object {
    return {};
  }
  @Get('me') @Authenticated() me(@CurrentPrincipal() principal: Principal): object {
    return { kind: principal.kind };
  }
  @Get('platform') @OperatorOnly() platform(): object {
    return {};
  }
  @Get('closed') closed(): object {
    return {};
  }
  @Get('boom') @Public() boom(): never {
    throw new Error('select * from secret_table failed for bob@example.com');
  }
  @Get('by-sql/:id') @Public() async bySql(@Param('id') id: string): Promise<object> {
    return this.database.readPlatform('select $1::uuid as id', [id]);
  }
  @Get('sql/:state') @Public() async state(@Param('state') state: string): Promise<object> {
    return this.database.readPlatform(STATES[state]);
  }
  @Get('conflict') @Public() conflicted(): never {
    throw conflict('things.taken', 'Taken.', { skus: ['A-1'], hint: 'Take another.' });
  }
  @Post('paid') @HttpCode(201) @Public({ tenant: 'required' }) @Idempotent({ required: true }) paid(
    @Body() body: ThingBody,
  ): Promise<object> {
    return this.uow.run(async () => {
      ThingsController.runs += 1;
      return { number: ThingsController.runs, name: body.name };
    });
  }
  @Post(':id/paid') @HttpCode(201) @Public({ tenant: 'required' }) @Idempotent({ required: true }) payOne(
    @IdParam() id: string,
    @Headers('x-order-token') bearer: string,
  ): Promise<object> {
    return this.uow.run(async () => Promise.resolve({ id, bearer }));
  }
  @Post('csv') @Public() @Consumes('text/csv') csv(@Body() text: string): object {
    return { length: text.length };
  }
  @Get('limited') @Public() @RateLimit('auth') limited(): object {
    return {};
  }
  @Get(':id') @Public() one(@IdParam() id: string): object {
    return { id };
  }
}

const STATES: Record<string, string> = {
  '22003': 'select 99999999999::int',
  '57014': `do $$ begin raise exception 'secret' using errcode = '57014'; end $$`,
  '23505': `do $$ begin raise exception 'secret' using errcode = '23505'; end $$`,
  '23514': `do $$ begin raise exception 'secret' using errcode = '23514'; end $$`,
  '42P01': 'select * from no_such_table',
};

@Global()
@Module({
  controllers: [ThingsController],
  providers: [{ provide: AccessFacts, useClass: Facts }],
  exports: [AccessFacts],
})
class ThingsModule {}

let app: NestFastifyApplication;

beforeAll(async () => {
  // Fresh: deliveries that other tests left behind would make readiness degraded.
  const database = await testDatabase({ fresh: true });
  const config = testConfig(database, {
    MAINSTAY_RATE_LIMIT: '1000',
    MAINSTAY_CORS_ORIGINS: 'https://console.example.com',
    MAINSTAY_TRUSTED_PROXIES: '10.0.0.0/8',
    MAINSTAY_BODY_LIMIT_BYTES: '65536',
    MAINSTAY_METRICS_TOKEN: 'metrics-token-for-the-tests-0123',
    LOG_LEVEL: 'fatal',
  });
  class Root {}
  app = await createHttpApp({ module: Root, imports: [KernelModule.register(config), ThingsModule] }, config);
  await app.init();
  await app.getHttpAdapter().getInstance().ready();
});
afterAll(() => app.close());

const inject = (options: object | string) => app.inject(options as never);
const get = (url: string, headers: Record<string, string> = {}) => inject({ method: 'GET', url, headers });
const post = (url: string, payload: unknown, headers: Record<string, string> = {}) =>
  inject({
    method: 'POST',
    url,
    payload: payload as never,
    headers: { 'content-type': 'application/json', ...headers },
  });

function token(overrides: Partial<AccessClaims> = {}, header: Record<string, unknown> = {}, key = PRIVATE): string {
  const now = Math.floor(clock.nowMs() / 1000);
  const claims = {
    iss: TOKEN_ISSUER,
    aud: TOKEN_AUDIENCE,
    sub: newId(),
    tid: SHOP.id,
    sid: newId(),
    sv: 0,
    jti: newId(),
    iat: now,
    exp: now + 600,
    ...overrides,
  };
  const plain = Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== undefined));
  return sign(plain, key, {
    algorithm: 'ES256',
    header: { alg: 'ES256', typ: 'at+jwt', kid: 'k1', ...header } as never,
  });
}
const bearer = (text: string) => ({ authorization: `Bearer ${text}` });

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
    const versions = app.get(AuthVersions);
    const uow = app.get(UnitOfWork);
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
  it('has one effect under 20 equal requests', async () => {
    const key = { ...shop, 'idempotency-key': newId() };
    ThingsController.runs = 0;
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => post('/api/v1/things/paid', { name: 'x' }, key)),
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
  });
});
