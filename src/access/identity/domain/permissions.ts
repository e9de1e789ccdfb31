/**
 * Every permission of the product, with what it lets its holder do. A route or handler that asks for another fails a
 * test, and so does an entry that nothing asks for. `...-own` permissions reach the caller's own things alone: the
 * query behind such a route narrows to them.
 */
export const PERMISSIONS = {
  'api-keys:create': 'Make API keys with rights of one’s own.',
  'api-keys:delete': 'Revoke API keys of the organization.',
  'api-keys:read': 'See the API keys of the organization, without their secrets.',
  'api-keys:update': 'Change API keys of the organization, and replace the secrets of one’s own.',
  'audit:export': 'Export the audit trail, and reports from it.',
  'audit:read': 'Read, search and verify the audit trail.',
  'audit:write': 'Change how long the audit trail is kept.',
  'authz:explain': 'Ask why somebody else may or may not do something, and who may do it.',
  'campaigns:read': 'Read campaigns, and how far they are.',
  'campaigns:write': 'Draft, start, pause and cancel campaigns.',
  'categories:write': 'Make, change and remove categories of the catalogue.',
  'chat:manage': 'Change how chat works in the organization, and export its rooms.',
  'chat:moderate': 'Keep order in all rooms: reports, hidden messages, mutes, bans and rules of words.',
  'chat:read-own': 'Read the rooms that one is in.',
  'chat:write-own': 'Open rooms, and say something in those that one is in.',
  'consents:write-own': 'Agree for oneself to being written to, and take it back.',
  'corporate:read': 'Read every corporate account with its people, approvals and expenses.',
  'corporate:read-own': 'Read approvals and expenses of one’s own corporate account that one has a part in.',
  'corporate:write': 'Make and change corporate accounts, their departments, people and approval rules.',
  'corporate:write-own': 'Decide approvals one is asked for, delegate them, submit and reimburse expenses.',
  'credit:read': 'Read gift cards and store credit, with their statements.',
  'credit:read-own': 'Read one’s own store credit.',
  'credit:write': 'Make and withdraw gift cards, give store credit, say how long cards are valid.',
  'customers:read': 'Read every customer of the shop.',
  'customers:read-own': 'Read one’s own customer record.',
  'customers:write': 'Enter and change customers.',
  'disputes:write': 'Answer disputes: put evidence by, hand it in, give in.',
  'files:read': 'See and download every file of the organization but what was brought into chat rooms.',
  'files:read-own': 'See and download the files that one uploaded.',
  'files:write': 'Upload files, keep and delete any of the organization.',
  'files:write-own': 'Upload files, and delete those that one uploaded.',
  'finance:read': 'Read the financial reports.',
  'finance:write': 'Have financial reports mailed.',
  'fleet:read': 'Read fleets, vehicles, drivers, and all that is known of them.',
  'fleet:read-own': 'Read oneself as a driver, and what one drives.',
  'fleet:write': 'Enter and change fleets, vehicles and drivers, and what is with them.',
  'fleet:write-own': 'Enter what one sees of the vehicle that one drives.',
  'fraud:read': 'Read how payments were judged, rules, lists and reviews.',
  'fraud:review': 'Approve and reject payments that wait for a review.',
  'fraud:write': 'Change rules, lists and thresholds by which payments are judged.',
  'grants:read': 'Read who was granted what, and until when.',
  'grants:write': 'Grant and revoke roles and permissions that one holds oneself.',
  'inventory:read': 'Read stock levels, movements and alerts.',
  'inventory:write': 'Receive, correct and move stock.',
  'ledger:read': 'Read accounts, journals and balances.',
  'ledger:write': 'Open accounts, post and reverse journals by hand.',
  'location:read': 'See trackers, where they are and were, geofences and what happened at them.',
  'location:write': 'Enter trackers and tell their positions, draw geofences.',
  'members:owners': 'Make owners of the organization, and take that role away.',
  'members:read': 'List the members of the organization.',
  'members:write': 'Invite, change, suspend and remove members; make and change teams.',
  'notifications:read': 'Read what became of requests to notify, who gets no more mail, and templates of mails.',
  'notifications:write':
    'Notify members, set up how they are told, keep the suppression list, change templates of mails.',
  'order-policy:write': 'Change after which time orders move on by themselves.',
  'orders:read': 'Read every order of the shop and its sales reports.',
  'orders:read-own': 'Read one’s own orders.',
  'orders:write': 'Ship, cancel and collect payment for orders.',
  'orders:write-own': 'Pay one’s own orders.',
  'organizations:delete': 'Ask for the end of the organization, and take that back.',
  'organizations:read': 'Read name, address and settings of the organization.',
  'organizations:write': 'Change name, settings, look and domains of the organization.',
  'payment-gateways:read': 'Read the accounts at payment providers and the webhooks that these sent.',
  'payment-gateways:write': 'Open and change accounts at payment providers, replay their webhooks.',
  'payment-methods:read-own': 'See one’s own kept ways to pay.',
  'payment-methods:write-own': 'Keep ways to pay, and take one’s own away.',
  'payments:capture': 'Capture reserved payments and call them off.',
  'payments:read': 'Read payments, attempts and refunds.',
  'payments:refund': 'Give captured money back.',
  'prices:read': 'Read price lists, and what prices were.',
  'prices:write': 'Make and change price lists and their prices.',
  'place-reviews:write': 'See reports of reviews of places, hide and answer reviews.',
  'place-reviews:write-own': 'Review places, and report reviews of others.',
  'places:browse': 'Find the places that are shown to everybody, with their prices and reviews.',
  'places:read': 'See every place, also those that are not shown to everybody.',
  'places:write': 'Enter, change and import places, tell prices and what is free.',
  'pricing:read': 'See the taxes, coupons, shipping methods and quotes of the shop.',
  'pricing:write': 'Change taxes, coupons and shipping methods, and make quotes.',
  'products:write': 'Make and change products, see those that are not on sale, import and export the catalogue.',
  'purchasing:read': 'Read suppliers, purchase orders and what should be ordered.',
  'purchasing:write': 'Enter suppliers, order goods from them and receive these.',
  'push-tokens:read-own': 'See one’s own devices that push messages reach.',
  'push-tokens:write-own': 'Let push messages reach one’s own devices, or no more.',
  'realtime:staff': 'Be told live what happens in the organization.',
  'reconciliations:write': 'Compare the reports of payment providers, and note what differences are about.',
  'roles:read': 'Read the roles of the organization and what they allow.',
  'roles:write': 'Make, change and delete roles.',
  'routes:read': 'Read plans of routes.',
  'routes:traffic': 'Keep how slow roads are by the hour, and which are slow or closed.',
  'routes:write': 'Have routes planned, and stop that.',
  'security-policy:read': 'Read what the organization asks of passwords, second factors and sessions.',
  'security-policy:update': 'Change what the organization asks of passwords, second factors and sessions.',
  'sessions:read': 'See where members are signed in.',
  'sessions:revoke': 'Sign members out.',
  'users:recover': 'Consent to the recovery of members who have lost every second factor.',
  'stock-counts:approve': 'Approve counts of stock, and see what differs in blind ones.',
  'stock-counts:write': 'Open counts of stock, say what was counted, cancel them.',
  'users:read': 'List and search the people of the organization, with the state of their accounts.',
  'users:write': 'Invite people, suspend and unlock them, give them roles and ask them for a new password.',
} as const satisfies Record<string, string>;

