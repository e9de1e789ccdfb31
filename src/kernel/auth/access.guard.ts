import { Inject, Injectable, Optional, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Refusals } from '../audit/refusals';
import { currentContext, runInContext, type RequestContext } from '../context/request-context';
import { AppError } from '../errors/app-error';
import { Config } from '../config/config';
import { Keyring } from '../crypto/keyring';
import type { Ask } from '../database/batch-query';
import { RATE_CLASS, type RateClass } from '../http/decorators';
import { RateLimits } from '../http/rate-limits';
import { isUuid } from '../ids/ids';
import { TOKEN_MAX_LENGTH } from './access-token';
import { isCapability } from './capability';
import { ACCESS_RULE, SESSION_ONLY, STEP_UP, type AccessRule, type StepUpRule } from './decorators';
import { deviceOf } from './device-token';
import { tokenRefused } from './jwt.strategy';
import { samePolicy } from './policy';
import { AccessFacts, type AccessClaims, type TenantFacts } from './ports';
import { GUEST, hasPermission, mayHavePermission, type Principal } from './principal';
import { permissionMissing } from './require-permission';
import { SessionCookies } from './session-cookies';
import { StepUpGate } from './step-up';
import { endedSessionOf, TokenVerifier } from './token-verifier';
import { rightsChanged } from './versions';

/** A host name with a dot that ends in a letter: no IP address. */
const HOST = /^(?=.{4,253}$)(?:[a-z0-9-]{1,63}\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$/i;
const SLUG = /^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$/;

const forbidden = (code: string, detail: string, hint?: string): AppError =>
  new AppError(code, 'forbidden', detail, hint ? { hint } : {});

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);

const sessionRequired = (): AppError =>
  forbidden('auth.session-required', 'An API key cannot do this.', 'Sign in as a person: POST /api/v1/auth/login.');

interface RouteAccess {
  rule: AccessRule | undefined;
  rateClass: RateClass;
  stepUp: StepUpRule | undefined;
  /** API keys are refused. */
  sessionOnly: boolean;
}

interface Caller {
  principal: Principal;
  claims?: AccessClaims;
}

interface Visit {
  request: FastifyRequest;
  reply: FastifyReply;
  route: RouteAccess;
  context: RequestContext;
}

/**
 * The gate of every route: who calls (bearer token), for which tenant (token, `X-Tenant` or host name), within which rate limit,
 * whether the route's rule lets it, and whether its proof is strong and fresh enough. Fills principal and tenant of the request context.
 */
@Injectable()
export class AccessGuard implements CanActivate {
  private readonly routes = new WeakMap<object, RouteAccess>();
  /** The installation's own name leads to no tenant. */
  private readonly ownHost: string;

  constructor(
    private readonly reflector: Reflector,
    private readonly verifier: TokenVerifier,
    private readonly limits: RateLimits,
    private readonly stepUps: StepUpGate,
    private readonly config: Config,
    private readonly keyring: Keyring,
    private readonly refusals: Refusals,
    private readonly cookies: SessionCookies,
    @Optional() @Inject(AccessFacts) private readonly facts?: AccessFacts,
  ) {
    this.ownHost = new URL(config.publicUrl).hostname;
  }

  /** Answers at once where all that it needs is known to this process: a promise here would be paid by every request. */
  canActivate(execution: ExecutionContext): boolean | Promise<boolean> {
    if (execution.getType() !== 'http') return true;
    const http = execution.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const visit: Visit = {
      request,
      reply: http.getResponse<FastifyReply>(),
      route: this.routeOf(execution),
      context: currentContext(),
    };
    try {
      const judged = this.judge(visit);
      return judged instanceof Promise ? judged.catch((error: unknown) => this.refuse(request, error)) : judged;
    } catch (error) {
      return this.refuse(request, error);
    }
  }

  private async refuse(request: FastifyRequest, error: unknown): Promise<never> {
    // What a signed-in caller was refused is audited; strangers at the door are not.
    if (currentContext().principal.kind !== 'guest' || endedSessionOf(error)) await this.audit(request, error);
    throw error;
  }

  private async audit(request: FastifyRequest, error: unknown): Promise<void> {
    const ids = Object.entries((request.params ?? {}) as Record<string, string>).filter(([, value]) => isUuid(value));
    const route = `${request.method} ${request.routeOptions.url ?? ''}`;
    const ended = endedSessionOf(error);
    const work = (): Promise<void> => this.refusals.refusedAccess(route, Object.fromEntries(ids), error);
    if (!ended) return work();
    const { sub, sid, tid = null } = ended;
    const principal: Principal = { ...GUEST, kind: 'user', userId: sub, sessionId: sid, tenantId: tid };
    return runInContext({ principal, tenantId: tid }, work);
  }

