import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Database } from '../../../kernel/database/database';
import { AllocationsOfQuery, type AllocationsOfReference } from '../contracts/allocations-of';

interface Row {
  reference: string;
  sku: string;
  /** Null: pieces that are waited for. */
  lotNumber: string | null;
  quantity: number;
  promisedAt: Date | null;
}

@QueryHandler(AllocationsOfQuery)
export class AllocationsOfHandler implements IQueryHandler<AllocationsOfQuery> {
  constructor(private readonly database: Database) {}

  async execute({ request }: AllocationsOfQuery): Promise<AllocationsOfReference[]> {
    const rows = await this.database.read<Row>(
      `select reference, sku, "lotNumber", quantity, "promisedAt" from (
       select r.reference_id as reference, t.sku, t.number as "lotNumber",
         sum(a.shipped + case when r.state in ('active', 'committed') and x.taken_over_at is null then a.quantity else 0 end)::bigint as quantity,
         null::timestamptz as "promisedAt", min(t.remove_at) as day
       from inventory.inventory_reservations r
         join inventory.reservation_allocations a on a.tenant_id = r.tenant_id and a.reservation_id = r.id
         join inventory.reservation_lines x on x.tenant_id = a.tenant_id and x.id = a.line_id
         join inventory.stock_lots t on t.tenant_id = a.tenant_id and t.id = a.lot_id
       where r.tenant_id = kernel.tenant_id() and r.reference_id = any($1::uuid[]) and t.number is not null
       group by r.reference_id, t.sku, t.number
       having sum(a.shipped + case when r.state in ('active', 'committed') and x.taken_over_at is null then a.quantity else 0 end) > 0
       union all
       select r.reference_id, x.sku, null, sum(x.backordered)::bigint, max(x.promised_at), null
       from inventory.inventory_reservations r
         join inventory.reservation_lines x on x.tenant_id = r.tenant_id and x.reservation_id = r.id
       where r.tenant_id = kernel.tenant_id() and r.reference_id = any($1::uuid[]) and r.state in ('active', 'committed')
         and x.backordered > 0 and x.taken_over_at is null
       group by r.reference_id, x.sku
       ) found order by reference, sku, day nulls last, "lotNumber"`,
      [request.references],
    );
    const found = new Map<string, AllocationsOfReference>();
    for (const { reference, lotNumber, promisedAt, ...line } of rows) {
      const entry = found.get(reference) ?? { reference, lines: [], waiting: [] };
      if (lotNumber === null) entry.waiting.push({ ...line, promisedAt: promisedAt?.toISOString() ?? null });
      else entry.lines.push({ ...line, lotNumber });
      found.set(reference, entry);
    }
    return [...found.values()];
  }
}
