import { Query, QueryBus, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Database } from '../../../kernel/database/database';
import { DEFAULT_RETENTION_MONTHS } from '../domain/retention.policy';
import { SealedTrailsQuery } from '../contracts/verify-trail';

const HAS_OLD = `select exists (select from audit.batches b where b.tenant_id = kernel.tenant_id()
    and b.last_seq > coalesce((select max(r.up_to_seq) from audit.removals r where r.tenant_id = kernel.tenant_id()), 0)
    and b.newest_at < kernel.now() - make_interval(months => coalesce((select s.retention_months from audit.settings s where s.tenant_id = kernel.tenant_id()), $1)))
  or exists (select from audit.seals l where l.tenant_id = kernel.tenant_id()
    and l.seq <= (select max(r.up_to_seq) from audit.removals r where r.tenant_id = kernel.tenant_id())) as old`;

/** Tenants whose trail holds entries older than their retention period. */
export class TrailsToTrimQuery extends Query<string[]> {}

@QueryHandler(TrailsToTrimQuery)
export class TrailsToTrimHandler implements IQueryHandler<TrailsToTrimQuery> {
  constructor(
    private readonly database: Database,
    private readonly queries: QueryBus,
  ) {}

  async execute(): Promise<string[]> {
    const found: string[] = [];
    for (const tenantId of await this.queries.execute(new SealedTrailsQuery())) {
      const [{ old }] = await this.database.readAs<{ old: boolean }>(tenantId, HAS_OLD, [DEFAULT_RETENTION_MONTHS]);
      if (old) found.push(tenantId);
    }
    return found;
  }
}
