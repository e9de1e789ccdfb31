import { hasPermission, type Principal } from '../../../kernel/auth/principal';

/** Nobody's id: who has no user sees no file of its own. */
const NOBODY = '00000000-0000-0000-0000-000000000000';

/**
 * Whose files the caller may reach: null is anybody's of the tenant, else those that it uploaded itself.
 * @param permission that reaches all
 */
export function ownOnly(principal: Principal, permission: 'files:read' | 'files:write'): string | null {
  if (hasPermission(principal, permission)) return null;
  return principal.userId ?? NOBODY;
}
