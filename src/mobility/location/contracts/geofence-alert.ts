import { Query } from '@nestjs/cqrs';

/** What whoever follows a geofence is told of something that happened there. */
export interface GeofenceAlert {
  trackerId: string;
  tracker: string;
  geofenceId: string;
  geofence: string;
  type: 'enter' | 'exit' | 'dwell';
  /** When it happened, RFC 3339. */
  at: string;
  /** Seconds that the fence asks to stay for; of a dwell. */
  dwellSeconds: number | null;
  /** Users that follow it; whether they still may is for the asker to see. */
  userIds: string[];
}

/**
 * Null for what nobody is to be alarmed by: positions that came later have proved it wrong, the device told it more than a
 * quarter of an hour late, or nobody follows the fence.
 */
export class GeofenceAlertQuery extends Query<GeofenceAlert | null> {
  constructor(readonly request: { eventId: string }) {
    super();
  }
}
