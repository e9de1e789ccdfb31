import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Clock } from '../../../kernel/clock/clock';
import { Database } from '../../../kernel/database/database';
import { keyset, type ListQuery, type Page } from '../../../kernel/http/pagination';
import { KINDS, type PlaceKind } from '../domain/place';
import { placeNotFound } from '../domain/places.errors';
import { findPlace, OWN_COLUMNS, placeView, TOLD_COLUMNS, type PlaceDetails, type PlaceRow } from './place-view';

/** A page of places; without those that are not listed where `listedAlone`. */
export class ListPlacesQuery extends Query<Page<PlaceDetails>> {
  constructor(
    readonly list: ListQuery,
    readonly listedAlone: boolean,
  ) {
    super();
  }
}

/** @throws AppError not-found `location.place-not-found` */
export class FindPlaceQuery extends Query<PlaceDetails> {
  constructor(
    readonly placeId: string,
    readonly listedAlone: boolean,
    /** Instant of `open` and `nextChange`, RFC 3339; default now. */
    readonly at?: string,
  ) {
    super();
  }
}

/** Kinds of the product and of the tenant, by key; few enough for one answer. */
export class ListPlaceKindsQuery extends Query<{
  data: (PlaceKind & { places: number })[];
}> {}

export interface PastPrice {
  id: string;
  product: string;
  unit: string;
  quantity: number;
  price: { amount: number; currency: string };
  toldAt: string;
}

/** What prices of a place were told to be. @throws AppError not-found `location.place-not-found` */
export class ListPlacePricesQuery extends Query<Page<PastPrice>> {
  constructor(
    readonly placeId: string,
    readonly list: ListQuery,
    readonly listedAlone: boolean,
  ) {
    super();
  }
}

const PLACES = keyset({
  id: 'p.id',
  sorts: {
    createdAt: { sql: 'p.created_at', type: 'timestamptz' },
    name: { sql: 'p.name_key', type: 'text' },
  },
  defaultSort: '-createdAt',
  filters: {
    kind: { sql: 'p.kind', type: 'text' },
    source: { sql: 'p.source', type: 'text' },
    externalId: { sql: 'p.external_id', type: 'text' },
    listed: { sql: 'p.listed', type: 'boolean' },
  },
});

@QueryHandler(ListPlacesQuery)
export class ListPlacesHandler implements IQueryHandler<ListPlacesQuery> {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  execute({ list, listedAlone }: ListPlacesQuery): Promise<Page<PlaceDetails>> {
    const now = this.clock.nowMs();
    return PLACES.run<PlaceRow, PlaceDetails>(this.database, list, {
      select: `${OWN_COLUMNS}, ${TOLD_COLUMNS}`,
      from: 'location.places p',
      where: 'p.tenant_id = kernel.tenant_id() and (p.listed or not $1::boolean)',
      params: [listedAlone],
      map: (row) => placeView(row, now, now),
    });
  }
}

@QueryHandler(FindPlaceQuery)
export class FindPlaceHandler implements IQueryHandler<FindPlaceQuery> {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  async execute({ placeId, listedAlone, at }: FindPlaceQuery): Promise<PlaceDetails> {
    const times = { now: this.clock.nowMs(), at: at === undefined ? undefined : Date.parse(at) };
    const place = await findPlace(this.database, placeId, { listedAlone, ...times });
    if (!place) throw placeNotFound();
    return place;
  }
}

@QueryHandler(ListPlaceKindsQuery)
export class ListPlaceKindsHandler implements IQueryHandler<ListPlaceKindsQuery> {
  constructor(private readonly database: Database) {}

  async execute() {
    const rows = await this.database.read<{ id: string | null; key: string; name: string | null; places: number }>(
      `select k.id, coalesce(k.key, u.kind) as key, k.name, coalesce(u.places, 0) as places
       from (select id, key, name from location.place_kinds where tenant_id = kernel.tenant_id()) k
       full join (select kind, count(*)::int as places from location.places where tenant_id = kernel.tenant_id() group by kind) u on u.kind = k.key`,
    );
    const byKey = new Map(rows.map((row) => [row.key, row]));
    const builtIn = Object.entries(KINDS).map(([key, name]) => ({ id: null, key, name, builtIn: true }));
    const own = rows.flatMap(({ id, key, name }) => (name === null ? [] : [{ id, key, name, builtIn: false }]));
    const data = [...builtIn, ...own]
      .sort((a, b) => (a.key < b.key ? -1 : 1))
      .map((kind) => ({ ...kind, places: byKey.get(kind.key)?.places ?? 0 }));
    return { data };
  }
}

const PRICES = keyset({
  id: 't.id',
  sorts: { toldAt: { sql: 't.told_at', type: 'timestamptz' } },
  defaultSort: '-toldAt',
  filters: { product: { sql: 't.product', type: 'text' }, toldAt: { sql: 't.told_at', type: 'timestamptz' } },
});

type PriceRow = { amount: string; currency: string; told_at: Date } & Pick<
  PastPrice,
  'id' | 'product' | 'unit' | 'quantity'
>;

@QueryHandler(ListPlacePricesQuery)
export class ListPlacePricesHandler implements IQueryHandler<ListPlacePricesQuery> {
  constructor(private readonly database: Database) {}

  async execute({ placeId, list, listedAlone }: ListPlacePricesQuery): Promise<Page<PastPrice>> {
    const [known, page] = await Promise.all([
      this.database.read(
        'select 1 as found from location.places where tenant_id = kernel.tenant_id() and id = $1 and (listed or not $2::boolean)',
        [placeId, listedAlone],
      ),
      PRICES.run<PriceRow, PastPrice>(this.database, list, {
        select: 't.id, t.product, t.unit, t.quantity, t.amount, t.currency, t.told_at',
        from: 'location.place_price_history t',
        where: 't.tenant_id = kernel.tenant_id() and t.place_id = $1',
        params: [placeId],
        map: ({ amount, currency, told_at: toldAt, id, product, unit, quantity }) => ({
          id,
          product,
          unit,
          quantity,
          price: { amount: Number(amount), currency },
          toldAt: toldAt.toISOString(),
        }),
      }),
    ]);
    if (known.length === 0) throw placeNotFound();
    return page;
  }
}
