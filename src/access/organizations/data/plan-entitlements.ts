import { Injectable } from '@nestjs/common';
import { AuthVersions } from '../../../kernel/auth/versions';
import { Cache } from '../../../kernel/cache/cache';
import { Database } from '../../../kernel/database/database';
import { Entitlements, ResourceLimits, type Entitlement, type Limits } from '../../../kernel/limits/resource-limits';
import { limitsOf, SHOPPER_ROLES, type Plan } from '../domain/plan.policy';

const PLAN = `select plan, limits from organizations.tenants where tenant_id = $1 and id = $1`;
const SHOPPERS = SHOPPER_ROLES.map((role) => `'${role}'`).join(', ');

/** What organizations are entitled to, by their plan; a change of plan is told to every process. */
@Injectable()
export class PlanEntitlements extends Entitlements {
  private readonly cache = new Cache<Entitlement>({ name: 'organizations.plans', max: 10_000, ttlMs: 5_000 });

  constructor(
    private readonly database: Database,
    versions: AuthVersions,
    resources: ResourceLimits,
  ) {
    super();
    versions.onChange((id) => this.cache.delete(id));
    resources.bind(this);
    resources.register({
      name: 'members',
      count: `select ((select count(*) from organizations.members where tenant_id = $1 and role not in (${SHOPPERS}))
        + (select count(*) from organizations.invitations where tenant_id = $1 and state = 'pending'
             and expires_at > kernel.now() and role not in (${SHOPPERS}) and created_at >= $2))::int as used`,
    });
    resources.register({
      name: 'teams',
      count: 'select count(*)::int as used from organizations.teams where tenant_id = $1 and created_at >= $2',
    });
    resources.register({
      name: 'customDomains',
      count: 'select count(*)::int as used from organizations.domains where tenant_id = $1 and created_at >= $2',
    });
  }

  async of(tenantId: string, fresh = false): Promise<Entitlement> {
    if (!fresh) return this.cache.getOrLoad(tenantId, () => this.load(tenantId));
    return this.load(tenantId);
  }

  private async load(tenantId: string): Promise<Entitlement> {
    const rows = await this.database.readAs<{ plan: Plan; limits: Limits }>(tenantId, PLAN, [tenantId]);
    // Work of the platform itself belongs to no organization and is not limited.
    if (!rows[0]) return { plan: 'enterprise', limits: {} };
    return { plan: rows[0].plan, limits: limitsOf(rows[0].plan, rows[0].limits) };
  }
}
