import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Clock } from '../../../kernel/clock/clock';
import { Database } from '../../../kernel/database/database';
import { keyset, type ListQuery, type Page } from '../../../kernel/http/pagination';
import { multiply, type Money } from '../../../kernel/money/money';
import { DEFAULT_PURCHASING } from '../domain/purchasing-settings';

/** What should be ordered for one place. */
export interface ReplenishmentRow {
  sku: string;
  locationId: string;
  available: number;
  incoming: number;
  reorderLevel: number;
  /** Pieces that left a day, over the days that the shop's settings name. */
  demandPerDay: number;
  /** Days until goods arrive; 0 where nobody sells them. */
  leadDays: number;
  /** Pieces, in the minimum and packs of the supplier. */
  suggestedQuantity: number;
  supplier: { id: string; name: string; supplierSku: string | null } | null;
  unitCost: Money | null;
  cost: Money | null;
}

/**
 * What to order: articles of which what is available and incoming together is at the reorder level or below. Suggested is
 * what brings them to the reorder level and the demand until goods arrive, with the days of safety:
 * `reorderLevel + ceil(demandPerDay × (leadDays + safetyDays)) − available − incoming`.
 */
export class ReplenishmentQuery extends Query<Page<ReplenishmentRow>> {
  constructor(readonly list: ListQuery) {
    super();
  }
}

const MINE = 'tenant_id = kernel.tenant_id()';
/** $1 begin of the days over which demand is averaged, $2 how many these are by default, $3 default days of safety, $4 now. */
const SUGGESTIONS = `(select n.*, case when n.need > 0 then ceil(greatest(n.need, n.min_quantity)::numeric / n.pack_size)::bigint * n.pack_size else 0 end as suggested
  from (select l.id, l.sku, l.location_id, l.available, l.incoming, l.reorder_level, l.rate, coalesce(i.lead_days, 0) as lead_days,
      l.reorder_level + ceil(l.rate * (coalesce(i.lead_days, 0) + l.safety_days))::bigint - l.available - l.incoming as need,
      coalesce(i.min_quantity, 1) as min_quantity, coalesce(i.pack_size, 1) as pack_size, i.supplier_id, i.supplier_name, i.supplier_sku,
      i.unit_cost, i.currency
    from (select l.id, l.sku, l.location_id, l.incoming, coalesce(l.reorder_level, a.reorder_level, 0) as reorder_level, coalesce(c.safety_days, $3::int) as safety_days,
        l.on_hand - l.unavailable - l.reserved - coalesce(e.expired, 0) as available,
        greatest(coalesce(m.shipped, 0), 0)::numeric / coalesce(c.demand_days, $2::int) as rate
      from inventory.stock_levels l
      join inventory.locations p on p.tenant_id = l.tenant_id and p.id = l.location_id and p.active
      left join inventory.purchasing_settings c on c.tenant_id = l.tenant_id
      left join inventory.alert_settings a on a.tenant_id = l.tenant_id
      left join (select level_id, sum(on_hand - unavailable - reserved)::bigint as expired from inventory.stock_lots
        where ${MINE} and remove_at <= $4 group by level_id) e on e.level_id = l.id
      left join (select level_id, -sum(quantity)::bigint as shipped from inventory.stock_movements v
        left join inventory.purchasing_settings d on d.tenant_id = v.tenant_id
        where v.${MINE} and v.kind in ('shipment', 'return') and v.at >= coalesce($4::timestamptz - make_interval(days => d.demand_days), $1)
        group by level_id) m on m.level_id = l.id
      where l.${MINE}) l
    left join lateral (select coalesce(i.lead_days, s.lead_days) as lead_days, i.min_quantity, i.pack_size, s.id as supplier_id,
        s.name as supplier_name, i.supplier_sku, i.unit_cost, s.currency
      from inventory.supplier_items i join inventory.suppliers s on s.tenant_id = i.tenant_id and s.id = i.supplier_id
      where i.${MINE} and i.sku = l.sku and s.active
      order by i.preferred desc, coalesce(i.lead_days, s.lead_days), i.id limit 1) i on true
    where l.available + l.incoming <= l.reorder_level) n) r`;

const ROWS = keyset({
  id: 'r.id',
  sorts: { sku: { sql: 'r.sku', type: 'text' } },
  defaultSort: 'sku',
  filters: {
    sku: { sql: 'r.sku', type: 'text' },
    locationId: { sql: 'r.location_id', type: 'uuid' },
    supplierId: { sql: 'r.supplier_id', type: 'uuid' },
  },
});

interface Row extends Omit<ReplenishmentRow, 'supplier' | 'unitCost' | 'cost'> {
  supplierId: string | null;
  supplierName: string | null;
  supplierSku: string | null;
  unitCost: number | null;
  currency: string | null;
}

@QueryHandler(ReplenishmentQuery)
export class ReplenishmentHandler implements IQueryHandler<ReplenishmentQuery> {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  execute({ list }: ReplenishmentQuery): Promise<Page<ReplenishmentRow>> {
    const { demandDays, safetyDays } = DEFAULT_PURCHASING;
    const now = this.clock.now();
    return ROWS.run<Row, ReplenishmentRow>(this.database, list, {
      select: `r.sku, r.location_id as "locationId", r.available, r.incoming, r.reorder_level as "reorderLevel",
        round(r.rate, 4)::float8 as "demandPerDay", r.lead_days as "leadDays", r.suggested as "suggestedQuantity",
        r.supplier_id as "supplierId", r.supplier_name as "supplierName", r.supplier_sku as "supplierSku", r.unit_cost as "unitCost", r.currency`,
      from: SUGGESTIONS,
      where: 'r.suggested > 0',
      params: [new Date(now.getTime() - demandDays * 86_400_000), demandDays, safetyDays, now],
      map: ({ supplierId, supplierName, supplierSku, unitCost, currency, ...row }) => {
        const cost = unitCost === null ? null : { amount: unitCost, currency: currency! };
        return {
          sku: row.sku,
          locationId: row.locationId,
          available: row.available,
          incoming: row.incoming,
          reorderLevel: row.reorderLevel,
          demandPerDay: row.demandPerDay,
          leadDays: row.leadDays,
          suggestedQuantity: row.suggestedQuantity,
          supplier: supplierId === null ? null : { id: supplierId, name: supplierName!, supplierSku },
          unitCost: cost,
          cost: cost && multiply(cost, row.suggestedQuantity),
        };
      },
    });
  }
}
