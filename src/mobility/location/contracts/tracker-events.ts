import { DomainEvent } from '../../../kernel/messaging/domain-event';

/** Somebody said in which vehicle a tracker is, or that it is in none. Aggregate: the tracker. */
export class TrackerGivenVehicle extends DomainEvent<{
  trackerId: string;
  vehicleId: string | null;
  /** It was entered with its vehicle, and was in no other before. */
  entered: boolean;
}> {
  static override readonly type = 'location.tracker-given-vehicle.v1';
}
