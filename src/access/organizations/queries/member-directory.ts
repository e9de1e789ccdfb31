import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Database } from '../../../kernel/database/database';
import { keyset, type Page } from '../../../kernel/http/pagination';
import {
  MemberDirectoryQuery,
  MemberIdsQuery,
  MemberUserIdsQuery,
  type DirectoryMember,
} from '../contracts/member-directory';

const MEMBERS = keyset({
  id: 'm.id',
  sorts: { joinedAt: { sql: 'm.joined_at', type: 'timestamptz' }, role: { sql: 'm.role', type: 'text' } },
  defaultSort: '-joinedAt',
  filters: {
    role: { sql: 'm.role', type: 'text' },
    status: { sql: 'm.status', type: 'text' },
    userIds: { sql: 'm.user_id', type: 'uuid' },
  },
});

@QueryHandler(MemberDirectoryQuery)
export class MemberDirectoryHandler implements IQueryHandler<MemberDirectoryQuery> {
  constructor(private readonly database: Database) {}

  execute({ list }: MemberDirectoryQuery): Promise<Page<DirectoryMember>> {
    return MEMBERS.run<DirectoryMember, DirectoryMember>(this.database, list, {
      select: 'm.id as "memberId", m.user_id as "userId", m.role, m.status, m.joined_at as "joinedAt"',
      from: 'organizations.members m',
      where: 'm.tenant_id = kernel.tenant_id()',
      map: ({ memberId, userId, role, status, joinedAt }) => ({ memberId, userId, role, status, joinedAt }),
    });
  }
}

@QueryHandler(MemberUserIdsQuery)
export class MemberUserIdsHandler implements IQueryHandler<MemberUserIdsQuery> {
  constructor(private readonly database: Database) {}

  async execute({ request }: MemberUserIdsQuery): Promise<string[]> {
    const rows = await this.database.read<{ id: string }>(
      `select user_id as id from organizations.members where tenant_id = kernel.tenant_id() and role <> all($2) order by joined_at desc limit $1`,
      [request.most, request.butRoles ?? []],
    );
    return rows.map(({ id }) => id);
  }
}

@QueryHandler(MemberIdsQuery)
export class MemberIdsHandler implements IQueryHandler<MemberIdsQuery> {
  constructor(private readonly database: Database) {}

  async execute({ request }: MemberIdsQuery): Promise<string[]> {
    const { userIds, roles, after, limit } = { userIds: null, roles: null, after: null, limit: 1_000, ...request };
    const rows = await this.database.read<{ id: string }>(
      `select user_id as id from organizations.members where tenant_id = kernel.tenant_id() and status = 'active'
         and ($1::uuid[] is null or user_id = any($1)) and ($2::text[] is null or role = any($2))
         and ($3::uuid is null or user_id > $3) order by user_id limit $4`,
      [userIds, roles, after, limit],
    );
    return rows.map(({ id }) => id);
  }
}
