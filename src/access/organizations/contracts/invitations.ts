import { Command, Query } from '@nestjs/cqrs';
import type { OrganizationFacts } from './create-organization';
import type { MemberRole } from './roles';

/** An invitation that can be accepted, as its bearer may see it. */
export interface InvitationFacts {
  id: string;
  organization: OrganizationFacts;
  /** The address that it was sent to: having the token proves it. */
  email: string;
  role: MemberRole;
  /** RFC 3339. */
  expiresAt: string;
}

/**
 * The open invitation of a token; needs no tenant in the context.
 * @throws AppError not-found `organizations.invitation-not-found`, gone `organizations.invitation-spent` and
 *   `organizations.invitation-expired`
 */
export class FindInvitationQuery extends Query<InvitationFacts> {
  constructor(readonly token: string) {
    super();
  }
}

/** What came of an invitation. */
export interface AcceptedInvitation {
  organization: OrganizationFacts;
  memberId: string;
  role: MemberRole;
}

/**
 * Uses an invitation up and makes its user a member, in the caller's transaction, which must be of the organization's
 * tenant. `emails` are the proven addresses of the user, normalized; of any number of tries at once one succeeds.
 * @throws AppError besides those of `FindInvitationQuery`: forbidden `organizations.invitation-for-another`, conflict
 *   `organizations.inviter-lost-rights`, `organizations.membership-suspended`, forbidden `plan.limit-reached`
 */
export class AcceptInvitationCommand extends Command<AcceptedInvitation> {
  constructor(
    readonly token: string,
    readonly user: { id: string; emails: readonly string[] },
  ) {
    super();
  }
}
