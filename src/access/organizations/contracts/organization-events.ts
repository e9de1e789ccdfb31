import { DomainEvent } from '../../../kernel/messaging/domain-event';
import type { MemberRole } from './roles';

/** A tenant exists. Aggregate: the organization. */
export class OrganizationCreated extends DomainEvent<{
  organizationId: string;
  slug: string;
  name: string;
  ownerUserId: string;
}> {
  static override readonly type = 'organizations.organization-created.v1';
}

/** A user became a member. Aggregate: the member. */
export class MemberJoined extends DomainEvent<{ memberId: string; userId: string; role: MemberRole }> {
  static override readonly type = 'organizations.member-joined.v1';
}

/** A member has another role now. Aggregate: the member. */
export class MemberRoleChanged extends DomainEvent<{
  memberId: string;
  userId: string;
  from: MemberRole;
  to: MemberRole;
}> {
  static override readonly type = 'organizations.member-role-changed.v1';
}

/** A user is no member any more. Aggregate: the member. */
export class MemberRemoved extends DomainEvent<{ memberId: string; userId: string; role: MemberRole }> {
  static override readonly type = 'organizations.member-removed.v1';
}

/** A team is gone, with what it gave its members. Aggregate: the team. */
export class TeamRemoved extends DomainEvent<{ teamId: string }> {
  static override readonly type = 'organizations.team-removed.v1';
}

/** An organization was suspended, resumed or closed. Aggregate: the organization. */
export class OrganizationStatusChanged extends DomainEvent<{
  organizationId: string;
  from: 'active' | 'suspended' | 'closed';
  to: 'active' | 'suspended' | 'closed';
}> {
  static override readonly type = 'organizations.organization-status-changed.v1';
}

/** An invitation was accepted; the member joined in the same commit. Aggregate: the invitation. */
export class InvitationAccepted extends DomainEvent<{ invitationId: string; userId: string; role: MemberRole }> {
  static override readonly type = 'organizations.invitation-accepted.v1';
}

/** A membership rests, or goes on. Aggregate: the member. */
export class MemberStatusChanged extends DomainEvent<{
  memberId: string;
  userId: string;
  status: 'active' | 'suspended';
}> {
  static override readonly type = 'organizations.member-status-changed.v1';
}
