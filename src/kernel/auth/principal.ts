/** Who acts: a signed-in user, a guest of a shop, a platform operator, or Mainstay itself (workers, CLI). */
export interface Principal {
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
