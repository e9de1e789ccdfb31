import { SetMetadata, createParamDecorator } from '@nestjs/common';
import { currentContext } from '../context/request-context';

export const ACCESS_RULE = 'mainstay:access';

/** What a route asks of its caller; every route declares exactly one (a test fails on a route without). */
export type AccessRule =
  | { kind: 'allow'; permissions: string[]; perResource?: boolean }
  | { kind: 'public'; tenant: 'required' | 'optional' | 'none' }
  | { kind: 'authenticated' }
  | { kind: 'operator' };

/** The caller must hold any one of these permissions (`resource:action`) in the tenant of its token. */
export const Allow = (...permissions: string[]): MethodDecorator & ClassDecorator =>
  SetMetadata(ACCESS_RULE, { kind: 'allow', permissions } satisfies AccessRule);

/**
 * As `Allow`, for routes whose handler asks `hasPermission(principal, permission, resource)` once it knows the thing it
 * is about: grants that hang on the resource let the caller this far, and the handler decides.
 */
export const AllowOnResource = (...permissions: string[]): MethodDecorator & ClassDecorator =>
  SetMetadata(ACCESS_RULE, { kind: 'allow', permissions, perResource: true } satisfies AccessRule);

/**
 * Anyone may call. `tenant` says whether the shop must be named (by token or `X-Tenant: <slug>`).
 */
export const Public = (
  options: { tenant: 'required' | 'optional' | 'none' } = { tenant: 'none' },
): MethodDecorator & ClassDecorator =>
  SetMetadata(ACCESS_RULE, { kind: 'public', tenant: options.tenant } satisfies AccessRule);

/** Any person who signed in, with or without a tenant, but no API key; for routes about the caller itself. */
export const Authenticated = (): MethodDecorator & ClassDecorator =>
  SetMetadata(ACCESS_RULE, { kind: 'authenticated' } satisfies AccessRule);

export const SESSION_ONLY = 'mainstay:session-only';

/** Besides its rule, the route asks for a person who signed in: API keys are refused. */
export const SessionOnly = (): MethodDecorator & ClassDecorator => SetMetadata(SESSION_ONLY, true);

/** Platform operators alone; tenant owners get 403. */
export const OperatorOnly = (): MethodDecorator & ClassDecorator =>
  SetMetadata(ACCESS_RULE, { kind: 'operator' } satisfies AccessRule);

/** Hands the principal of the request to a controller method. */
export const CurrentPrincipal = createParamDecorator(() => currentContext().principal);

export const STEP_UP = 'mainstay:step-up';

/** How well, and how lately, the caller of a sensitive route must be proven. */
export interface StepUpRule {
  /** Assurance level; 2 asks those who have a second factor, or must have one, for it. */
  aal: 1 | 2;
  /** Most seconds since the last proof. */
  maxAgeSeconds: number;
  /** The route enrols a factor: who has none yet is asked for a fresh sign-in only, even where one is demanded. */
  enrols: boolean;
}

/**
 * Asks for a fresh proof besides the permission; refused with 401 `auth.step-up-required` (RFC 9470), answered by
 * `POST /auth/step-up`. Users without a second factor are asked for a fresh sign-in alone, unless their organization
 * demands a factor.
 */
export const StepUp = (rule: Partial<StepUpRule> = {}): MethodDecorator & ClassDecorator =>
  SetMetadata(STEP_UP, { aal: 2, maxAgeSeconds: 300, enrols: false, ...rule } satisfies StepUpRule);
