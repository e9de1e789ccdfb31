import { Query, QueryBus, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Clock } from '../../../kernel/clock/clock';
import type { TrackedStop, TrackedTrip } from '../contracts/tracks';
import { tooManyPositions } from '../domain/location.errors';
import type { MatchedWay, Unmatched } from '../domain/routing/match';
import { simplified } from '../domain/simplify';
import { smoothed } from '../domain/smoothing';
import { journeyOf } from '../domain/trips';
import { MatchTrackQuery } from './match-track';
import { stopView, TrackReader, tripView, type ReadPoint } from './track-reader';

export const VIEWS = ['raw', 'filtered', 'smoothed', 'matched'] as const;
export type TrackView = (typeof VIEWS)[number];

export const ROAD_SOURCES = ['osrm', 'valhalla', 'road'] as const;
export type RoadSource = (typeof ROAD_SOURCES)[number];

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

export interface HistoryPoint extends ReadPoint {
  /** In the view `matched` why it is on no road, and where it was told then; null where it is on one. */
  unmatched?: Unmatched | null;
}

/** A way over roads without a break. Metres; `coordinates` along the roads. */
export interface RoadSection {
  startTime: string;
  endTime: string;
  metres: number;
  ways: MatchedWay[];
  geometry: { type: 'LineString'; coordinates: [lng: number, lat: number][] };
}

/** What of a track is on roads. */
export interface RoadTrack {
  /** Whose roads they are: a server's, or those that are loaded; null: there were none. */
  source: RoadSource | null;
  /** Metres over roads, and how many of the fixes are on them. */
  metres: number;
  matched: number;
  unmatched: number;
  sections: RoadSection[];
  notes: string[];
}

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
  /** In the view `matched`; else null. */
  roads: RoadTrack | null;
}

/**
 * @throws AppError not-found `location.tracker-not-found`; invalid `location.range-invalid`, `location.too-many-positions`; in the view
 * `matched` unavailable `location.router-busy`, `location.router-gave-up`
 */
export class HistoryQuery extends Query<History> {
  constructor(readonly request: HistoryRequest) {
    super();
  }
}

const DAY_MS = 86_400_000;
/** Fixes that are matched to roads at once. */
const MOST_MATCHED = 20_000;
const iso = (ms: number): string => new Date(ms).toISOString();

@QueryHandler(HistoryQuery)
export class HistoryHandler implements IQueryHandler<HistoryQuery> {
  constructor(
    private readonly tracks: TrackReader,
    private readonly queries: QueryBus,
    private readonly clock: Clock,
  ) {}

  async execute({ request }: HistoryQuery): Promise<History> {
    const { trackerId, view = 'filtered', tolerance = 0 } = request;
    const to = request.to === undefined ? this.clock.nowMs() : Date.parse(request.to);
    const from = request.from === undefined ? to - DAY_MS : Date.parse(request.from);
    const { name, points } = await this.tracks.read(trackerId, from, to);
    const believed = points.filter(({ reason }) => reason === null);
    const journey = journeyOf(believed);
    const onRoads = view === 'matched' ? await this.matched(believed) : null;
    return {
      trackerId,
      name,
      from: iso(from),
      to: iso(to),
      view,
      points: thinned(onRoads?.points ?? viewOf(view, points, believed), tolerance),
      trips: journey.trips.map(tripView),
      stops: journey.stops.map(stopView),
      distance: journey.distance,
      speedProfile: journey.speedProfile,
      roads: onRoads?.roads ?? null,
    };
  }

  private async matched(believed: readonly ReadPoint[]): Promise<{ points: HistoryPoint[]; roads: RoadTrack }> {
    if (believed.length > MOST_MATCHED) throw tooManyPositions(MOST_MATCHED);
    const { places, sections, source, notes } = await this.queries.execute(new MatchTrackQuery(believed));
    const points = believed.map((point, k): HistoryPoint => {
      const place = places[k];
      return typeof place === 'string' ? { ...point, unmatched: place } : { ...point, ...place, unmatched: null };
    });
    const unmatched = points.filter((point) => point.unmatched !== null).length;
    const roads = {
      source,
      metres: sections.reduce((sum, section) => sum + section.metres, 0),
      ...{ matched: points.length - unmatched, unmatched, notes },
      sections: sections.map(({ from, to, metres, ways, coordinates }) => ({
        ...{ startTime: iso(believed[from].fixTime), endTime: iso(believed[to].fixTime), metres, ways },
        geometry: { type: 'LineString' as const, coordinates },
      })),
    };
    return { points, roads };
  }
}

const viewOf = (
  view: TrackView,
  points: readonly HistoryPoint[],
  believed: readonly HistoryPoint[],
): readonly HistoryPoint[] => (view === 'raw' ? points : view === 'smoothed' ? withoutNoise(believed) : believed);

const withoutNoise = (points: readonly HistoryPoint[]): HistoryPoint[] =>
  smoothed(points).map((place, index) => ({ ...points[index], ...place }));

const thinned = (points: readonly HistoryPoint[], tolerance: number): HistoryPoint[] =>
  simplified(points, tolerance).map((index) => points[index]);
