/** Most of each resource; null or absent is without limit. */
export type Limits = Readonly<Record<string, number | null>>;

/** Plans that an organization can have; `custom` has the limits that the operator writes down for it. */
export const PLANS = ['free', 'basic', 'professional', 'enterprise', 'custom'] as const;
export type Plan = (typeof PLANS)[number];

/** What plans limit. Contexts count these; one that nobody counts yet is not limited either. */
export const RESOURCES = {
  members: 'People who work in the organization, and pending invitations to; shoppers do not count.',
  teams: 'Teams.',
  customDomains: 'Domains of its own.',
  apiKeys: 'Live API keys.',
  products: 'Products of the catalogue.',
  locations: 'Places where stock lies.',
  ordersPerMonth: 'Orders placed since the first of the month (UTC).',
  storageBytes: 'Bytes of files.',
} as const;
export type Resource = keyof typeof RESOURCES;

const GIB = 1024 ** 3;

/** Null is without limit. */
const LIMITS: Record<Exclude<Plan, 'custom'>, Record<Resource, number | null>> = {
  free: {
    members: 3,
    teams: 2,
    customDomains: 0,
    apiKeys: 2,
    products: 100,
    locations: 1,
    ordersPerMonth: 100,
    storageBytes: GIB,
  },
  basic: {
    members: 15,
    teams: 10,
    customDomains: 1,
    apiKeys: 10,
    products: 2_000,
    locations: 3,
    ordersPerMonth: 2_000,
    storageBytes: 20 * GIB,
  },
  professional: {
    members: 100,
    teams: 50,
    customDomains: 5,
    apiKeys: 50,
    products: 25_000,
    locations: 25,
    ordersPerMonth: 25_000,
    storageBytes: 200 * GIB,
  },
  enterprise: {
    members: null,
    teams: null,
    customDomains: null,
    apiKeys: null,
    products: null,
    locations: null,
    ordersPerMonth: null,
    storageBytes: null,
  },
};

/** Limits of a plan; of `custom` those written down, and none where nothing is. */
export const limitsOf = (plan: Plan, own: Limits): Limits => (plan === 'custom' ? own : LIMITS[plan]);

/** Roles of people who come to buy: they are no seats. */
export const SHOPPER_ROLES = ['customer', 'user'] as const;
export const isSeat = (role: string): boolean => !(SHOPPER_ROLES as readonly string[]).includes(role);
