import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { sha256 } from '../../../kernel/crypto/hashing';
import { Database } from '../../../kernel/database/database';
import { keyset, type ListQuery, type Page } from '../../../kernel/http/pagination';
import { isUuid } from '../../../kernel/ids/ids';
import { keyUnknown, trackerNotFound } from '../domain/location.errors';

export interface Tracker {
  id: string;
  name: string;
  vehicleId: string | null;
  active: boolean;
  createdAt: string;
}

interface Row {
  id: string;
  name: string;
  vehicle_id: string | null;
  active: boolean;
  created_at: Date;
}

export const trackerOf = (row: Row): Tracker => ({
  id: row.id,
  name: row.name,
  vehicleId: row.vehicle_id,
  active: row.active,
  createdAt: row.created_at.toISOString(),
});

export class ListTrackersQuery extends Query<Page<Tracker>> {
  constructor(readonly list: ListQuery) {
    super();
  }
}

/** @throws AppError not-found `location.tracker-not-found` */
export class FindTrackerQuery extends Query<Tracker> {
  constructor(readonly trackerId: string) {
    super();
  }
}

/** Which of these trackers the organization has. */
export class KnownTrackersQuery extends Query<string[]> {
  constructor(readonly trackerIds: readonly string[]) {
    super();
  }
}

/** Whose tracker a key is of, or what is its SHA-256. @throws AppError unauthenticated `location.tracker-key-unknown` */
export class TrackerOfKeyQuery extends Query<{ tenantId: string; trackerId: string }> {
  constructor(readonly key: string | Buffer) {
    super();
  }
}

/** Whose a tracker is that somebody else vouches for. @throws AppError unauthenticated `location.tracker-key-unknown` */
export class TrackerByIdQuery extends Query<{ tenantId: string; trackerId: string }> {
  constructor(readonly trackerId: string) {
    super();
  }
}

const COLUMNS = 'id, name, vehicle_id, active, created_at';
const TRACKERS = keyset({
  id: 'id',
  sorts: { createdAt: { sql: 'created_at', type: 'timestamptz' } },
  defaultSort: '-createdAt',
  filters: {
    vehicleId: { sql: 'vehicle_id', type: 'uuid' },
    active: { sql: 'active', type: 'boolean' },
  },
});

@QueryHandler(ListTrackersQuery)
export class ListTrackersHandler implements IQueryHandler<ListTrackersQuery> {
  constructor(private readonly database: Database) {}

  execute({ list }: ListTrackersQuery): Promise<Page<Tracker>> {
    return TRACKERS.run<Row, Tracker>(this.database, list, {
      select: COLUMNS,
      from: 'location.trackers',
      where: 'tenant_id = kernel.tenant_id() and deleted_at is null',
      params: [],
      map: trackerOf,
    });
  }
}

@QueryHandler(FindTrackerQuery)
export class FindTrackerHandler implements IQueryHandler<FindTrackerQuery> {
  constructor(private readonly database: Database) {}

  async execute({ trackerId }: FindTrackerQuery): Promise<Tracker> {
    const [row] = await this.database.read<Row>(
      `select ${COLUMNS} from location.trackers where tenant_id = kernel.tenant_id() and id = $1 and deleted_at is null`,
      [trackerId],
    );
    if (!row) throw trackerNotFound();
    return trackerOf(row);
  }
}

@QueryHandler(KnownTrackersQuery)
export class KnownTrackersHandler implements IQueryHandler<KnownTrackersQuery> {
  constructor(private readonly database: Database) {}

  async execute({ trackerIds }: KnownTrackersQuery): Promise<string[]> {
    const rows = await this.database.read<{ id: string }>(
      'select id from location.trackers where tenant_id = kernel.tenant_id() and id = any($1::uuid[]) and deleted_at is null',
      [trackerIds],
    );
    return rows.map(({ id }) => id);
  }
}

@QueryHandler(TrackerByIdQuery)
export class TrackerByIdHandler implements IQueryHandler<TrackerByIdQuery> {
  constructor(private readonly database: Database) {}

  async execute({ trackerId }: TrackerByIdQuery): Promise<{ tenantId: string; trackerId: string }> {
    if (!isUuid(trackerId)) throw keyUnknown();
    const [row] = await this.database.readPlatform<{ tenant_id: string; id: string }>(
      'select tenant_id, id from location.tracker_by_id($1)',
      [trackerId],
    );
    if (!row) throw keyUnknown();
    return { tenantId: row.tenant_id, trackerId: row.id };
  }
}

@QueryHandler(TrackerOfKeyQuery)
export class TrackerOfKeyHandler implements IQueryHandler<TrackerOfKeyQuery> {
  constructor(private readonly database: Database) {}

  async execute({ key }: TrackerOfKeyQuery): Promise<{ tenantId: string; trackerId: string }> {
    if (typeof key === 'string' && !/^trk_[\w-]{24}$/.test(key)) throw keyUnknown();
    const [row] = await this.database.readPlatform<{ tenant_id: string; id: string }>(
      'select tenant_id, id from location.tracker_of_key($1)',
      [typeof key === 'string' ? sha256(key) : key],
    );
    if (!row) throw keyUnknown();
    return { tenantId: row.tenant_id, trackerId: row.id };
  }
}
