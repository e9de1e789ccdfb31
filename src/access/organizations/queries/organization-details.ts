import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Database } from '../../../kernel/database/database';
import { organizationNotFound } from '../domain/organizations.errors';

export interface OrganizationDetails {
  id: string;
  slug: string;
  name: string;
  status: 'active' | 'suspended';
  settings: Record<string, unknown>;
  createdAt: Date;
}

/** The organization of the context. */
export class OrganizationDetailsQuery extends Query<OrganizationDetails> {}

@QueryHandler(OrganizationDetailsQuery)
export class OrganizationDetailsHandler implements IQueryHandler<OrganizationDetailsQuery> {
  constructor(private readonly database: Database) {}

  async execute(): Promise<OrganizationDetails> {
    const rows = await this.database.read<OrganizationDetails>(
      `select id, slug, name, status, settings, created_at as "createdAt"
       from organizations.tenants where tenant_id = kernel.tenant_id() and id = kernel.tenant_id()`,
    );
    if (!rows[0]) throw organizationNotFound();
    return rows[0];
  }
}
