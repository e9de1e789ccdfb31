import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Database } from '../../../kernel/database/database';
import { keyset, type ListQuery, type Page } from '../../../kernel/http/pagination';

export interface StockLevel {
  sku: string;
  onHand: number;
  reserved: number;
  unavailable: number;
  incoming: number;
  available: number;
  reorderLevel: number;
}

/** A page of stock levels, summed over locations. */
export class ListLevelsQuery extends Query<Page<StockLevel>> {
  constructor(readonly list: ListQuery & { sku?: string[] }) {
    super();
  }
}

/**
 * Levels of a SKU at one location after another: the first of its rows stands for it, so that pages can be keyed. Lots
 * past their day count as unavailable from that moment on.
 */
const SUMMED = `(select sku, (array_agg(id order by id))[1] as id, sum(on_hand)::bigint as on_hand, sum(reserved)::bigint as reserved,
    (sum(unavailable) + coalesce((select sum(t.on_hand - t.unavailable - t.reserved) from inventory.stock_lots t
      where t.tenant_id = kernel.tenant_id() and t.sku = l.sku and t.remove_at <= kernel.now()), 0))::bigint as unavailable, sum(incoming)::bigint as incoming, sum(coalesce(reorder_level, (select d.reorder_level from inventory.alert_settings d where d.tenant_id = kernel.tenant_id()), 0))::bigint as reorder_level
  from inventory.stock_levels l where tenant_id = kernel.tenant_id() group by sku) s`;

const LEVELS = keyset({
  id: 's.id',
  sorts: {
    sku: { sql: 's.sku', type: 'text' },
    available: { sql: '(s.on_hand - s.unavailable - s.reserved)', type: 'bigint' },
  },
  defaultSort: 'sku',
  filters: { sku: { sql: 's.sku', type: 'text' } },
});

@QueryHandler(ListLevelsQuery)
export class ListLevelsHandler implements IQueryHandler<ListLevelsQuery> {
  constructor(private readonly database: Database) {}

  execute({ list }: ListLevelsQuery): Promise<Page<StockLevel>> {
    return LEVELS.run<StockLevel, StockLevel>(this.database, list, {
      select: `s.sku, s.on_hand as "onHand", s.reserved, s.unavailable, s.incoming,
        s.on_hand - s.unavailable - s.reserved as available, s.reorder_level as "reorderLevel"`,
      from: SUMMED,
      where: 'true',
      map: ({ sku, onHand, reserved, unavailable, incoming, available, reorderLevel }) => ({
        sku,
        onHand,
        reserved,
        unavailable,
        incoming,
        available,
        reorderLevel,
      }),
    });
  }
}
