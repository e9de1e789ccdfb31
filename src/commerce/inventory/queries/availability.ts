import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Database } from '../../../kernel/database/database';
import { AvailabilityQuery, type Availability } from '../contracts/availability';

@QueryHandler(AvailabilityQuery)
export class AvailabilityHandler implements IQueryHandler<AvailabilityQuery> {
  constructor(private readonly database: Database) {}

  async execute({ request }: AvailabilityQuery): Promise<Availability[]> {
    const rows = await this.database.read<Omit<Availability, 'promisedAt'> & { promisedAt: Date | null }>(
      `select l.sku, sum(l.on_hand)::bigint as "onHand", sum(l.reserved)::bigint as reserved,
         (sum(l.on_hand - l.unavailable - l.reserved) - coalesce((select sum(t.on_hand - t.unavailable - t.reserved) from inventory.stock_lots t
           where t.tenant_id = kernel.tenant_id() and t.sku = l.sku and t.remove_at <= kernel.now()), 0))::bigint as available,
         sum(l.backordered)::bigint as backordered, max(b.most) as "mostBackordered", max(b.promised_at) as "promisedAt"
       from inventory.stock_levels l left join inventory.backorder_terms b on b.tenant_id = l.tenant_id and b.sku = l.sku
       where l.tenant_id = kernel.tenant_id() and l.sku = any($1::text[]) group by l.sku order by l.sku`,
      [request.skus],
    );
    return rows.map((row) => ({ ...row, promisedAt: row.promisedAt?.toISOString() ?? null }));
  }
}
