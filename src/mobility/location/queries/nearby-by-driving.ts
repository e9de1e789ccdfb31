import { Query, QueryBus, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Clock } from '../../../kernel/clock/clock';
import { Database } from '../../../kernel/database/database';
import { keyset, type ListQuery, type Page } from '../../../kernel/http/pagination';
import { TravelTimesQuery, type TravelSource } from '../contracts/travel-times';
import {
  asked,
  atOf,
  nearest,
  nearbyView,
  type NearbyPlace,
  type NearbyPlacesRequest,
  type NearbyRow,
} from './nearby-places';
import { OWN_COLUMNS, TOLD_COLUMNS } from './place-view';

/** As far as it is measured how long it takes to drive there: the nearest as the crow flies. */
export const MOST_DRIVEN = 100;

/** The nearest places by the time that it takes to drive there, out of the 100 nearest as the crow flies. */
export class NearbyByDrivingQuery extends Query<Page<NearbyPlace>> {
  constructor(
    readonly request: NearbyPlacesRequest,
    /** Places that are not listed are left out. */
    readonly listedAlone: boolean,
  ) {
    super();
  }
}

const DRIVEN = keyset({
  id: 'p.id',
  sorts: { 'driving-time': { sql: 'p.seconds', type: 'int', nullable: true } },
  defaultSort: 'driving-time',
});

type Row = NearbyRow & { seconds: number | null; metres: number | null };

@QueryHandler(NearbyByDrivingQuery)
export class NearbyByDrivingHandler implements IQueryHandler<NearbyByDrivingQuery> {
  constructor(
    private readonly database: Database,
    private readonly queries: QueryBus,
    private readonly clock: Clock,
  ) {}

  async execute({ request, listedAlone }: NearbyByDrivingQuery): Promise<Page<NearbyPlace>> {
    const { lat, lng } = request;
    // One row more than asked for tells whether there are more, so that one is asked for less.
    const first = { ...request, limit: MOST_DRIVEN - 1, sort: undefined, cursor: undefined, count: undefined };
    const { text, params } = nearest(first, listedAlone, 'p.id, p.lat, p.lng, p.distance');
    const near = await this.database.read<{ id: string; lat: number; lng: number; distance: string }>(text, params);
    const { seconds, metres, source } = await this.timesTo({ lat, lng }, near);
    const list = DRIVEN.list(asked(request) as ListQuery, [
      near.map(({ id }) => id),
      near.map(({ distance }) => distance),
      seconds.map((it) => it && Math.round(it)),
      metres.map((it) => it && Math.round(it)),
    ]);
    const rows = await this.database.read<Row>(
      `select ${OWN_COLUMNS}, p.distance, p.seconds, p.metres, ${list.keys}, ${TOLD_COLUMNS} from (
         select p.*, f.distance, f.seconds, f.metres
         from unnest($1::uuid[], $2::bigint[], $3::int[], $4::int[]) as f(id, distance, seconds, metres)
         join location.places p on p.tenant_id = kernel.tenant_id() and p.id = f.id
       ) p where true${list.where} ${list.orderBy} ${list.limit}`,
      list.params,
    );
    const now = this.clock.nowMs();
    const view = nearbyView(atOf(request, now), now);
    const map = (row: Row): NearbyPlace => ({
      ...view(row),
      driving: { seconds: row.seconds, metres: row.metres, source },
    });
    return list.page(rows, map, request.count === 'exact' ? near.length : undefined);
  }

  private async timesTo(
    origin: { lat: number; lng: number },
    near: { lat: number; lng: number }[],
  ): Promise<{ seconds: (number | null)[]; metres: (number | null)[]; source: TravelSource }> {
    if (near.length === 0) return { seconds: [], metres: [], source: 'great_circle' };
    const destinations = near.map(({ lat, lng }) => ({ lat, lng }));
    return this.queries.execute(new TravelTimesQuery({ origin, destinations }));
  }
}
