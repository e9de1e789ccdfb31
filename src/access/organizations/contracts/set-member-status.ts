import { Command } from '@nestjs/cqrs';

/**
 * Lets a membership of the context's organization rest, or go on; seen by every process within seconds. The last
 * active owner stays, and the caller must hold what the member's role gives.
 * @throws AppError not-found `organizations.member-not-found`, conflict `organizations.last-owner`, forbidden
 *   `identity.not-yours-to-give`
 */
export class SetMemberStatusCommand extends Command<void> {
  constructor(
    readonly member: { id: string } | { userId: string },
    readonly status: 'active' | 'suspended',
  ) {
    super();
  }
}
