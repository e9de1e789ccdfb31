import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Database } from '../../../kernel/database/database';
import { isUuid } from '../../../kernel/ids/ids';
import { AllOrganizationsQuery } from '../contracts/all-organizations';
import type { OrganizationFacts } from '../contracts/create-organization';
import { FindOrganizationQuery } from '../contracts/find-organization';
import { MembershipsOfUserQuery, type Membership } from '../contracts/memberships-of-user';
import type { MemberRole } from '../contracts/roles';

@QueryHandler(FindOrganizationQuery)
export class FindOrganizationHandler implements IQueryHandler<FindOrganizationQuery> {
  constructor(private readonly database: Database) {}

  async execute({ by }: FindOrganizationQuery): Promise<OrganizationFacts | null> {
    const id = await this.idOf(by);
    if (!id) return null;
    const rows = await this.database.readAs<OrganizationFacts>(
      id,
      `select id, slug, name from organizations.tenants where tenant_id = $1 and id = $1 and status = 'active'`,
      [id],
    );
    return rows[0] ?? null;
  }

  private async idOf(by: FindOrganizationQuery['by']): Promise<string | undefined> {
    if ('host' in by)
      return this.platformId('select organization_id as id from organizations.hosts where host = $1', by.host);
    const reference = 'id' in by ? by.id : 'slug' in by ? by.slug : by.reference;
    if (!('slug' in by) && isUuid(reference)) return reference;
    return this.platformId('select organization_id as id from organizations.slugs where slug = $1', reference);
  }

  private async platformId(text: string, name: string): Promise<string | undefined> {
    const rows = await this.database.readPlatform<{ id: string }>(text, [name.toLowerCase()]);
    return rows[0]?.id;
  }
}

@QueryHandler(AllOrganizationsQuery)
export class AllOrganizationsHandler implements IQueryHandler<AllOrganizationsQuery> {
  constructor(private readonly database: Database) {}

  async execute(): Promise<string[]> {
    const rows = await this.database.readPlatform<{ id: string }>(
      'select distinct organization_id as id from organizations.slugs order by 1',
    );
    return rows.map(({ id }) => id);
  }
}

@QueryHandler(MembershipsOfUserQuery)
export class MembershipsOfUserHandler implements IQueryHandler<MembershipsOfUserQuery> {
  constructor(private readonly database: Database) {}

  async execute({ userId }: MembershipsOfUserQuery): Promise<Membership[]> {
    const rows = await this.database.readPlatform<{
      id: string;
      slug: string;
      name: string;
      role: MemberRole;
      at: Date;
    }>(`select organization_id as id, slug, name, role, joined_at as at from organizations.memberships_of($1)`, [
      userId,
    ]);
    return rows.map(({ id, slug, name, role, at }) => ({
      organization: { id, slug, name },
      role,
      joinedAt: at.toISOString(),
    }));
  }
}
