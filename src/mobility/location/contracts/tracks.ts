import { Query } from '@nestjs/cqrs';

/** Where a tracker was at a time. Times RFC 3339, metres, metres a second, degrees clockwise from north. */
export interface TrackedPosition {
  trackerId: string;
  fixTime: string;
  lat: number;
  lng: number;
  speed: number | null;
  course: number | null;
  /** What the device said besides, such as `ignition`, `odometer` (metres), `fuel`, `alarm`. */
  attributes: Record<string, string | number | boolean>;
}

/** The latest believed position of each tracker that has one, in no order. At most 1000 ids. */
export class LatestPositionsQuery extends Query<TrackedPosition[]> {
  constructor(readonly request: { trackerIds: readonly string[] }) {
    super();
  }
}

/** A period of a tracker's track, `from` counted, `to` not; at most 31 days. */
export interface TrackPeriod {
  trackerId: string;
  from: Date;
  to: Date;
}

/** A way from one stop to the next. Metres, metres a second. */
export interface TrackedTrip {
  startTime: string;
  endTime: string;
  durationSeconds: number;
  start: { lat: number; lng: number };
  end: { lat: number; lng: number };
  distance: number;
  averageSpeed: number;
  maxSpeed: number;
  /** The device was silent on the way: only its ends are known. */
  gap: boolean;
}

export interface TrackedStop {
  startTime: string;
  endTime: string;
  durationSeconds: number;
  lat: number;
  lng: number;
}

/** Days for which positions are kept: what follows from older ones cannot be made again. */
export const POSITIONS_KEPT_DAYS = 400;

/** A believed position, with its error in metres. */
export type BelievedPosition = TrackedPosition & { accuracy: number | null };

/**
 * Trips and stops of a period and the believed positions that they were made from, in the order of time: the same however the
 * positions came. What began before the period begins with it.
 * @throws AppError not-found `location.tracker-not-found`; invalid `location.range-invalid`, `location.too-many-positions`
 */
export class TripsOfTrackerQuery extends Query<{
  trips: TrackedTrip[];
  stops: TrackedStop[];
  distance: number;
  positions: BelievedPosition[];
}> {
  constructor(readonly request: TrackPeriod) {
    super();
  }
}

/** The believed positions of a period in the order of time, at most 50,000. @throws AppError as `TripsOfTrackerQuery` */
export class PositionsOfTrackerQuery extends Query<BelievedPosition[]> {
  constructor(readonly request: TrackPeriod) {
    super();
  }
}
