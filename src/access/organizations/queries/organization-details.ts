import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Database } from '../../../kernel/database/database';
import { TimeZoneQuery } from '../contracts/time-zone';
import type { OrganizationStatus } from '../domain/organization';
import { organizationNotFound } from '../domain/organizations.errors';
import type { Plan } from '../domain/plan.policy';
import type { OrganizationSettings } from '../domain/settings.policy';

export interface OrganizationDetails {
  id: string;
  slug: string;
  name: string;
  status: OrganizationStatus;
  plan: Plan;
  settings: OrganizationSettings;
  createdAt: Date;
  /** When it ends, where its owner asked for that. */
  deletesAt: Date | null;
}

/** The organization of the context. */
export class OrganizationDetailsQuery extends Query<OrganizationDetails> {}

@QueryHandler(OrganizationDetailsQuery)
export class OrganizationDetailsHandler implements IQueryHandler<OrganizationDetailsQuery> {
  constructor(private readonly database: Database) {}

  async execute(): Promise<OrganizationDetails> {
    const rows = await this.database.read<OrganizationDetails>(
      `select id, slug, name, status, plan, settings, created_at as "createdAt", deletes_at as "deletesAt"
       from organizations.tenants where tenant_id = kernel.tenant_id() and id = kernel.tenant_id()`,
    );
    if (!rows[0]) throw organizationNotFound();
    return rows[0];
  }
}

@QueryHandler(TimeZoneQuery)
export class TimeZoneHandler implements IQueryHandler<TimeZoneQuery> {
  constructor(private readonly database: Database) {}

  async execute({ tenantId }: TimeZoneQuery): Promise<string> {
    const [row] = await this.database.readAs<{ timeZone: string | null }>(
      tenantId,
      `select settings->>'timeZone' as "timeZone" from organizations.tenants where tenant_id = $1 and id = $1`,
      [tenantId],
    );
    return row?.timeZone ?? 'UTC';
  }
}
