import { DomainEvent } from '../../../kernel/messaging/domain-event';

interface GrantSaid {
  grantId: string;
  subjectType: 'user' | 'team' | 'apiKey';
  subjectId: string;
  role: string | null;
  permission: string | null;
  effect: 'allow' | 'deny';
}

/** Somebody was granted, or lost, a role or permission. Aggregate: the grant. */
export class GrantChanged extends DomainEvent<GrantSaid & { change: 'granted' | 'revoked' }> {
  static override readonly type = 'identity.grant-changed.v1';
}

/** A time-bounded grant has ended by itself. Aggregate: the grant. */
export class GrantExpired extends DomainEvent<GrantSaid> {
  static override readonly type = 'identity.grant-expired.v1';
}

/** A tenant's role was made, changed or deleted. Aggregate: the role. */
export class RoleChanged extends DomainEvent<{
  roleId: string;
  role: string;
  change: 'created' | 'changed' | 'deleted';
}> {
  static override readonly type = 'identity.role-changed.v1';
}