  private judge(visit: Visit): boolean | Promise<boolean> {
    const { request, route, context } = visit;
    context.deviceId = deviceOf(request, this.config, this.keyring);
    context.signIn = this.cookies.wanted(request, route.rateClass === 'auth');
    let caller: Caller | Promise<Caller>;
    try {
      caller = this.callerOf(request, route.rule);
    } catch (failure) {
      return this.admit(visit, failure);
    }
    const greet = (known: Caller): boolean | Promise<boolean> => {
      context.principal = known.principal;
      if (route.rule && known.claims) context.renew = this.renewal(context, route.rule, known.claims);
      return this.admit(visit, undefined);
    };
    return caller instanceof Promise ? caller.then(greet, (failure) => this.admit(visit, failure)) : greet(caller);
  }

  /** Counts the visit, and lets it on; `failure` is why the caller could not be told, if so. */
  private admit(visit: Visit, failure: unknown): boolean | Promise<boolean> {
    const { reply, route, context } = visit;
    // A caller with a bad token counts as its address, so that guessing is limited too.
    const counting = this.limits.consume(route.rateClass, context.principal, context.ip ?? '', reply);
    return counting ? counting.then(() => this.enter(visit, failure)) : this.enter(visit, failure);
  }

  private enter(visit: Visit, failure: unknown): boolean | Promise<boolean> {
    const { request, route, context } = visit;
    const { rule } = route;
    if (!rule) throw forbidden('auth.route-closed', 'This route has no access rule and is closed.');
    const open = rule.kind === 'public' && rule.tenant === 'none';
    if (failure !== undefined && !(open && failure instanceof AppError && failure.kind === 'unauthenticated'))
      throw failure;
    context.tenantId = context.principal.tenantId;
    const plain = !request.headers['x-tenant'] && request.headers.origin === undefined && !context.signIn;
    return plain && this.foreignHost(request) === null ? this.decide(visit, rule) : this.chooseAndDecide(visit, rule);
  }

  private async chooseAndDecide(visit: Visit, rule: AccessRule): Promise<boolean> {
    const { request, context } = visit;
    if (request.headers['x-tenant'] || this.foreignHost(request) !== null) await this.chooseTenant(request, context);
    const organizations = await this.organizationsOf(request);
    // Signing in to cookies from a foreign page would put its visitor into somebody else's account.
    if (context.signIn?.transport === 'cookie')
      this.cookies.assertOrigin(request.headers, () => organizations.length > 0);
    this.assertOrigin(visit, organizations);
    return this.decide(visit, rule);
  }

  private decide({ reply, route, context }: Visit, rule: AccessRule): boolean | Promise<boolean> {
    assertAllowed(rule, context);
    const { apiKey } = context.principal;
    if (apiKey && (route.sessionOnly || route.stepUp || rule.kind === 'authenticated')) throw sessionRequired();
    return route.stepUp ? this.stepUps.check(route.stepUp, context.principal, reply).then(() => true) : true;
  }

  private routeOf(execution: ExecutionContext): RouteAccess {
    const handler = execution.getHandler();
    // A base class's method may serve several controllers: the cache holds what both decorators said for this pair.
    const cached = this.routes.get(handler);
    if (cached) return cached;
    const targets = [handler, execution.getClass()];
    const access: RouteAccess = {
      rule: this.reflector.getAllAndOverride<AccessRule | undefined>(ACCESS_RULE, targets),
      rateClass: this.reflector.getAllAndOverride<RateClass | undefined>(RATE_CLASS, targets) ?? 'default',
      stepUp: this.reflector.getAllAndOverride<StepUpRule | undefined>(STEP_UP, targets),
      sessionOnly: this.reflector.getAllAndOverride<boolean | undefined>(SESSION_ONLY, targets) ?? false,
    };
    if (Object.hasOwn(execution.getClass().prototype as object, handler.name)) this.routes.set(handler, access);
    return access;
  }

  /** The caller. @throws AppError 401 for a token that is no longer, or never was, good. */
  private callerOf(request: FastifyRequest, rule: AccessRule | undefined): Caller | Promise<Caller> {
    const header = request.headers.authorization;
    if (header === undefined || header === '') {
      const token = request.headers.cookie === undefined ? null : this.cookies.accessToken(request.headers);
      return token === null ? { principal: GUEST } : this.callerByCookie(request, rule, token);
    }
    const match = /^bearer +([\w.~+/=-]+) *$/i.exec(header);
    if (!match || header.length > TOKEN_MAX_LENGTH) {
      throw tokenRefused('auth.token-invalid', 'The Authorization field must be "Bearer" and an access token.');
    }
    // What a capability opens is the route's matter; its bearer is a guest.
    if (rule?.kind === 'public' && isCapability(match[1])) return { principal: GUEST };
    return this.verifier.verify(match[1], currentContext().ip);
  }

