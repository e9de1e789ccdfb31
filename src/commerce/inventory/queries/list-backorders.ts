import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Database } from '../../../kernel/database/database';
import { keyset, type ListQuery, type Page } from '../../../kernel/http/pagination';

export interface BackorderRow {
  sku: string;
  mostBackordered: number | null;
  promisedAt: string | null;
  backordered: number;
  incoming: number;
}

/** A page of articles that have terms of backorders, or are waited for. */
export class ListBackordersQuery extends Query<Page<BackorderRow>> {
  constructor(readonly list: ListQuery & { sku?: string[] }) {
    super();
  }
}

const ROWS = keyset({
  id: 'b.id',
  sorts: { sku: { sql: 'b.sku', type: 'text' } },
  defaultSort: 'sku',
  filters: { sku: { sql: 'b.sku', type: 'text' } },
});

@QueryHandler(ListBackordersQuery)
export class ListBackordersHandler implements IQueryHandler<ListBackordersQuery> {
  constructor(private readonly database: Database) {}

  execute({ list }: ListBackordersQuery): Promise<Page<BackorderRow>> {
    return ROWS.run<Omit<BackorderRow, 'promisedAt'> & { promisedAt: Date | null }, BackorderRow>(this.database, list, {
      select: `b.sku, b.most as "mostBackordered", b.promised_at as "promisedAt", b.backordered, b.incoming`,
      from: `(select coalesce(t.sku, l.sku) as sku, coalesce(t.id, l.id) as id, t.most, t.promised_at, coalesce(l.backordered, 0) as backordered,
          coalesce(l.incoming, 0) as incoming
        from (select * from inventory.backorder_terms where tenant_id = kernel.tenant_id()) t
        full join (select sku, (array_agg(id order by id))[1] as id, sum(backordered)::bigint as backordered, sum(incoming)::bigint as incoming
          from inventory.stock_levels where tenant_id = kernel.tenant_id() group by sku) l on l.sku = t.sku
        where t.id is not null or l.backordered > 0) b`,
      where: 'true',
      map: ({ sku, mostBackordered, promisedAt, backordered, incoming }) => ({
        sku,
        mostBackordered,
        promisedAt: promisedAt?.toISOString() ?? null,
        backordered,
        incoming,
      }),
    });
  }
}
