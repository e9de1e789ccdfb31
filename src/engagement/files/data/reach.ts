import { hasPermission, type Principal } from '../../../kernel/auth/principal';

/** Nobody's id: who has no user sees no file of its own. */
const NOBODY = '00000000-0000-0000-0000-000000000000';

/** Whose files somebody may reach: what `uploadedBy` brought, and all others that are not confidential; null: every file of the tenant. */
export type Reach = { uploadedBy: string; others: boolean } | null;

/**
 * Whose files the caller may reach. Confidential ones are reached by who brought them, and by Mainstay itself: whoever
 * shares them (a chat room) checks who may, and hands out links.
 * @param permission that reaches what others brought
 */
export function reachOf(principal: Principal, permission: 'files:read' | 'files:write'): Reach {
  if (principal.kind === 'system') return null;
  return { uploadedBy: principal.userId ?? NOBODY, others: hasPermission(principal, permission) };
}

/** SQL that holds for the files `f` within reach; its parameters, from `$first` on, are `reachParams`. */
export const withinReach = (first: number): string =>
  `($${first}::uuid is null or f.uploaded_by = $${first} or ($${first + 1}::boolean and not f.confidential))`;

/** The values of the two parameters of `withinReach`. */
export const reachParams = (reach: Reach): [string | null, boolean] => [
  reach?.uploadedBy ?? null,
  reach?.others ?? true,
];