  /**
   * The caller whose browser sent its cookies. For a change its page must show that it may; on public routes, such as
   * that of signing in, a browser with cookies that are no longer good is a guest.
   */
  private async callerByCookie(request: FastifyRequest, rule: AccessRule | undefined, token: string): Promise<Caller> {
    try {
      const verified = await this.verifier.verify(token, currentContext().ip);
      if (!SAFE_METHODS.has(request.method)) {
        const organizations = await this.organizationsOf(request);
        const allowed = (): boolean => organizations.includes(verified.claims.tid ?? '');
        this.cookies.assertOrigin(request.headers, allowed);
        this.cookies.assertToken(request.headers, verified.claims.sid);
      }
      currentContext().signIn ??= { transport: 'cookie', remember: true };
      return verified;
    } catch (error) {
      if (rule?.kind === 'public' && error instanceof AppError && ['unauthenticated', 'forbidden'].includes(error.kind))
        return { principal: GUEST };
      throw error;
    }
  }

  /** The organizations that allow the request's origin. */
  private async organizationsOf({ headers }: FastifyRequest): Promise<string[]> {
    if (headers.origin === undefined || !this.facts || this.cookies.isOwn(headers.origin, headers)) return [];
    return this.facts.organizationsOfOrigin(headers.origin);
  }

  /** An origin that some organizations allow reads the answers of no other one (CORS is decided before a tenant is known). */
  private assertOrigin({ reply, context }: Visit, organizations: string[]): void {
    if (organizations.length === 0 || context.tenantId === null || organizations.includes(context.tenantId)) return;
    void reply.removeHeader('access-control-allow-origin');
    throw forbidden('auth.origin-not-allowed', 'This organization does not let pages of this origin call it.');
  }

  /** What `RequestContext.renew` does: the write door found that rights of the tenant changed since this guard looked. */
  private renewal(context: RequestContext, rule: AccessRule, claims: AccessClaims): (ask: Ask) => Promise<Principal> {
    return async (ask) => {
      const before = context.principal;
      const principal = await this.verifier.principalOf(claims, ask);
      assertAllowed(rule, { ...context, principal });
      // The handler may have decided by the old rights already, beyond what the rule asks.
      if (!samePolicy(before.policy, principal.policy)) throw rightsChanged();
      context.principal = principal;
      return principal;
    };
  }

  /**
   * Sets the tenant of guests and of principals without one: from `X-Tenant`, else from a host name of the tenant's
   * own. A token's tenant must agree with either.
   */
  private async chooseTenant(request: FastifyRequest, context: RequestContext): Promise<void> {
    const named = request.headers['x-tenant'] ? String(request.headers['x-tenant']).toLowerCase() : null;
    const host = this.foreignHost(request);
    const tenant = named === null ? await this.facts?.tenantByHost(host ?? '') : await this.tenantOfSlug(named);
    if (named === null && !tenant) return;
    if (named === null && host !== null) context.domain = host;
    if (context.tenantId !== null) {
      if (tenant?.id === context.tenantId) return;
      throw forbidden(
        'tenant.mismatch',
        `The access token belongs to another organization than ${named === null ? 'this domain' : 'X-Tenant names'}.`,
        'Leave X-Tenant away, or switch the organization with POST /api/v1/auth/switch.',
      );
    }
    if (!tenant) throw new AppError('tenant.not-found', 'not-found', 'There is no shop with this slug.');
    context.tenantId = tenant.id;
  }

  private async tenantOfSlug(slug: string): Promise<TenantFacts | null> {
    if (!SLUG.test(slug)) {
      throw new AppError('tenant.invalid', 'invalid', 'X-Tenant is not the slug of a shop.', {
        errors: [{ pointer: 'X-Tenant', code: 'slug', detail: 'Lower-case letters, digits and dashes, at most 64.' }],
      });
    }
    return (await this.facts?.tenantBySlug(slug)) ?? null;
  }

  /** A host name that may lead to a tenant, or null: names without a dot, addresses and our own host do not. */
  private foreignHost(request: FastifyRequest): string | null {
    const host = request.hostname;
    return host === this.ownHost || !HOST.test(host) ? null : host.toLowerCase();
  }
}

/** @throws AppError 400, 401 or 403 when the rule does not let the caller of the context. */
export function assertAllowed(rule: AccessRule, { principal, tenantId }: RequestContext): void {
  if (rule.kind === 'public') {
    if (rule.tenant !== 'required' || tenantId !== null) return;
    throw new AppError('tenant.required', 'invalid', 'This request must name its shop.', {
      hint: 'Send the header X-Tenant with the slug of the shop, or sign in to an organization.',
    });
  }
  if (principal.kind === 'guest') {
    throw new AppError('auth.required', 'unauthenticated', 'This route needs an access token.', {
      hint: 'Send Authorization: Bearer <access token> from POST /api/v1/auth/login.',
    });
  }
  if (rule.kind === 'authenticated') return;
  if (rule.kind === 'operator') {
    if (principal.kind === 'operator') return;
    throw forbidden('auth.operator-only', 'Only operators of this installation may do this.');
  }
  if (principal.tenantId === null) {
    throw forbidden(
      'auth.organization-required',
      'This route works within an organization, and the token names none.',
      'Choose one with POST /api/v1/auth/switch.',
    );
  }
  const holds = rule.perResource ? mayHavePermission : hasPermission;
  if (rule.permissions.some((permission) => holds(principal, permission))) return;
  throw permissionMissing(...rule.permissions);
}
