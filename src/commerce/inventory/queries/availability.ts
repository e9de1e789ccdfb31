import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Database } from '../../../kernel/database/database';
import { AvailabilityQuery, type Availability } from '../contracts/availability';

@QueryHandler(AvailabilityQuery)
export class AvailabilityHandler implements IQueryHandler<AvailabilityQuery> {
  constructor(private readonly database: Database) {}

  execute({ request }: AvailabilityQuery): Promise<Availability[]> {
    return this.database.read<Availability>(
      `select l.sku, sum(l.on_hand)::bigint as "onHand", sum(l.reserved)::bigint as reserved,
         (sum(l.on_hand - l.unavailable - l.reserved) - coalesce((select sum(t.on_hand - t.unavailable - t.reserved) from inventory.stock_lots t
           where t.tenant_id = kernel.tenant_id() and t.sku = l.sku and t.remove_at <= kernel.now()), 0))::bigint as available
       from inventory.stock_levels l where l.tenant_id = kernel.tenant_id() and l.sku = any($1::text[]) group by l.sku order by l.sku`,
      [request.skus],
    );
  }
}
