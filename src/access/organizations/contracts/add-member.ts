import { Command } from '@nestjs/cqrs';
import type { MemberRole } from './roles';

/**
 * Makes a user a member of a tenant; joins the caller's transaction, which must be of that tenant. Idempotent: a user
 * who is a member already keeps the stronger of both roles (owner, admin, others, customer, user), and `created` is
 * false. Who may give the role is the caller's matter (`JudgeRolesQuery` of identity).
 *
 * @throws AppError not-found `organizations.organization-not-found` when the tenant is missing or suspended, invalid
 *   `organizations.role-unknown` when it has no such role.
 */
export class AddMemberCommand extends Command<{ memberId: string; created: boolean; role: MemberRole }> {
  constructor(readonly member: { tenantId: string; userId: string; role: MemberRole }) {
    super();
  }
}
