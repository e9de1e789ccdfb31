import { clock } from '../clock/clock';
import { maybeContext } from '../context/request-context';
import type { Circumstances, ResourceFacts } from './condition';
import { decide, type Policy } from './policy';

export { GUEST, SYSTEM } from './guest';

/** How well a session's user was proven to be who it is. */
export interface Assurance {
  /** Authenticator assurance level (NIST SP 800-63B-4): 0 without a session, 1 one factor, 2 two or a verified passkey. */
  aal: number;
  /** How the user was proven (RFC 8176). */
  amr: readonly string[];
  /** When the user was last proven to be there; null without a session. */
  authTime: Date | null;
  /** `enrolled`: the user has a second factor; `demanded`: has none, but the organization asks for one. */
  secondFactor: 'none' | 'demanded' | 'enrolled';
}

/** The API key that a principal uses. */
export interface KeyHolder {
  id: string;
  name: string;
  /** Requests per minute, where fewer than everybody's. */
  ratePerMinute: number | null;
  /** Requests in 24 hours. */
  quotaPerDay: number | null;
}

/** Who acts: a signed-in user, a guest of a shop, a platform operator, or Mainstay itself (workers, CLI). */
export interface Principal extends Assurance {
  kind: 'user' | 'guest' | 'operator' | 'system';
  userId: string | null;
  sessionId: string | null;
  /** Version of the session that the token was issued for; compared with the current one (revocation). */
  sessionVersion: number;
  /** Version of the tenant's policies that `policy` was compiled from. */
  policyVersion: number;
  tenantId: string | null;
  roles: string[];
  /** What it may do; ask it with `hasPermission`. */
  policy: Policy;
  email?: string;
  /** The user said that it trusts the device of this session. */
  deviceTrusted?: boolean;
  /** Country of the session's latest sign-in or refresh (ISO 3166-1 alpha-2), or null where it is not known. */
  country?: string | null;
  /** The API key that stands for the user; null for sessions. */
  apiKey?: KeyHolder | null;
}

/** The circumstances of the present request, for a decision about this principal. */
export function circumstancesOf(principal: Principal, resource?: ResourceFacts): Circumstances {
  const { aal, authTime, deviceTrusted, country } = principal;
  return {
    nowMs: clock.nowMs(),
    userId: principal.userId,
    ip: maybeContext()?.ip ?? null,
    country: country ?? null,
    aal,
    authTimeMs: authTime?.getTime() ?? null,
    deviceTrusted: deviceTrusted ?? null,
    resource,
  };
}

/**
 * True when the principal may do `permission` (`resource:action`) now, from where it is and as it signed in.
 * @param resource the thing it is about, where a handler knows it: grants may hang on its owner or state
 */
export function hasPermission(principal: Principal, permission: string, resource?: ResourceFacts): boolean {
  const { policy } = principal;
  // The usual case asks for no circumstances at all.
  if (policy.within === undefined && policy.always.has(permission)) return true;
  return decide(policy, permission, circumstancesOf(principal, resource));
}

/** True when there may be a resource for which the principal has the permission: the handler asks again, naming it. */
export const mayHavePermission = (principal: Principal, permission: string): boolean =>
  decide(principal.policy, permission, circumstancesOf(principal), true);
