import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Clock } from '../../../kernel/clock/clock';
import { Database } from '../../../kernel/database/database';
import { keyset, type KeysetList, type ListQuery, type Page } from '../../../kernel/http/pagination';
import { fold } from '../../../kernel/text/fold';
import type { TravelSource } from '../contracts/travel-times';
import { coverOf, distanceSql } from '../domain/nearby';
import { openAtSql } from '../domain/opening-hours';
import { OWN_COLUMNS, placeView, TOLD_COLUMNS, type PlaceDetails, type PlaceRow } from './place-view';

/** What is asked of places nearby; the edge has validated it. */
export interface NearbyPlacesRequest extends ListQuery {
  lat: number;
  lng: number;
  /** Metres. */
  radius: number;
  kind?: string[];
  /** Open now. */
  openNow?: boolean;
  /** Open at this instant, RFC 3339. */
  openAt?: string;
  /** Stars on average, at least. */
  minRating?: number;
  /** Sells this product. */
  product?: string;
  /** At most so many minor units for one unit of it. */
  maxPrice?: number;
  currency?: string;
  /** Something of this is told to be free. */
  available?: string;
  /** Has all of these. */
  services?: string[];
  /** All of these words are in name, address or external id. */
  q?: string;
}

export type NearbyPlace = PlaceDetails & {
  /** Metres on the sphere. */
  distance: number;
  /** Where it is sorted by driving time; nulls where no way leads there. */
  driving: { seconds: number | null; metres: number | null; source: TravelSource } | null;
};

export class NearbyPlacesQuery extends Query<Page<NearbyPlace>> {
  constructor(
    readonly request: NearbyPlacesRequest,
    /** Places that are not listed are left out. */
    readonly listedAlone: boolean,
  ) {
    super();
  }
}

const MOST_WORDS = 8;

const NEARBY = keyset({
  id: 'p.id',
  sorts: { distance: { sql: 'p.distance', type: 'bigint' } },
  defaultSort: 'distance',
  filters: {
    kind: { sql: 'p.kind', type: 'text' },
    minRating: (least: number, place) =>
      `p.rating_count > 0 and p.rating_sum >= ${place(least, 'numeric')} * p.rating_count`,
    services: (services: string[], place) => `p.services @> ${place(services, 'text[]')}`,
    q: (words: string, place) =>
      fold(words)
        .split(' ')
        .slice(0, MOST_WORDS)
        .map((word) => `strpos(p.search_text, ${place(word, 'text')}) > 0`)
        .join(' and '),
    available: (
      resource: string,
      place,
    ) => `exists (select from location.place_availability t where t.tenant_id = kernel.tenant_id() and t.withdrawn_at is null
      and t.place_id = p.id and t.resource = ${place(resource, 'text')} and t.free > 0 and t.expires_at > kernel.now())`,
    openAt: (at: string, place) => openAtSql('p.hours', place(at, 'timestamptz')),
    openNow: (now: boolean) => (now ? openAtSql('p.hours', 'kernel.now()') : 'true'),
    price: (wish: { product: string; most?: number; currency?: string }, place) =>
      `exists (select from location.place_prices t where t.tenant_id = kernel.tenant_id() and t.withdrawn_at is null and t.place_id = p.id and t.product = ${place(wish.product, 'text')}${
        wish.currency === undefined ? '' : ` and t.currency = ${place(wish.currency, 'text')}`
      }${wish.most === undefined ? '' : ` and t.amount <= ${place(wish.most, 'numeric')} * t.quantity`})`,
  },
});

export type NearbyRow = PlaceRow & { distance: string };

