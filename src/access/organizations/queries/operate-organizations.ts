import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { currentContext } from '../../../kernel/context/request-context';
import { Database } from '../../../kernel/database/database';
import { keyset, type ListQuery, type Page } from '../../../kernel/http/pagination';
import { ResourceLimits, type Limits } from '../../../kernel/limits/resource-limits';
import { organizationNotFound } from '../domain/organizations.errors';
import type { OrganizationStatus } from '../domain/organization';
import { limitsOf, RESOURCES, type Plan } from '../domain/plan.policy';

/** An organization as operators see it: how it stands, nothing of what is in it. */
export interface OrganizationSummary {
  id: string;
  slug: string;
  name: string;
  status: OrganizationStatus;
  plan: Plan;
  members: number;
  createdAt: Date;
  suspendedAt: Date | null;
  deletesAt: Date | null;
}

const ORGANIZATIONS = keyset({
  id: 't.id',
  sorts: {
    createdAt: { sql: 't.created_at', type: 'timestamptz' },
    slug: { sql: 't.slug', type: 'text' },
    members: { sql: 't.members', type: 'int' },
  },
  defaultSort: '-createdAt',
  filters: { status: { sql: 't.status', type: 'text' }, plan: { sql: 't.plan', type: 'text' } },
});

/** All organizations of the installation, for operators. */
export class ListOrganizationsQuery extends Query<Page<OrganizationSummary>> {
  constructor(readonly list: ListQuery & { q?: string; status?: OrganizationStatus[]; plan?: Plan[] }) {
    super();
  }
}

@QueryHandler(ListOrganizationsQuery)
export class ListOrganizationsHandler implements IQueryHandler<ListOrganizationsQuery> {
  constructor(private readonly database: Database) {}

  async execute({ list }: ListOrganizationsQuery): Promise<Page<OrganizationSummary>> {
    const page = ORGANIZATIONS.list(list, [(list.q ?? '').trim().toLowerCase()]);
    const from = 'organizations.overview($1) t';
    const rows = this.database.readPlatform<OrganizationSummary>(
      `select t.id, t.slug, t.name, t.status, t.plan, t.members, t.created_at as "createdAt",
         t.suspended_at as "suspendedAt", t.deletes_at as "deletesAt", ${page.keys}
       from ${from} where true${page.where} ${page.orderBy} ${page.limit}`,
      page.params,
    );
    if (list.count !== 'exact') return page.page(await rows, summaryOf);
    const counted = this.database.readPlatform<{ total: number }>(
      `select count(*)::int as total from ${from} where true${page.filtered.where}`,
      page.filtered.params,
    );
    const [found, [{ total }]] = await Promise.all([rows, counted]);
    return page.page(found, summaryOf, total);
  }
}

const summaryOf = (row: OrganizationSummary): OrganizationSummary => ({
  id: row.id,
  slug: row.slug,
  name: row.name,
  status: row.status,
  plan: row.plan,
  members: row.members,
  createdAt: row.createdAt,
  suspendedAt: row.suspendedAt,
  deletesAt: row.deletesAt,
});

/** One organization as operators see it. @throws AppError not-found */
export class OrganizationSummaryQuery extends Query<OrganizationSummary & { suspensionReason: string | null }> {
  constructor(readonly organizationId: string) {
    super();
  }
}

@QueryHandler(OrganizationSummaryQuery)
export class OrganizationSummaryHandler implements IQueryHandler<OrganizationSummaryQuery> {
  constructor(private readonly database: Database) {}

  async execute({
    organizationId,
  }: OrganizationSummaryQuery): Promise<OrganizationSummary & { suspensionReason: string | null }> {
    const rows = await this.database.readAs<OrganizationSummary & { suspensionReason: string | null }>(
      organizationId,
      `select id, slug, name, status, plan, created_at as "createdAt", suspended_at as "suspendedAt",
         deletes_at as "deletesAt", suspension_reason as "suspensionReason",
         (select count(*)::int from organizations.members where tenant_id = $1) as members
       from organizations.tenants where tenant_id = $1 and id = $1`,
      [organizationId],
    );
    if (!rows[0]) throw organizationNotFound();
    return rows[0];
  }
}

export interface UsageRow {
  resource: string;
  description: string;
  used: number;
  /** Null: as much as it likes. */
  limit: number | null;
  remaining: number | null;
  /** Counted anew with each month (UTC). */
  monthly: boolean;
}

/** What an organization has of each counted resource, and what its plan allows. Default: the context's. */
export class UsageQuery extends Query<{ plan: Plan; data: UsageRow[] }> {
  constructor(readonly organizationId?: string) {
    super();
  }
}

@QueryHandler(UsageQuery)
export class UsageHandler implements IQueryHandler<UsageQuery> {
  constructor(
    private readonly database: Database,
    private readonly resources: ResourceLimits,
  ) {}

  async execute({ organizationId }: UsageQuery): Promise<{ plan: Plan; data: UsageRow[] }> {
    const tenantId = organizationId ?? currentContext().tenantId!;
    const [row] = await this.database.readAs<{ plan: Plan; limits: Limits }>(
      tenantId,
      'select plan, limits from organizations.tenants where tenant_id = $1 and id = $1',
      [tenantId],
    );
    if (!row) throw organizationNotFound();
    const limits = limitsOf(row.plan, row.limits);
    const usage = await this.resources.usage(tenantId);
    const data = Object.entries(RESOURCES).flatMap(([resource, description]) => {
      const counted = usage.get(resource);
      if (!counted) return [];
      const limit = limits[resource] ?? null;
      const remaining = limit === null ? null : Math.max(0, limit - counted.used);
      return [{ resource, description, used: counted.used, limit, remaining, monthly: counted.monthly }];
    });
    return { plan: row.plan, data };
  }
}
