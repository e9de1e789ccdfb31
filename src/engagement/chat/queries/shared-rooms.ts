import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { currentContext } from '../../../kernel/context/request-context';
import { Database } from '../../../kernel/database/database';
import { callerOf } from '../domain/caller';

/** The rooms that each of these people is in; archived ones too, as they may be restored. */
export class RoomsOfUsersQuery extends Query<Map<string, string[]>> {
  constructor(
    readonly tenantId: string,
    readonly userIds: readonly string[],
  ) {
    super();
  }
}

/** Those of these people with whom the caller shares a room, the caller itself included. */
export class AcquaintancesQuery extends Query<string[]> {
  constructor(readonly userIds: readonly string[]) {
    super();
  }
}

@QueryHandler(RoomsOfUsersQuery)
export class RoomsOfUsersHandler implements IQueryHandler<RoomsOfUsersQuery> {
  constructor(private readonly database: Database) {}

  async execute({ tenantId, userIds }: RoomsOfUsersQuery): Promise<Map<string, string[]>> {
    const rows = await this.database.readAs<{ user_id: string; rooms: string[] }>(
      tenantId,
      `select user_id, array_agg(room_id) as rooms from chat.members
       where tenant_id = $1 and user_id = any($2::uuid[]) group by user_id`,
      [tenantId, userIds],
    );
    return new Map(rows.map(({ user_id, rooms }) => [user_id, rooms]));
  }
}

@QueryHandler(AcquaintancesQuery)
export class AcquaintancesHandler implements IQueryHandler<AcquaintancesQuery> {
  constructor(private readonly database: Database) {}

  async execute({ userIds }: AcquaintancesQuery): Promise<string[]> {
    const { userId } = callerOf(currentContext());
    const rows = await this.database.read<{ id: string }>(
      `select u.id from unnest($2::uuid[]) with ordinality as u(id, place) where u.id = $1 or exists (
         select from chat.members mine join chat.members theirs
           on theirs.tenant_id = kernel.tenant_id() and theirs.room_id = mine.room_id and theirs.user_id = u.id
         where mine.tenant_id = kernel.tenant_id() and mine.user_id = $1)
       order by u.place`,
      [userId, [...new Set(userIds)]],
    );
    return rows.map(({ id }) => id);
  }
}
