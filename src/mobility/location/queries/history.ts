import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Clock } from '../../../kernel/clock/clock';
import { Database } from '../../../kernel/database/database';
import type { FilterReason } from '../domain/filter';
import { badRange, tooManyPositions, trackerNotFound } from '../domain/location.errors';
import { simplified } from '../domain/simplify';
import { smoothed } from '../domain/smoothing';
import type { TrackPoint } from '../domain/track-file';
import { journeyOf } from '../domain/trips';

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

export interface HistoryPoint extends TrackPoint {
  reason: FilterReason | null;
}

interface Span {
  startTime: string;
  endTime: string;
  durationSeconds: number;
}

export interface History {
  trackerId: string;
  name: string;
  from: string;
  to: string;
  view: TrackView;
  points: HistoryPoint[];
  trips: (Span & {
    start: { lat: number; lng: number };
    end: { lat: number; lng: number };
    distance: number;
    averageSpeed: number;
    maxSpeed: number;
    gap: boolean;
  })[];
  stops: (Span & { lat: number; lng: number })[];
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
const MOST_DAYS = 31;
const MOST_POINTS = 50_000;

interface Row {
  name: string;
  fix_at: Date | null;
  lat: number;
  lng: number;
  altitude: number | null;
  speed: number | null;
  course: number | null;
  accuracy: number | null;
  reason: FilterReason | null;
}

const iso = (ms: number): string => new Date(ms).toISOString();
const spanOf = ({ startTime, endTime }: { startTime: number; endTime: number }): Span => ({
  startTime: iso(startTime),
  endTime: iso(endTime),
  durationSeconds: (endTime - startTime) / 1000,
});

@QueryHandler(HistoryQuery)
export class HistoryHandler implements IQueryHandler<HistoryQuery> {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  async execute({ request }: HistoryQuery): Promise<History> {
    const { trackerId, view = 'filtered', tolerance = 0 } = request;
    const to = request.to === undefined ? this.clock.nowMs() : Date.parse(request.to);
    const from = request.from === undefined ? to - DAY_MS : Date.parse(request.from);
    if (!(from < to)) throw badRange('The period ends before it begins.');
    if (to - from > MOST_DAYS * DAY_MS) throw badRange(`The period is longer than ${MOST_DAYS} days.`);
    const { name, points } = await this.read(trackerId, from, to);
    const believed = points.filter(({ reason }) => reason === null);
    const journey = journeyOf(believed);
    return {
      trackerId,
      name,
      from: iso(from),
      to: iso(to),
      view,
      points: thinned(view === 'raw' ? points : view === 'filtered' ? believed : withoutNoise(believed), tolerance),
      trips: journey.trips.map(({ startTime, endTime, ...trip }) => ({ ...spanOf({ startTime, endTime }), ...trip })),
      stops: journey.stops.map(({ startTime, endTime, ...stop }) => ({ ...spanOf({ startTime, endTime }), ...stop })),
      distance: journey.distance,
      speedProfile: journey.speedProfile,
    };
  }

  private async read(trackerId: string, from: number, to: number): Promise<{ name: string; points: HistoryPoint[] }> {
    // One row without a fix says that the tracker is there; ids sort by fix time, so that other months are left out.
    const rows = await this.database.read<Row>(
      `select t.name, p.fix_at, p.lat, p.lng, p.altitude, p.speed, p.course, p.accuracy, p.reason
       from location.trackers t left join lateral (
         select * from location.positions p where p.tenant_id = t.tenant_id and p.tracker_id = t.id
           and p.fix_at >= $2 and p.fix_at < $3 and p.id >= kernel.uuid_at($2) and p.id < kernel.uuid_at($3)
         order by p.fix_at limit $4) p on true
       where t.tenant_id = kernel.tenant_id() and t.id = $1 order by p.fix_at`,
      [trackerId, new Date(from), new Date(to), MOST_POINTS + 1],
    );
    if (rows.length === 0) throw trackerNotFound();
    if (rows.length > MOST_POINTS) throw tooManyPositions(MOST_POINTS);
    const { name } = rows[0];
    const points = rows.flatMap(({ fix_at, lat, lng, altitude, speed, course, accuracy, reason }) =>
      fix_at === null ? [] : [{ fixTime: fix_at.getTime(), lat, lng, altitude, speed, course, accuracy, reason }],
    );
    return { name, points };
  }
}

const withoutNoise = (points: readonly HistoryPoint[]): HistoryPoint[] =>
  smoothed(points).map((place, index) => ({ ...points[index], ...place }));

const thinned = (points: readonly HistoryPoint[], tolerance: number): HistoryPoint[] =>
  simplified(points, tolerance).map((index) => points[index]);
