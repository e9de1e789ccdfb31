import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Database } from '../../../kernel/database/database';
import { keyset, type ListQuery, type Page } from '../../../kernel/http/pagination';
import type { UnavailableState } from '../domain/stock-state';

/**
 * What became of the pieces on hand: onHand + backordered = available + reserved + expired + all that is apart. Incoming
 * pieces stay outside.
 */
export interface AvailableHere {
  onHand: number;
  /** Can be promised: neither promised, nor apart, nor past its day. Below zero: so many more are waited for. */
  available: number;
  /** Promised to carts and orders, with what they wait for. */
  reserved: number;
  /** The part of `reserved` that is not here yet. */
  backordered: number;
  /** Neither promised nor apart, and past its day. */
  expired: number;
  apart: Record<UnavailableState, number>;
  /** On its way here. */
  incoming: number;
}

export interface IncomingGoods {
  quantity: number;
  source: 'purchase_order' | 'transfer' | 'announced';
  /** The purchase order or transfer; null for what an import announced. */
  documentId: string | null;
  /** Null where nobody said. */
  expectedAt: string | null;
}

export interface AvailabilityRow extends AvailableHere {
  sku: string;
  /** When pieces beyond the stock are promised; null where nobody said. */
  promisedAt: string | null;
  locations: (AvailableHere & {
    locationId: string;
    locationName: string;
    /** First to come first. */
    arrivals: IncomingGoods[];
  })[];
}

/** A page of what of each article can be promised, where, and what is to come when. */
export class ListAvailabilityQuery extends Query<Page<AvailabilityRow>> {
  constructor(readonly list: ListQuery & { sku?: string[] }) {
    super();
  }
}

const APART = (state: UnavailableState): string => `coalesce(a.apart ->> '${state}', '0')::bigint`;
/** What comes to a level `l`: of purchase orders, of transfers, and what imports announced beside these. */
const ARRIVALS = `(select coalesce(json_agg(json_build_object('quantity', c.quantity, 'source', c.source, 'documentId', c.id, 'expectedAt', c.at)
    order by c.at nulls last, c.id), '[]') from (
  select (x.quantity - x.received) as quantity, 'purchase_order' as source, o.id, coalesce(x.expected_at, o.expected_at) as at
  from inventory.purchase_order_lines x join inventory.purchase_orders o on o.tenant_id = x.tenant_id and o.id = x.order_id
  where x.tenant_id = l.tenant_id and x.sku = l.sku and o.location_id = l.location_id and o.status in ('ordered', 'partly_received')
    and x.quantity > x.received
  union all
  select (x.shipped - x.received - x.lost - x.returned), 'transfer', r.id, null
  from inventory.stock_transfers r join inventory.stock_transfer_lines x on x.tenant_id = r.tenant_id and x.transfer_id = r.id
  where r.tenant_id = l.tenant_id and r.state = 'shipped' and r.to_location_id = l.location_id and x.sku = l.sku
    and x.shipped > x.received + x.lost + x.returned
  union all
  select l.incoming - l.expected, 'announced', null, null where l.incoming > l.expected) c)`;
const PLACES = `(select json_agg(json_build_object('locationId', l.location_id, 'locationName', p.name, 'onHand', l.on_hand,
    'available', l.on_hand - l.unavailable - l.reserved - e.expired, 'reserved', l.reserved, 'backordered', l.backordered,
    'expired', e.expired, 'apart', json_build_object('damaged', ${APART('damaged')}, 'quarantine', ${APART('quarantine')},
      'quality_control', ${APART('quality_control')}, 'safety', ${APART('safety')}),
    'incoming', l.incoming, 'arrivals', ${ARRIVALS}) order by p.is_default desc, p.id)
  from inventory.stock_levels l join inventory.locations p on p.tenant_id = l.tenant_id and p.id = l.location_id
    cross join lateral (select coalesce(sum(t.on_hand - t.unavailable - t.reserved), 0)::bigint as expired from inventory.stock_lots t
      where t.tenant_id = l.tenant_id and t.level_id = l.id and t.remove_at <= kernel.now()) e
    cross join lateral (select json_object_agg(u.state, u.quantity) as apart from (
      select s.state, sum(s.quantity)::bigint as quantity from inventory.unavailable_stock s
      where s.tenant_id = l.tenant_id and s.sku = l.sku and s.level_id = l.id and s.quantity > 0 group by s.state) u) a
  where l.tenant_id = kernel.tenant_id() and l.sku = s.sku)`;

const ARTICLES = keyset({
  id: 's.id',
  sorts: { sku: { sql: 's.sku', type: 'text' } },
  defaultSort: 'sku',
  filters: { sku: { sql: 's.sku', type: 'text' } },
});

type Place = AvailabilityRow['locations'][number];

@QueryHandler(ListAvailabilityQuery)
export class ListAvailabilityHandler implements IQueryHandler<ListAvailabilityQuery> {
  constructor(private readonly database: Database) {}

  execute({ list }: ListAvailabilityQuery): Promise<Page<AvailabilityRow>> {
    return ARTICLES.run<{ sku: string; promisedAt: Date | null; places: Place[] }, AvailabilityRow>(
      this.database,
      list,
      {
        select: `s.sku, ${PLACES} as places, (select b.promised_at from inventory.backorder_terms b
        where b.tenant_id = kernel.tenant_id() and b.sku = s.sku) as "promisedAt"`,
        from: `(select sku, (array_agg(id order by id))[1] as id from inventory.stock_levels where tenant_id = kernel.tenant_id() group by sku) s`,
        where: 'true',
        map: ({ sku, promisedAt, places }) => ({
          sku,
          ...total(places),
          promisedAt: promisedAt?.toISOString() ?? null,
          locations: places.map((place) => ({
            ...place,
            arrivals: place.arrivals.map((goods) => ({
              ...goods,
              expectedAt: goods.expectedAt && new Date(goods.expectedAt).toISOString(),
            })),
          })),
        }),
      },
    );
  }
}

/** Of all locations. */
function total(places: readonly Place[]): AvailableHere {
  const sum = (of: (place: Place) => number): number => places.reduce((all, place) => all + of(place), 0);
  return {
    onHand: sum((place) => place.onHand),
    available: sum((place) => place.available),
    reserved: sum((place) => place.reserved),
    backordered: sum((place) => place.backordered),
    expired: sum((place) => place.expired),
    apart: {
      damaged: sum((place) => place.apart.damaged),
      quarantine: sum((place) => place.apart.quarantine),
      quality_control: sum((place) => place.apart.quality_control),
      safety: sum((place) => place.apart.safety),
    },
    incoming: sum((place) => place.incoming),
  };
}
