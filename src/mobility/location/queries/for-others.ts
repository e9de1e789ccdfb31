import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Database } from '../../../kernel/database/database';
import { FindTrackersQuery, type TrackerRef } from '../contracts/trackers';
import {
  LatestPositionsQuery,
  PositionsOfTrackerQuery,
  TripsOfTrackerQuery,
  type BelievedPosition,
  type TrackedPosition,
} from '../contracts/tracks';
import { journeyOf } from '../domain/trips';
import { stopView, TrackReader, tripView, type ReadPoint } from './track-reader';

const positionOf = (
  trackerId: string,
  { fixTime, lat, lng, speed, course, accuracy, attributes }: ReadPoint,
): BelievedPosition => ({
  ...{ trackerId, fixTime: new Date(fixTime).toISOString(), lat, lng, speed, course, accuracy, attributes },
});

interface Row {
  id: string;
  fix_at: Date;
  lat: number;
  lng: number;
  speed: number | null;
  course: number | null;
  attributes: TrackedPosition['attributes'];
}

@QueryHandler(FindTrackersQuery)
export class FindTrackersHandler implements IQueryHandler<FindTrackersQuery> {
  constructor(private readonly database: Database) {}

  execute({ request }: FindTrackersQuery): Promise<TrackerRef[]> {
    return this.database.read<TrackerRef>(
      `select id, name, vehicle_id as "vehicleId" from location.trackers
       where tenant_id = kernel.tenant_id() and id = any($1::uuid[]) and deleted_at is null`,
      [request.ids],
    );
  }
}

@QueryHandler(LatestPositionsQuery)
export class LatestPositionsHandler implements IQueryHandler<LatestPositionsQuery> {
  constructor(private readonly database: Database) {}

  async execute({ request }: LatestPositionsQuery): Promise<TrackedPosition[]> {
    const rows = await this.database.read<Row>(
      `select id, fix_at, lat, lng, speed, course, attributes from location.latest_positions
       where tenant_id = kernel.tenant_id() and id = any($1::uuid[])`,
      [request.trackerIds],
    );
    return rows.map(({ id, fix_at, ...row }) => ({ trackerId: id, fixTime: fix_at.toISOString(), ...row }));
  }
}

@QueryHandler(TripsOfTrackerQuery)
export class TripsOfTrackerHandler implements IQueryHandler<TripsOfTrackerQuery> {
  constructor(private readonly tracks: TrackReader) {}

  async execute({ request: { trackerId, from, to } }: TripsOfTrackerQuery) {
    const { points } = await this.tracks.read(trackerId, from.getTime(), to.getTime());
    const believed = points.filter(({ reason }) => reason === null);
    const { trips, stops, distance } = journeyOf(believed);
    const positions = believed.map((point) => positionOf(trackerId, point));
    return { trips: trips.map(tripView), stops: stops.map(stopView), distance, positions };
  }
}

@QueryHandler(PositionsOfTrackerQuery)
export class PositionsOfTrackerHandler implements IQueryHandler<PositionsOfTrackerQuery> {
  constructor(private readonly tracks: TrackReader) {}

  async execute({ request: { trackerId, from, to } }: PositionsOfTrackerQuery) {
    const { points } = await this.tracks.read(trackerId, from.getTime(), to.getTime());
    return points.flatMap((point) => (point.reason === null ? [positionOf(trackerId, point)] : []));
  }
}
