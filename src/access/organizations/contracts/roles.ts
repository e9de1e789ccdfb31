/** Roles that a member may have in an organization. `operator` is none of them: it is a platform role on the user. */
export const MEMBER_ROLES = ['owner', 'staff', 'customer'] as const;
export type MemberRole = (typeof MEMBER_ROLES)[number];