export type Permission = keyof typeof PERMISSIONS;

/** Kept for the owner: no other system role has them. */
export const OF_OWNERS_ALONE: readonly Permission[] = ['members:owners', 'organizations:delete'];

const ALL = Object.keys(PERMISSIONS) as Permission[];
const expanded = new Map<string, readonly string[]>();

/** True for a permission of the catalogue, `resource:*` of one of its resources, or `*`. */
export const isPermissionPattern = (pattern: string): boolean => expandPattern(pattern).length > 0;

/** The catalogue's permissions that a pattern stands for; none for an unknown one. */
export function expandPattern(pattern: string): readonly string[] {
  if (Object.hasOwn(PERMISSIONS, pattern)) return [pattern];
  const known = expanded.get(pattern);
  if (known) return known;
  if (pattern === '*') return ALL;
  if (!/^[a-z][a-z-]*:\*$/.test(pattern)) return [];
  const found = ALL.filter((permission) => permission.startsWith(pattern.slice(0, -1)));
  // Only what exists is kept, so that made-up names cannot fill the memory.
  if (found.length > 0) expanded.set(pattern, found);
  return found;
}

/** The catalogue's permissions that these patterns stand for, each once. */
export const expandAll = (patterns: Iterable<string>): Set<string> =>
  new Set([...patterns].flatMap((pattern) => expandPattern(pattern)));
