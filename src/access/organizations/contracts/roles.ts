/**
 * Key of the role that a member has in an organization: one of the product's (owner, admin, staff, trainer, developer,
 * medical, customer, user) or one of the organization's own; identity knows what each may do. `operator` is none of
 * them: it is a platform role on the user.
 */
export type MemberRole = string;

/** Roles that every organization has, so that nobody need be asked whether one of them exists. */
export const SYSTEM_ROLE_KEYS: ReadonlySet<MemberRole> = new Set([
  'owner',
  'admin',
  'staff',
  'trainer',
  'developer',
  'medical',
  'customer',
  'user',
]);
