import { Query, QueryBus, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Database } from '../../../kernel/database/database';
import type { Transaction } from '../../../kernel/database/transaction';
import { keyset, type ListQuery, type Page } from '../../../kernel/http/pagination';
import { FindUsersQuery } from '../../identity/contracts/find-users';
import { TeamsOfUserQuery, type TeamFacts } from '../contracts/teams-of-user';
import type { MemberRole } from '../contracts/roles';
import { teamNotFound } from '../domain/organizations.errors';

export interface TeamView {
  id: string;
  name: string;
  description: string | null;
  /** Members in it, resting ones included. */
  members: number;
  createdAt: Date;
}

const VIEW = `t.id, t.name, t.description, t.created_at as "createdAt", (select count(*)::int from organizations.team_members m
  where m.tenant_id = t.tenant_id and m.team_id = t.id) as members`;

/** A team as the open transaction sees it. */
export async function teamView(tx: Transaction, id: string): Promise<TeamView> {
  const rows = await tx.query<TeamView>(
    `select ${VIEW} from organizations.teams t where t.tenant_id = $1 and t.id = $2`,
    [tx.tenantId, id],
  );
  return rows[0];
}

const TEAMS = keyset({
  id: 't.id',
  sorts: { name: { sql: 't.name_key', type: 'text' }, createdAt: { sql: 't.created_at', type: 'timestamptz' } },
  defaultSort: 'name',
});

/** Teams of the context's organization. */
export class ListTeamsQuery extends Query<Page<TeamView>> {
  constructor(readonly list: ListQuery) {
    super();
  }
}

@QueryHandler(ListTeamsQuery)
export class ListTeamsHandler implements IQueryHandler<ListTeamsQuery> {
  constructor(private readonly database: Database) {}

  async execute({ list }: ListTeamsQuery): Promise<Page<TeamView>> {
    return TEAMS.run<TeamView, TeamView>(this.database, list, {
      select: VIEW,
      from: 'organizations.teams t',
      where: 't.tenant_id = kernel.tenant_id()',
      map: ({ id, name, description, members, createdAt }) => ({ id, name, description, members, createdAt }),
    });
  }
}

export interface TeamMemberView {
  /** Id of the membership. */
  memberId: string;
  userId: string;
  role: MemberRole;
  status: 'active' | 'suspended';
  name: string | null;
  email: string | null;
  joinedAt: Date;
}

/** Members of one team, in the order in which they came. */
export class ListTeamMembersQuery extends Query<Page<TeamMemberView>> {
  constructor(
    readonly teamId: string,
    readonly list: ListQuery,
  ) {
    super();
  }
}

const MEMBERS = keyset({
  id: 'tm.id',
  sorts: { joinedAt: { sql: 'tm.joined_at', type: 'timestamptz' } },
  defaultSort: 'joinedAt',
});

@QueryHandler(ListTeamMembersQuery)
export class ListTeamMembersHandler implements IQueryHandler<ListTeamMembersQuery> {
  constructor(
    private readonly database: Database,
    private readonly queries: QueryBus,
  ) {}

  async execute({ teamId, list }: ListTeamMembersQuery): Promise<Page<TeamMemberView>> {
    type Row = Omit<TeamMemberView, 'name' | 'email'>;
    const { data, page } = await MEMBERS.run<Row, Row>(this.database, list, {
      select: `tm.member_id as "memberId", tm.user_id as "userId", tm.joined_at as "joinedAt", m.role, m.status`,
      from: `organizations.team_members tm join organizations.members m on m.tenant_id = tm.tenant_id and m.id = tm.member_id`,
      where: 'tm.tenant_id = kernel.tenant_id() and tm.team_id = $1',
      params: [teamId],
      map: ({ memberId, userId, role, status, joinedAt }) => ({ memberId, userId, role, status, joinedAt }),
    });
    if (data.length === 0) await this.requireTeam(teamId);
    const users = await this.queries.execute(new FindUsersQuery({ ids: data.map(({ userId }) => userId) }));
    const byId = new Map(users.map((user) => [user.id, user]));
    return {
      page,
      data: data.map((row) => ({
        ...row,
        name: byId.get(row.userId)?.name ?? null,
        email: byId.get(row.userId)?.email ?? null,
      })),
    };
  }

  private async requireTeam(id: string): Promise<void> {
    const rows = await this.database.read(
      'select id from organizations.teams where tenant_id = kernel.tenant_id() and id = $1',
      [id],
    );
    if (rows.length === 0) throw teamNotFound();
  }
}

@QueryHandler(TeamsOfUserQuery)
export class TeamsOfUserHandler implements IQueryHandler<TeamsOfUserQuery> {
  constructor(private readonly database: Database) {}

  execute({ tenantId, userId }: TeamsOfUserQuery): Promise<TeamFacts[]> {
    return this.database.readAs<TeamFacts>(
      tenantId,
      `select t.id, t.name from organizations.team_members tm
       join organizations.teams t on t.tenant_id = tm.tenant_id and t.id = tm.team_id
       join organizations.members m on m.tenant_id = tm.tenant_id and m.id = tm.member_id and m.status = 'active'
       where tm.tenant_id = $1 and tm.user_id = $2 order by t.name_key`,
      [tenantId, userId],
    );
  }
}
