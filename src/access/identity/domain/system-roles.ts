import { OF_OWNERS_ALONE, expandPattern } from './permissions';

/** A role of every tenant, made by the product; nobody can change it. */
export interface SystemRole {
  /** The same in every tenant. */
  id: string;
  key: string;
  name: string;
  description: string;
  /** Permissions and `resource:*` patterns. */
  permissions: readonly string[];
}

const id = (n: number): string => `00000000-0000-7000-8000-00000000000${n}`;

const SHOPPING = [
  'chat:read-own',
  'chat:write-own',
  'consents:write-own',
  'corporate:read-own',
  'corporate:write-own',
  'credit:read-own',
  'customers:read-own',
  'files:read-own',
  'files:write-own',
  'fleet:read-own',
  'fleet:write-own',
  'orders:read-own',
  'orders:write-own',
  'payment-methods:read-own',
  'payment-methods:write-own',
  'place-reviews:write-own',
  'places:browse',
  'push-tokens:read-own',
  'push-tokens:write-own',
];

/** Permissions as patterns, without what is the owner's alone. */
const butOwners = (patterns: readonly string[]): string[] =>
  patterns.flatMap((pattern) => expandPattern(pattern)).filter((one) => !OF_OWNERS_ALONE.includes(one as never));

/**
 * The roles that every tenant has. They inherit nothing, so that what one of them may do stands here in full; tenants'
 * own roles may inherit any of them but the owner.
 */
export const SYSTEM_ROLES: readonly SystemRole[] = [
  {
    id: id(1),
    key: 'owner',
    name: 'Owner',
    description: 'Answers for the organization and may do everything in it. The last owner stays.',
    permissions: ['*'],
  },
  {
    id: id(2),
    key: 'admin',
    name: 'Administrator',
    description: 'Runs the organization: everything but making and removing owners.',
    permissions: butOwners(['*']),
  },
  {
    id: id(3),
    key: 'staff',
    name: 'Staff',
    description: 'Runs the shop: catalogue, stock, customers, orders. Not the organization.',
    permissions: [
      'organizations:read',
      'members:read',
      'products:*',
      'categories:*',
      'corporate:*',
      'credit:*',
      'customers:*',
      'files:*',
      'fleet:*',
      'inventory:*',
      'campaigns:*',
      'notifications:*',
      'orders:*',
      'payments:*',
      'place-reviews:*',
      'places:*',
      'prices:*',
      'pricing:*',
      'purchasing:*',
      'realtime:staff',
      'routes:*',
      'stock-counts:*',
      // Staff invite customers, and nobody gives what they do not hold.
      ...SHOPPING,
    ],
  },
  {
    id: id(4),
    key: 'trainer',
    name: 'Trainer',
    description: 'Looks after clients: sees them, and shops like a customer.',
    permissions: ['organizations:read', 'customers:read', ...SHOPPING],
  },
  {
    id: id(5),
    key: 'developer',
    name: 'Developer',
    description: 'Builds against the product: reads what integrations touch, and why access is given or refused.',
    permissions: [
      'organizations:read',
      'members:read',
      'roles:read',
      'grants:read',
      'authz:explain',
      'inventory:read',
      'orders:read',
      'payments:read',
      'pricing:read',
      ...SHOPPING,
    ],
  },
  {
    id: id(6),
    key: 'medical',
    name: 'Medical',
    description: 'Cares for clients: sees who they are, nothing of the shop.',
    permissions: ['organizations:read', 'customers:read', ...SHOPPING],
  },
  {
    id: id(7),
    key: 'customer',
    name: 'Customer',
    description: 'Shops: own record, own orders, own payments.',
    permissions: ['organizations:read', ...SHOPPING],
  },
  {
    id: id(8),
    key: 'user',
    name: 'User',
    description: 'Belongs to the organization and sees that it exists; everything else is granted.',
    permissions: [
      'organizations:read',
      'fleet:read-own',
      'fleet:write-own',
      'push-tokens:read-own',
      'push-tokens:write-own',
    ],
  },
];

const BY_KEY = new Map(SYSTEM_ROLES.map((role) => [role.key, role]));

export const systemRole = (key: string): SystemRole | undefined => BY_KEY.get(key);

/** Keys of the system roles that have a permission of the catalogue. */
export const rolesWith = (permission: string): string[] =>
  SYSTEM_ROLES.filter(({ permissions }) => permissions.some((one) => expandPattern(one).includes(permission))).map(
    ({ key }) => key,
  );

/** What an operator may do outside of any tenant. Tenants' own data is not among it. */
export const OPERATOR_PERMISSIONS: readonly string[] = ['platform:*', 'organizations:read', 'users:*', 'audit:read'];
