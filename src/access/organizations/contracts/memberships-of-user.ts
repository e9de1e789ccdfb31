import { Query } from '@nestjs/cqrs';
import type { OrganizationFacts } from './create-organization';
import type { MemberRole } from './roles';

/** One organization that a user belongs to. */
export interface Membership {
  organization: OrganizationFacts;
  role: MemberRole;
  /** RFC 3339. */
  joinedAt: string;
}

/**
 * The active organizations that a user belongs to, over all tenants; owners' first, then staff's, then customers', the
 * oldest first. For sign-in alone: it is the one look-up that crosses tenants, by a narrow database function.
 */
export class MembershipsOfUserQuery extends Query<Membership[]> {
  constructor(readonly userId: string) {
    super();
  }
}
