import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Database } from '../../../kernel/database/database';
import { keyset, type ListQuery, type Page } from '../../../kernel/http/pagination';

export interface StockLevel {
  sku: string;
  onHand: number;
  reserved: number;
  /** The part of `reserved` that carts hold. */
  inCarts: number;
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

/** Pieces that carts hold; how many carts do is small beside all holds, and a partial index has them. */
const IN_CARTS = `(select x.sku, sum(x.quantity)::bigint as quantity from inventory.inventory_reservations r
    join inventory.reservation_lines x on x.tenant_id = r.tenant_id and x.reservation_id = r.id
  where r.tenant_id = kernel.tenant_id() and r.state = 'active' and r.reference_type = 'cart' and x.taken_over_at is null group by x.sku) c`;

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
      select: `s.sku, s.on_hand as "onHand", s.reserved, coalesce(c.quantity, 0)::bigint as "inCarts", s.unavailable, s.incoming,
        s.on_hand - s.unavailable - s.reserved as available, s.reorder_level as "reorderLevel"`,
      from: `${SUMMED} left join ${IN_CARTS} on c.sku = s.sku`,
      where: 'true',
      map: ({ sku, onHand, reserved, inCarts, unavailable, incoming, available, reorderLevel }) => ({
        sku,
        onHand,
        reserved,
        inCarts,
        unavailable,
        incoming,
        available,
        reorderLevel,
      }),
    });
  }
}
