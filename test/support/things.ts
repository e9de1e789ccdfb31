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
import { testConfig } from './app';
import { testDatabase } from './cluster';
import { Allow, Authenticated, CurrentPrincipal, OperatorOnly, Public } from '../../src/kernel/auth/decorators';
import { policyOf } from '../../src/kernel/auth/policy';
import { AccessFacts, type AccessClaims, type TenantFacts } from '../../src/kernel/auth/ports';
import { GUEST, type Principal } from '../../src/kernel/auth/principal';
import { AuthVersions } from '../../src/kernel/auth/versions';
import { TOKEN_AUDIENCE, TOKEN_ISSUER } from '../../src/kernel/auth/access-token';
import { clock } from '../../src/kernel/clock/clock';
import { currentContext } from '../../src/kernel/context/request-context';
import { Database } from '../../src/kernel/database/database';
import { UnitOfWork } from '../../src/kernel/database/unit-of-work';
import { conflict } from '../../src/kernel/errors/app-error';
import { newId } from '../../src/kernel/ids/ids';
import { KernelModule } from '../../src/kernel/kernel.module';
import { Consumes, IdParam, Idempotent, RateLimit } from '../../src/kernel/http/decorators';
import { createHttpApp } from '../../src/kernel/http/http-app';
import {
  AnyOf,
  AnyOfIds,
  ListQuery,
  NumberRange,
  NumberRangeFilter,
  TimeRange,
  TimeRangeFilter,
} from '../../src/kernel/http/pagination';

export const SHOP: TenantFacts = { id: newId(), slug: 'corner-shop', name: 'Corner Shop' };
export const OTHER: TenantFacts = { id: newId(), slug: 'other-shop', name: 'Other Shop' };
const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
export const pem = (key: typeof keys.publicKey, type: 'spki' | 'pkcs8'): string =>
  key.export({ type, format: 'pem' } as never) as string;
export const PUBLIC = pem(keys.publicKey, 'spki');
const PRIVATE = pem(keys.privateKey, 'pkcs8');

/** The facts as identity would give them: one key, two shops, roles by token subject. */
@Injectable()
export class Facts extends AccessFacts {
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
export class ThingsController {
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

/** The application over `things`, spoken to without a socket. */
export class ThingsServer {
  app!: NestFastifyApplication;

  async start(): Promise<void> {
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
    this.app = await createHttpApp({ module: Root, imports: [KernelModule.register(config), ThingsModule] }, config);
    await this.app.init();
    await this.app.getHttpAdapter().getInstance().ready();
  }

  readonly inject = (options: object | string) => this.app.inject(options as never);

  readonly get = (url: string, headers: Record<string, string> = {}) => this.inject({ method: 'GET', url, headers });

  readonly post = (url: string, payload: unknown, headers: Record<string, string> = {}) =>
    this.inject({
      method: 'POST',
      url,
      payload: payload as never,
      headers: { 'content-type': 'application/json', ...headers },
    });
}

/** An access token as identity would sign it. */
export function token(
  overrides: Partial<AccessClaims> = {},
  header: Record<string, unknown> = {},
  key = PRIVATE,
): string {
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
export const bearer = (text: string) => ({ authorization: `Bearer ${text}` });
