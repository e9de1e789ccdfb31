import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Clock } from '../../../kernel/clock/clock';
import type { TrackedStop, TrackedTrip } from '../contracts/tracks';
import { simplified } from '../domain/simplify';
import { smoothed } from '../domain/smoothing';
import { journeyOf } from '../domain/trips';
import { stopView, TrackReader, tripView, type ReadPoint } from './track-reader';

export const VIEWS = ['raw', 'filtered', 'smoothed'] as const;
export type TrackView = (typeof VIEWS)[number];

/** A part of a tracker's track. Times RFC 3339; without them the last 24 hours. */
export interface HistoryRequest {
  trackerId: string;
  from?: string;
  to?: string;
  /** Default `filtered`. */
  view?: TrackView;
  /** Metres by which a simplified track may be off; default 0, all points. */
  tolerance?: number;
}

export type HistoryPoint = ReadPoint;

export interface History {
  trackerId: string;
  name: string;
  from: string;
  to: string;
  view: TrackView;
  points: HistoryPoint[];
  trips: TrackedTrip[];
  stops: TrackedStop[];
  distance: number;
  /** Seconds of trips in each band of `SPEED_BANDS`. */
  speedProfile: number[];
}

/** @throws AppError not-found `location.tracker-not-found`; invalid `location.range-invalid`, `location.too-many-positions` */
export class HistoryQuery extends Query<History> {
  constructor(readonly request: HistoryRequest) {
    super();
  }
}

const DAY_MS = 86_400_000;
const iso = (ms: number): string => new Date(ms).toISOString();

@QueryHandler(HistoryQuery)
export class HistoryHandler implements IQueryHandler<HistoryQuery> {
  constructor(
    private readonly tracks: TrackReader,
    private readonly clock: Clock,
  ) {}

  async execute({ request }: HistoryQuery): Promise<History> {
    const { trackerId, view = 'filtered', tolerance = 0 } = request;
    const to = request.to === undefined ? this.clock.nowMs() : Date.parse(request.to);
    const from = request.from === undefined ? to - DAY_MS : Date.parse(request.from);
    const { name, points } = await this.tracks.read(trackerId, from, to);
    const believed = points.filter(({ reason }) => reason === null);
    const journey = journeyOf(believed);
    return {
      trackerId,
      name,
      from: iso(from),
      to: iso(to),
      view,
      points: thinned(view === 'raw' ? points : view === 'filtered' ? believed : withoutNoise(believed), tolerance),
      trips: journey.trips.map(tripView),
      stops: journey.stops.map(stopView),
      distance: journey.distance,
      speedProfile: journey.speedProfile,
    };
  }
}

const withoutNoise = (points: readonly HistoryPoint[]): HistoryPoint[] =>
  smoothed(points).map((place, index) => ({ ...points[index], ...place }));

const thinned = (points: readonly HistoryPoint[], tolerance: number): HistoryPoint[] =>
  simplified(points, tolerance).map((index) => points[index]);
