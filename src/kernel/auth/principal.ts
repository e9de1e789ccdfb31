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

/** Who acts: a signed-in user, a guest of a shop, a platform operator, or Mainstay itself (workers, CLI). */
export interface Principal extends Assurance {
  kind: 'user' | 'guest' | 'operator' | 'system';
  userId: string | null;
  sessionId: string | null;
  /** Version of the session that the token was issued for; compared with the current one (revocation). */
  sessionVersion: number;
  /** Version of the tenant's policies that the permissions were compiled from. */
  policyVersion: number;
  tenantId: string | null;
  roles: string[];
  permissions: ReadonlySet<string>;
  email?: string;
  /** The user said that it trusts the device of this session. */
  deviceTrusted?: boolean;
  /** Country of the session's latest sign-in or refresh (ISO 3166-1 alpha-2), or null where it is not known. */
  country?: string | null;
  /** The API key that stands for the user; null for sessions. */
  apiKey?: { id: string; name: string } | null;
}

/** A guest: no rights beyond public routes. */
export const GUEST: Principal = Object.freeze({
  kind: 'guest',
  userId: null,
  sessionId: null,
  sessionVersion: 0,
  policyVersion: 0,
  tenantId: null,
  roles: [],
  permissions: new Set<string>(),
  aal: 0,
  amr: [],
  authTime: null,
  secondFactor: 'none',
}) as Principal;

/** Mainstay itself: workers, timers and the command line. */
export const SYSTEM: Principal = Object.freeze({
  ...GUEST,
  kind: 'system',
  permissions: new Set<string>(['*']),
}) as Principal;

/** True when the principal holds `permission` (`resource:action`), its resource wildcard `resource:*`, or `*`. */
export function hasPermission(principal: Principal, permission: string): boolean {
  const held = principal.permissions;
  return held.has(permission) || held.has('*') || held.has(`${permission.slice(0, permission.indexOf(':'))}:*`);
}
