import { Command, Query } from '@nestjs/cqrs';

/** A device that tells where it is. */
export interface TrackerRef {
  id: string;
  name: string;
  /** The vehicle that it is in; a plain id, of which location knows nothing more. */
  vehicleId: string | null;
}

/** Those of the trackers that the organization has, in no order. At most 1000 ids. */
export class FindTrackersQuery extends Query<TrackerRef[]> {
  constructor(readonly request: { ids: readonly string[] }) {
    super();
  }
}

/** The kind of rooms (`fleet:<tenant>:<fleet>`) of sockets that follow all trackers of a fleet; who knows fleets says who may enter. */
export const FLEET_ROOMS = 'fleet';

/** A vehicle is of another fleet, and so are trackers that name the vehicle without an assignment. Joins the caller's transaction. */
export class MoveTrackersOfVehicleCommand extends Command<void> {
  constructor(readonly request: { vehicleId: string; fleetId: string | null }) {
    super();
  }
}

/**
 * Says in which vehicle a tracker is, or that it is in none. Joins the caller's transaction.
 * @throws AppError not-found `location.tracker-not-found`
 */
export class AssignTrackerCommand extends Command<void> {
  constructor(
    readonly request: {
      trackerId: string;
      vehicleId: string | null;
      /** The fleet of the vehicle; whoever follows it follows the tracker from then on. */
      fleetId: string | null;
      /** A tracker that was deleted meanwhile is passed over. */
      mayBeGone?: boolean;
    },
  ) {
    super();
  }
}
