import { Query, QueryBus, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { currentContext } from '../../../kernel/context/request-context';
import { Database } from '../../../kernel/database/database';
import type { ListQuery, Page } from '../../../kernel/http/pagination';
import {
  MemberDirectoryQuery,
  MemberUserIdsQuery,
  type DirectoryMember,
} from '../../organizations/contracts/member-directory';
import { ThrottleRepository } from '../data/throttle.repository';
import { userNotFound } from '../domain/identity.errors';

/** A person of the organization, as its administrators see it: nothing of what it does elsewhere. */
export interface Person {
  id: string;
  memberId: string;
  email: string;
  name: string;
  emailVerified: boolean;
  role: string;
  /** Of the membership. */
  status: 'active' | 'suspended';
  /** False for an account that its owner or an operator closed. */
  accountOpen: boolean;
  /** A second factor stands beside the password. */
  mfa: boolean;
  /** Tries to sign in must wait just now. */
  locked: boolean;
  joinedAt: Date;
  /** In this organization. */
  lastSignInAt: Date | null;
}

type Account = Pick<Person, 'id' | 'email' | 'name' | 'emailVerified' | 'accountOpen' | 'mfa' | 'lastSignInAt'> & {
  emailNormalized: string;
};

/** Members among whom is searched by name and address. */
const MOST_SEARCHED = 5_000;

/** People of the context's organization; `q` is part of a name or the beginning of an address. */
export class ListUsersQuery extends Query<Page<Person>> {
  constructor(readonly list: ListQuery & { q?: string; role?: string[]; status?: DirectoryMember['status'][] }) {
    super();
  }
}

/** One of them. @throws AppError not-found, for a user of other organizations too */
export class UserQuery extends Query<Person> {
  constructor(readonly userId: string) {
    super();
  }
}

@QueryHandler(ListUsersQuery)
export class ListUsersHandler implements IQueryHandler<ListUsersQuery> {
  constructor(
    private readonly database: Database,
    private readonly throttles: ThrottleRepository,
    private readonly queries: QueryBus,
  ) {}

  async execute({ list }: ListUsersQuery): Promise<Page<Person>> {
    const { q, ...rest } = list;
    const asked = q === undefined ? rest : { ...rest, userIds: await this.matching(q) };
    const { data, page } = await this.queries.execute(new MemberDirectoryQuery(asked));
    return { page, data: await people(this.database, this.throttles, data) };
  }

  /** Names are identity's, membership is organizations': who belongs here is asked first, then who of them matches. */
  private async matching(q: string): Promise<string[]> {
    const ids = await this.queries.execute(new MemberUserIdsQuery({ most: MOST_SEARCHED }));
    const rows = await this.database.readPlatform<{ id: string }>(
      `select id from identity.users where id = any($1::uuid[])
         and (starts_with(email_normalized, lower($2)) or position(lower($2) in lower(name)) > 0)`,
      [ids, q.trim()],
    );
    return rows.map(({ id }) => id);
  }
}

@QueryHandler(UserQuery)
export class UserHandler implements IQueryHandler<UserQuery> {
  constructor(
    private readonly database: Database,
    private readonly throttles: ThrottleRepository,
    private readonly queries: QueryBus,
  ) {}

  async execute({ userId }: UserQuery): Promise<Person> {
    const { data } = await this.queries.execute(new MemberDirectoryQuery({ limit: 1, userIds: [userId] }));
    const [person] = await people(this.database, this.throttles, data);
    if (!person) throw userNotFound();
    return person;
  }
}

/** Members with their accounts, in their order: two trips for any number of them. */
async function people(
  database: Database,
  throttles: ThrottleRepository,
  members: DirectoryMember[],
): Promise<Person[]> {
  if (members.length === 0) return [];
  const accounts = await database.readPlatform<Account>(
    `select u.id, u.email, u.email_normalized as "emailNormalized", u.name,
       u.email_verified_at is not null as "emailVerified", u.status = 'active' as "accountOpen",
       exists (select 1 from identity.factors f where f.user_id = u.id and f.state = 'active' and f.method <> 'email') as mfa,
       (select s.at from identity.sign_ins s where s.user_id = u.id and s.result = 'success' and s.organization_id = $2
        order by s.at desc limit 1) as "lastSignInAt"
     from identity.users u where u.id = any($1::uuid[])`,
    [members.map(({ userId }) => userId), currentContext().tenantId],
  );
  const waiting = await throttles.waiting(accounts.map(({ emailNormalized }) => emailNormalized));
  const byId = new Map(accounts.map((account) => [account.id, account]));
  return members.flatMap(({ userId, memberId, role, status, joinedAt }) => {
    const account = byId.get(userId);
    if (!account) return [];
    const { emailNormalized, ...shown } = account;
    return [{ ...shown, memberId, role, status, joinedAt, locked: waiting.has(emailNormalized) }];
  });
}
