import { Query } from '@nestjs/cqrs';
import type { ListQuery, Page } from '../../../kernel/http/pagination';
import type { MemberRole } from './roles';

/** A member as its organization knows it. */
export interface DirectoryMember {
  memberId: string;
  userId: string;
  role: MemberRole;
  status: 'active' | 'suspended';
  joinedAt: Date;
}

/** Members of the context's organization, the suspended ones too; sorts: `joinedAt`, `role`. */
export class MemberDirectoryQuery extends Query<Page<DirectoryMember>> {
  constructor(
    readonly list: ListQuery & {
      role?: MemberRole[];
      status?: DirectoryMember['status'][];
      /** These alone. */
      userIds?: string[];
    },
  ) {
    super();
  }
}

/** Ids of the users who are members of the context's organization, the newest first, at most `most`; those of `butRoles` left out. */
export class MemberUserIdsQuery extends Query<string[]> {
  constructor(readonly request: { most: number; butRoles?: MemberRole[] }) {
    super();
  }
}

/**
 * Ids of active members of the context's organization, in order: those among `userIds`, or those with one of these roles
 * (all without `roles`), at most `limit` after `after`.
 */
export class MemberIdsQuery extends Query<string[]> {
  constructor(readonly request: { userIds: string[] } | { roles?: MemberRole[]; after: string | null; limit: number }) {
    super();
  }
}
