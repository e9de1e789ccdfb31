import { QueryBus, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Database } from '../../../kernel/database/database';
import { FindUsersQuery } from '../../identity/contracts/find-users';
import { MembersByRoleQuery, type MemberFacts } from '../contracts/members-by-role';
import type { MemberRole } from '../contracts/roles';

@QueryHandler(MembersByRoleQuery)
export class MembersByRoleHandler implements IQueryHandler<MembersByRoleQuery> {
  constructor(
    private readonly database: Database,
    private readonly queries: QueryBus,
  ) {}

  async execute({ request }: MembersByRoleQuery): Promise<MemberFacts[]> {
    const members = await this.database.read<{ userId: string; role: MemberRole }>(
      `select user_id as "userId", role from organizations.members where tenant_id = kernel.tenant_id() and status = 'active' and role = any($1) order by id`,
      [request.roles],
    );
    const users = await this.queries.execute(new FindUsersQuery({ ids: members.map((member) => member.userId) }));
    const byId = new Map(users.map((user) => [user.id, user]));
    return members.map(({ userId, role }) => {
      const user = byId.get(userId);
      return user?.active && user.emailVerified
        ? { userId, role, email: user.email, name: user.name }
        : { userId, role };
    });
  }
}
