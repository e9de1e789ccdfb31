import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Database } from '../../../kernel/database/database';
import { FindUsersQuery, type UserFacts } from '../contracts/find-users';

@QueryHandler(FindUsersQuery)
export class FindUsersHandler implements IQueryHandler<FindUsersQuery> {
  constructor(private readonly database: Database) {}

  execute({ request }: FindUsersQuery): Promise<UserFacts[]> {
    if (request.ids.length === 0) return Promise.resolve([]);
    // `read` joins an open transaction, so that a user who was made in it is found.
    return this.database.readPlatform<UserFacts>(
      `select id, email, name, email_verified_at is not null as "emailVerified", status = 'active' as active
       from identity.users where id = any($1::uuid[])
         and ($2::text is null or strpos(lower(name), $2) > 0 or strpos(email_normalized, $2) > 0)`,
      [request.ids, request.matching?.trim().toLowerCase() ?? null],
    );
  }
}
