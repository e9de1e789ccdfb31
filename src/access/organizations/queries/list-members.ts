import { Query, QueryBus, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Database } from '../../../kernel/database/database';
import { keyset, type ListQuery, type Page } from '../../../kernel/http/pagination';
import { FindUsersQuery } from '../../identity/contracts/find-users';
import type { MemberRole } from '../contracts/roles';

export interface ListedMember {
  id: string;
  userId: string;
  role: MemberRole;
  joinedAt: Date;
  email: string | null;
  name: string | null;
  emailVerified: boolean;
}

const MEMBERS = keyset({
  id: 'm.id',
  sorts: { joinedAt: { sql: 'm.joined_at', type: 'timestamptz' }, role: { sql: 'm.role', type: 'text' } },
  defaultSort: '-joinedAt',
  filters: { role: { sql: 'm.role', type: 'text' } },
});

/** Members of the context's organization, with names and addresses. */
export class ListMembersQuery extends Query<Page<ListedMember>> {
  constructor(readonly list: ListQuery & { role?: MemberRole[] }) {
    super();
  }
}

@QueryHandler(ListMembersQuery)
export class ListMembersHandler implements IQueryHandler<ListMembersQuery> {
  constructor(
    private readonly database: Database,
    private readonly queries: QueryBus,
  ) {}

  async execute({ list }: ListMembersQuery): Promise<Page<ListedMember>> {
    type Row = Pick<ListedMember, 'id' | 'userId' | 'role' | 'joinedAt'>;
    const { data, page } = await MEMBERS.run<Row, Row>(this.database, list, {
      select: 'm.id, m.user_id as "userId", m.role, m.joined_at as "joinedAt"',
      from: 'organizations.members m',
      where: 'm.tenant_id = kernel.tenant_id()',
      map: ({ id, userId, role, joinedAt }) => ({ id, userId, role, joinedAt }),
    });
    const users = await this.queries.execute(new FindUsersQuery({ ids: data.map((member) => member.userId) }));
    const byId = new Map(users.map((user) => [user.id, user]));
    return {
      page,
      data: data.map((member) => {
        const user = byId.get(member.userId);
        return {
          ...member,
          email: user?.email ?? null,
          name: user?.name ?? null,
          emailVerified: user?.emailVerified ?? false,
        };
      }),
    };
  }
}
