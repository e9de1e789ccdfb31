/** Roles of members, as organizations keeps them; a domain knows no other context. */
type MemberRole = 'owner' | 'staff' | 'customer';

/**
 * What each role may do, as `resource:action` or `resource:*`. Customers hold only `...-own` rights: the query behind
 * such a route narrows to their own rows.
 */
const OF_MEMBERS: Record<MemberRole, readonly string[]> = {
  owner: ['*'],
  staff: [
    'organizations:read',
    'members:read',
    'products:*',
    'categories:*',
    'customers:*',
    'inventory:*',
    'carts:*',
    'orders:*',
    'payments:*',
    'notifications:*',
    'imports:*',
    'exports:*',
    'analytics:*',
    'files:*',
  ],
  customer: [
    'organizations:read',
    'products:read',
    'categories:read',
    'customers:read-own',
    'customers:write-own',
    'carts:read-own',
    'carts:write-own',
    'orders:read-own',
    'orders:write-own',
    'payments:read-own',
    'payments:write-own',
    'notifications:read-own',
  ],
};

/** What an operator may do outside of any tenant. Tenants' own data is not among it. */
const OF_OPERATORS: readonly string[] = ['platform:*', 'organizations:read', 'users:*', 'audit:read'];

/** The rights of a member of a tenant. */
export const permissionsOfRole = (role: MemberRole): ReadonlySet<string> => new Set(OF_MEMBERS[role]);

/** The rights of a platform operator who works in no tenant. */
export const operatorPermissions = (): ReadonlySet<string> => new Set(OF_OPERATORS);
