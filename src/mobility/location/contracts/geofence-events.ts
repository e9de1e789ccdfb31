import { DomainEvent } from '../../../kernel/messaging/domain-event';

/** What every event says of a tracker and a fence. Aggregate: the tracker. */
interface AboutVisit {
  /** The same for an event that is found again. */
  eventId: string;
  trackerId: string;
  geofenceId: string;
  /** When it happened, RFC 3339; long ago where the device told it late. */
  at: string;
  lat: number;
  lng: number;
  /** Found by a fix that came out of order. */
  late: boolean;
  /** Somebody follows the fence for this, and it happened less than a quarter of an hour before it was told. */
  followed: boolean;
}

/** A tracker came into a fence. */
export class GeofenceEntered extends DomainEvent<AboutVisit> {
  static override readonly type = 'location.geofence-entered.v1';
}

/** A tracker left a fence. */
export class GeofenceLeft extends DomainEvent<AboutVisit> {
  static override readonly type = 'location.geofence-left.v1';
}

/** A tracker was in a fence for as long as the fence asks. */
export class GeofenceDwelled extends DomainEvent<AboutVisit> {
  static override readonly type = 'location.geofence-dwelled.v1';
}
