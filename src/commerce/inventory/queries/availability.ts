import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Database } from '../../../kernel/database/database';
import { AvailabilityQuery, type Availability } from '../contracts/availability';

@QueryHandler(AvailabilityQuery)
export class AvailabilityHandler implements IQueryHandler<AvailabilityQuery> {
  constructor(private readonly database: Database) {}

  execute({ request }: AvailabilityQuery): Promise<Availability[]> {
    return this.database.read<Availability>(
      `select sku, sum(on_hand)::bigint as "onHand", sum(reserved)::bigint as reserved,
         sum(on_hand - unavailable - reserved)::bigint as available
       from inventory.stock_levels where tenant_id = kernel.tenant_id() and sku = any($1::text[]) group by sku order by sku`,
      [request.skus],
    );
  }
}
