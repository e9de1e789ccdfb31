import { Query, QueryBus, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { hasPermission, type Principal } from '../../../kernel/auth/principal';
import { currentContext } from '../../../kernel/context/request-context';
import { Database } from '../../../kernel/database/database';
import type { OrganizationFacts } from '../../organizations/contracts/create-organization';
import { MembershipsOfUserQuery } from '../../organizations/contracts/memberships-of-user';
import { sessionEnded, sessionWithoutUser } from '../domain/identity.errors';
import { PERMISSIONS } from '../domain/permissions';

export interface Profile {
  id: string;
  email: string;
  name: string;
  emailVerified: boolean;
  /** BCP 47. */
  locale: string | null;
  /** IANA name. */
  timeZone: string | null;
  preferences: Record<string, unknown>;
  createdAt: Date;
  roles: string[];
  permissions: string[];
  /** Where the caller's token works. */
  organization: OrganizationFacts | null;
  /** All that the caller may switch to. */
  organizations: (OrganizationFacts & { role: string })[];
}

/** What the caller may do now, from where it is and as it signed in; an operator's rights outside of any tenant as patterns. */
const permissionsNow = (principal: Principal): string[] =>
  principal.tenantId === null
    ? [...principal.policy.always].sort()
    : Object.keys(PERMISSIONS).filter((permission) => hasPermission(principal, permission));

/** The caller: who it is, where it works and what it may do there. */
export class ProfileQuery extends Query<Profile> {}

@QueryHandler(ProfileQuery)
export class ProfileHandler implements IQueryHandler<ProfileQuery> {
  constructor(
    private readonly database: Database,
    private readonly queries: QueryBus,
  ) {}

  async execute(): Promise<Profile> {
    const { principal } = currentContext();
    const { userId, tenantId, roles } = principal;
    if (!userId) throw sessionWithoutUser();
    const [rows, memberships] = await Promise.all([
      this.database.readPlatform<Omit<Profile, 'roles' | 'permissions' | 'organization' | 'organizations'>>(
        `select id, email, name, email_verified_at is not null as "emailVerified", locale,
           time_zone as "timeZone", preferences, created_at as "createdAt"
         from identity.users where id = $1`,
        [userId],
      ),
      this.queries.execute(new MembershipsOfUserQuery(userId)),
    ]);
    if (!rows[0]) throw sessionEnded();
    const organizations = memberships.map(({ organization, role }) => ({ ...organization, role }));
    const current = memberships.find(({ organization }) => organization.id === tenantId);
    return {
      ...rows[0],
      roles,
      permissions: permissionsNow(principal),
      organization: current?.organization ?? null,
      organizations,
    };
  }
}
