import { Query, QueryBus, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Database } from '../../../kernel/database/database';
import { keyset, type ListQuery, type Page } from '../../../kernel/http/pagination';
import { FindUsersQuery } from '../../identity/contracts/find-users';
import type { MemberRole } from '../contracts/roles';

export interface ListedMember {
  id: string;
  userId: string;
  role: MemberRole;
  status: 'active' | 'suspended';
  joinedAt: Date;
  email: string | null;
  name: string | null;
  emailVerified: boolean;
}

/** Members among whom is searched. */
const MOST_SEARCHED = 5_000;

const MEMBERS = keyset({
  id: 'm.id',
  sorts: { joinedAt: { sql: 'm.joined_at', type: 'timestamptz' }, role: { sql: 'm.role', type: 'text' } },
  defaultSort: '-joinedAt',
  filters: {
    role: { sql: 'm.role', type: 'text' },
    status: { sql: 'm.status', type: 'text' },
    userIds: (ids: string[], place) => `m.user_id = any(${place(ids, 'uuid[]')})`,
  },
});

/** Members of the context's organization, with names and addresses. */
export class ListMembersQuery extends Query<Page<ListedMember>> {
  constructor(readonly list: ListQuery & { role?: MemberRole[]; status?: ListedMember['status'][]; q?: string }) {
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
    type Row = Pick<ListedMember, 'id' | 'userId' | 'role' | 'status' | 'joinedAt'>;
    const { q, ...rest } = list;
    const asked = q === undefined ? rest : { ...rest, userIds: await this.matching(q) };
    const { data, page } = await MEMBERS.run<Row, Row>(this.database, asked, {
      select: 'm.id, m.user_id as "userId", m.role, m.status, m.joined_at as "joinedAt"',
      from: 'organizations.members m',
      where: 'm.tenant_id = kernel.tenant_id()',
      map: ({ id, userId, role, status, joinedAt }) => ({ id, userId, role, status, joinedAt }),
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

  /** Names belong to identity: it is asked which of those who work here match. Shoppers are searched as customers. */
  private async matching(q: string): Promise<string[]> {
    const members = await this.database.read<{ userId: string }>(
      `select user_id as "userId" from organizations.members
       where tenant_id = kernel.tenant_id() and role not in ('customer', 'user') order by joined_at limit ${MOST_SEARCHED}`,
    );
    const users = await this.queries.execute(
      new FindUsersQuery({ ids: members.map(({ userId }) => userId), matching: q }),
    );
    return users.map(({ id }) => id);
  }
}
