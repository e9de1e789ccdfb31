import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Database } from '../../../kernel/database/database';
import { keyset, type ListQuery, type Page } from '../../../kernel/http/pagination';

/** Where a tracker was last. */
export interface LatestPosition {
  trackerId: string;
  name: string;
  vehicleId: string | null;
  fixTime: string;
  receivedAt: string;
  lat: number;
  lng: number;
  altitude: number | null;
  speed: number | null;
  course: number | null;
  accuracy: number | null;
  attributes: Record<string, string | number | boolean>;
}

export class ListLatestPositionsQuery extends Query<Page<LatestPosition>> {
  constructor(readonly list: ListQuery) {
    super();
  }
}

interface Row {
  id: string;
  name: string;
  vehicle_id: string | null;
  fix_at: Date;
  received_at: Date;
  lat: number;
  lng: number;
  altitude: number | null;
  speed: number | null;
  course: number | null;
  accuracy: number | null;
  attributes: LatestPosition['attributes'];
}

const LATEST = keyset({
  id: 'l.id',
  sorts: { fixTime: { sql: 'l.fix_at', type: 'timestamptz' } },
  defaultSort: 'id',
  filters: {
    trackerId: { sql: 'l.id', type: 'uuid' },
    vehicleId: { sql: 't.vehicle_id', type: 'uuid' },
  },
});

@QueryHandler(ListLatestPositionsQuery)
export class ListLatestPositionsHandler implements IQueryHandler<ListLatestPositionsQuery> {
  constructor(private readonly database: Database) {}

  execute({ list }: ListLatestPositionsQuery): Promise<Page<LatestPosition>> {
    return LATEST.run<Row, LatestPosition>(this.database, list, {
      select: `l.id, t.name, t.vehicle_id, l.fix_at, l.received_at, l.lat, l.lng, l.altitude, l.speed, l.course, l.accuracy, l.attributes`,
      from: 'location.latest_positions l join location.trackers t on t.tenant_id = l.tenant_id and t.id = l.id and t.deleted_at is null',
      where: 'l.tenant_id = kernel.tenant_id()',
      params: [],
      map: (row) => ({
        trackerId: row.id,
        name: row.name,
        vehicleId: row.vehicle_id,
        fixTime: row.fix_at.toISOString(),
        receivedAt: row.received_at.toISOString(),
        lat: row.lat,
        lng: row.lng,
        altitude: row.altitude,
        speed: row.speed,
        course: row.course,
        accuracy: row.accuracy,
        attributes: row.attributes,
      }),
    });
  }
}
