import { Command } from '@nestjs/cqrs';
import type { MemberRole } from './roles';

/**
 * Gives a member of the context's organization another role; joins the caller's transaction. The last owner stays, and
 * the caller must hold what it gives and what it takes.
 * @throws AppError not-found `organizations.member-not-found`, conflict `organizations.last-owner`, forbidden
 *   `organizations.owners-only` and `identity.not-yours-to-give`, invalid `identity.unknown-name`.
 */
export class ChangeMemberRoleCommand extends Command<void> {
  constructor(
    readonly member: { id: string } | { userId: string },
    readonly role: MemberRole,
  ) {
    super();
  }
}