/** Rows `p` of one ring, each with its distance once computed (the fence of `offset 0`). `$1` to `$6` are the cover. */
const ofRing = (number: string, where: string): string => `(
    select p.*, ${distanceSql('p', '$7::float8', '$8::float8')} as distance
    from unnest($1::int[], $2::int[], $3::float8[], $4::float8[]) as b(ring, band, west, east)
    join location.places p on p.tenant_id = kernel.tenant_id() and p.band = b.band and p.lng between b.west and b.east
    where b.ring = ${number} and (p.listed or not $9::boolean) offset 0
  ) p where p.distance > ($5::bigint[])[${number}] and p.distance <= ($6::bigint[])[${number}]${where}`;

/**
 * Rings around the point are read from the nearest outwards, each by the B-tree over bands of latitude (ADR 60): a step
 * of the recursion is a ring, and it ends with the ring that fills the page.
 */
const statement = ({ where, keys, orderBy, limit }: KeysetList, columns: string): string => {
  const most = limit.replace('limit ', '');
  return `with recursive rings as (
    select 0 as number, 0 as total, '{}'::uuid[] as ids, '{}'::bigint[] as distances
    union all
    select r.number + 1, r.total + found.count, found.ids, found.distances
    from rings r cross join lateral (
      select count(*)::int as count, array_agg(p.id) as ids, array_agg(p.distance) as distances
      from (select p.id, p.distance from ${ofRing('r.number + 1', where)} ${orderBy} ${limit}) p
    ) found where r.number < cardinality($5::bigint[]) and r.total < ${most}
  )
  select ${columns}, ${keys} from (
    select p.*, f.distance from rings r cross join lateral unnest(r.ids, r.distances) as f(id, distance)
    join location.places p on p.tenant_id = kernel.tenant_id() and p.id = f.id
    order by f.distance, f.id ${limit}
  ) p ${orderBy}`;
};

/** The request as what a cursor is bound to: where the search is and how far it goes count as filters do. */
export function asked({ lat, lng, radius, product, maxPrice, currency, ...rest }: NearbyPlacesRequest): ListQuery {
  const price = product === undefined ? undefined : { product, most: maxPrice, currency };
  return Object.assign(rest, { price, around: [lat, lng, radius] }) as ListQuery;
}

/** The statement that reads columns of rows `p`, the nearest first. */
export function nearest(
  request: NearbyPlacesRequest,
  listedAlone: boolean,
  columns: string,
): { text: string; params: unknown[]; list: KeysetList } {
  const { lat, lng, radius } = request;
  const { ring, band, west, east, inner, outer } = coverOf(lat, lng, radius);
  const list = NEARBY.list(asked(request), [ring, band, west, east, inner, outer, lat, lng, listedAlone]);
  return { text: statement(list, columns), params: list.params, list };
}

/** Instant of which `open` is told. */
export const atOf = ({ openAt }: NearbyPlacesRequest, now: number): number => (openAt ? Date.parse(openAt) : now);

export const nearbyView =
  (at: number, now: number) =>
  (row: NearbyRow): NearbyPlace => ({
    ...placeView(row, at, now),
    distance: Math.round(Number(row.distance) / 100) / 10,
    driving: null,
  });

@QueryHandler(NearbyPlacesQuery)
export class NearbyPlacesHandler implements IQueryHandler<NearbyPlacesQuery> {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  async execute({ request, listedAlone }: NearbyPlacesQuery): Promise<Page<NearbyPlace>> {
    const { text, params, list } = nearest(request, listedAlone, `${OWN_COLUMNS}, p.distance, ${TOLD_COLUMNS}`);
    const rows = this.database.read<NearbyRow>(text, params);
    const now = this.clock.nowMs();
    const map = nearbyView(atOf(request, now), now);
    if (request.count !== 'exact') return list.page(await rows, map);
    const counted = this.database.read<{ total: number }>(
      `select count(*)::int as total from generate_series(1, cardinality($5::bigint[])) as n
       cross join lateral (select p.id from ${ofRing('n', list.filtered.where)}) p`,
      list.filtered.params,
    );
    const [page, [{ total }]] = await Promise.all([rows, counted]);
    return list.page(page, map, total);
  }
}
