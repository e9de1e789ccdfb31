import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { currentContext } from '../../../kernel/context/request-context';
import { Database } from '../../../kernel/database/database';
import { GeofenceAlertQuery, type GeofenceAlert } from '../contracts/geofence-alert';
import { fenceNotFound } from '../domain/location.errors';
import { NEWS_MS } from '../domain/news';

export type FollowedType = GeofenceAlert['type'];
export const FOLLOWED_TYPES = ['enter', 'exit', 'dwell'] as const satisfies readonly FollowedType[];

/** What the caller is notified of at a geofence; nothing while it does not follow it. @throws AppError not-found `location.geofence-not-found` */
export class FollowedQuery extends Query<{ types: FollowedType[] }> {
  constructor(readonly geofenceId: string) {
    super();
  }
}

@QueryHandler(FollowedQuery)
export class FollowedHandler implements IQueryHandler<FollowedQuery> {
  constructor(private readonly database: Database) {}

  async execute({ geofenceId }: FollowedQuery): Promise<{ types: FollowedType[] }> {
    const [row] = await this.database.read<{ types: FollowedType[] }>(
      `select coalesce(w.types, '{}') as types from location.geofences f
       left join location.geofence_followers w on w.tenant_id = f.tenant_id and w.geofence_id = f.id and w.user_id = $2
       where f.tenant_id = kernel.tenant_id() and f.id = $1 and f.deleted_at is null`,
      [geofenceId, currentContext().principal.userId],
    );
    if (!row) throw fenceNotFound();
    return row;
  }
}

@QueryHandler(GeofenceAlertQuery)
export class GeofenceAlertHandler implements IQueryHandler<GeofenceAlertQuery> {
  constructor(private readonly database: Database) {}

  async execute({ request }: GeofenceAlertQuery): Promise<GeofenceAlert | null> {
    // Late is what the device told late; what waited for a worker is still told.
    const [row] = await this.database.read<Omit<GeofenceAlert, 'at'> & { at: Date }>(
      `select e.tracker_id as "trackerId", t.name as tracker, e.geofence_id as "geofenceId", f.name as geofence, e.type, e.at,
         f.dwell_seconds as "dwellSeconds",
         array(select w.user_id from location.geofence_followers w
           where w.tenant_id = e.tenant_id and w.geofence_id = e.geofence_id and e.type = any(w.types) order by w.user_id) as "userIds"
       from location.fence_events e join location.trackers t on t.tenant_id = e.tenant_id and t.id = e.tracker_id
       join location.geofences f on f.tenant_id = e.tenant_id and f.id = e.geofence_id
       where e.tenant_id = kernel.tenant_id() and e.id = $1 and e.superseded_at is null and f.deleted_at is null and t.deleted_at is null
         and e.created_at < e.at + $2 * interval '1 millisecond'`,
      [request.eventId, NEWS_MS],
    );
    return row && row.userIds.length > 0 ? { ...row, at: row.at.toISOString() } : null;
  }
}
