import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Database } from '../../../kernel/database/database';
import { keyset, type ListQuery, type Page } from '../../../kernel/http/pagination';
import type { FenceEventType } from '../domain/fence';
import { fenceNotFound } from '../domain/location.errors';
import type { OpeningHours } from '../domain/opening-hours';
import type { Shape } from '../domain/shape';
import { scheduleView, type FenceSchedule } from '../domain/watch';

export interface Geofence {
  id: string;
  name: string;
  shape: Shape;
  dwellSeconds: number | null;
  schedule: FenceSchedule | null;
  version: number;
  createdAt: string;
}

interface Row {
  id: string;
  name: string;
  shape: Shape;
  dwell_seconds: number | null;
  schedule: OpeningHours | null;
  version: number;
  created_at: Date;
}

const COLUMNS = 'id, name, shape, dwell_seconds, schedule, version, created_at';
export const fenceOf = (row: Row): Geofence => ({
  id: row.id,
  name: row.name,
  shape: row.shape,
  dwellSeconds: row.dwell_seconds,
  schedule: row.schedule && scheduleView(row.schedule),
  version: row.version,
  createdAt: row.created_at.toISOString(),
});

export interface Visit {
  id: string;
  trackerId: string;
  geofenceId: string;
  type: FenceEventType;
  at: string;
  confirmedAt: string;
  lat: number;
  lng: number;
  late: boolean;
  inferred: boolean;
  superseded: boolean;
}

export class ListGeofencesQuery extends Query<Page<Geofence>> {
  constructor(readonly list: ListQuery) {
    super();
  }
}

/** @throws AppError not-found `location.geofence-not-found` */
export class FindGeofenceQuery extends Query<Geofence> {
  constructor(readonly geofenceId: string) {
    super();
  }
}

export class ListFenceEventsQuery extends Query<Page<Visit>> {
  constructor(
    readonly list: ListQuery,
    /** With those that turned out to be wrong. */
    readonly superseded: boolean,
  ) {
    super();
  }
}

const FENCES = keyset({
  id: 'id',
  sorts: { createdAt: { sql: 'created_at', type: 'timestamptz' } },
  defaultSort: '-createdAt',
  filters: {},
});

@QueryHandler(ListGeofencesQuery)
export class ListGeofencesHandler implements IQueryHandler<ListGeofencesQuery> {
  constructor(private readonly database: Database) {}

  execute({ list }: ListGeofencesQuery): Promise<Page<Geofence>> {
    return FENCES.run<Row, Geofence>(this.database, list, {
      select: COLUMNS,
      from: 'location.geofences',
      where: 'tenant_id = kernel.tenant_id() and deleted_at is null',
      params: [],
      map: fenceOf,
    });
  }
}

@QueryHandler(FindGeofenceQuery)
export class FindGeofenceHandler implements IQueryHandler<FindGeofenceQuery> {
  constructor(private readonly database: Database) {}

  async execute({ geofenceId }: FindGeofenceQuery): Promise<Geofence> {
    const [row] = await this.database.read<Row>(
      `select ${COLUMNS} from location.geofences where tenant_id = kernel.tenant_id() and id = $1 and deleted_at is null`,
      [geofenceId],
    );
    if (!row) throw fenceNotFound();
    return fenceOf(row);
  }
}

interface EventRow {
  id: string;
  tracker_id: string;
  geofence_id: string;
  type: FenceEventType;
  at: Date;
  confirmed_at: Date;
  lat: number;
  lng: number;
  late: boolean;
  inferred: boolean;
  superseded: boolean;
}

const EVENTS = keyset({
  id: 'id',
  sorts: { at: { sql: 'at', type: 'timestamptz' } },
  defaultSort: '-at',
  filters: {
    trackerId: { sql: 'tracker_id', type: 'uuid' },
    geofenceId: { sql: 'geofence_id', type: 'uuid' },
    type: { sql: 'type', type: 'text' },
    from: (value: string, place) => `at >= ${place(value, 'timestamptz')}`,
    to: (value: string, place) => `at < ${place(value, 'timestamptz')}`,
    // Said by the statement; here so that a cursor is bound to it.
    superseded: () => 'true',
  },
});

@QueryHandler(ListFenceEventsQuery)
export class ListFenceEventsHandler implements IQueryHandler<ListFenceEventsQuery> {
  constructor(private readonly database: Database) {}

  execute({ list, superseded }: ListFenceEventsQuery): Promise<Page<Visit>> {
    return EVENTS.run<EventRow, Visit>(this.database, list, {
      select:
        'id, tracker_id, geofence_id, type, at, confirmed_at, lat, lng, late, inferred, superseded_at is not null as superseded',
      from: 'location.fence_events',
      where: `tenant_id = kernel.tenant_id() and not exists (select from location.trackers t
         where t.tenant_id = fence_events.tenant_id and t.id = fence_events.tracker_id and t.deleted_at is not null)${superseded ? '' : ' and superseded_at is null'}`,
      params: [],
      map: (row) => ({
        id: row.id,
        trackerId: row.tracker_id,
        geofenceId: row.geofence_id,
        type: row.type,
        at: row.at.toISOString(),
        confirmedAt: row.confirmed_at.toISOString(),
        lat: row.lat,
        lng: row.lng,
        late: row.late,
        inferred: row.inferred,
        superseded: row.superseded,
      }),
    });
  }
}
