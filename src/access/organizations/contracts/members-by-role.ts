import { Query } from '@nestjs/cqrs';
import type { MemberRole } from './roles';

/** A member as other contexts need it, to reach people: mail to staff, sockets to owners. */
export interface MemberFacts {
  userId: string;
  role: MemberRole;
  /** The member's proven address; absent while it is unproven or the user is disabled. */
  email?: string;
  name?: string;
}

/** Members of the context's tenant that have one of these roles. */
export class MembersByRoleQuery extends Query<MemberFacts[]> {
  constructor(readonly request: { roles: MemberRole[] }) {
    super();
  }
}
