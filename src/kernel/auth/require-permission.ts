import { currentContext } from '../context/request-context';
import { AppError } from '../errors/app-error';
import type { ResourceFacts } from './condition';
import { hasPermission } from './principal';

/** 403: the caller holds none of these permissions, or not here, now, or for this thing. */
export const permissionMissing = (...permissions: string[]): AppError =>
  new AppError('auth.permission-missing', 'forbidden', 'Your role does not allow this.', {
    hint: `Needed: ${permissions.join(' or ')}. POST /api/v1/authz/explain says what is in the way.`,
    permissions,
  });

/**
 * The second half of `@AllowOnResource`: the handler has loaded the thing and asks about it.
 * @throws AppError 403 `auth.permission-missing`
 */
export function requirePermission(permission: string, resource: ResourceFacts): void {
  if (!hasPermission(currentContext().principal, permission, resource)) throw permissionMissing(permission);
}
