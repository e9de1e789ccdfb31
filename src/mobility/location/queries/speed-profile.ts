import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Clock } from '../../../kernel/clock/clock';
import { badPeriod } from '../domain/location.errors';
import { speedProfileOf, type BinMeasure, type SpeedBand, type SpeedBin } from '../domain/speed-profile';
import { TrackReader } from './track-reader';

const DAY_MS = 86_400_000;
const MOST_BINS = 5_000;
/** Default seconds, and metres, of a bin. */
const WIDTHS = { time: 60, distance: 500 };

export interface SpeedProfileRequest {
  trackerId: string;
  from?: string;
  to?: string;
  /** Default `time`. */
  by?: BinMeasure;
  /** Seconds or metres. */
  width?: number;
}

/** Times RFC 3339, metres, m/s. */
export interface SpeedProfileReport {
  trackerId: string;
  name: string;
  from: string;
  to: string;
  by: BinMeasure;
  width: number;
  distance: number;
  movingSeconds: number;
  bands: SpeedBand[];
  bins: (Omit<SpeedBin, 'startTime' | 'endTime'> & { startTime: string; endTime: string })[];
}

/**
 * How fast a tracker moved in a period, by default the last 24 hours.
 * @throws AppError not-found `location.tracker-not-found`; invalid `location.range-invalid`, `location.too-many-positions`, `location.period-invalid`
 */
export class SpeedProfileQuery extends Query<SpeedProfileReport> {
  constructor(readonly request: SpeedProfileRequest) {
    super();
  }
}

const iso = (ms: number): string => new Date(ms).toISOString();

@QueryHandler(SpeedProfileQuery)
export class SpeedProfileHandler implements IQueryHandler<SpeedProfileQuery> {
  constructor(
    private readonly tracks: TrackReader,
    private readonly clock: Clock,
  ) {}

  async execute({ request }: SpeedProfileQuery): Promise<SpeedProfileReport> {
    const { trackerId, by = 'time', width = WIDTHS[by] } = request;
    const to = request.to === undefined ? this.clock.nowMs() : Date.parse(request.to);
    const from = request.from === undefined ? to - DAY_MS : Date.parse(request.from);
    const { name, points } = await this.tracks.read(trackerId, from, to);
    const believed = points.filter(({ reason }) => reason === null);
    const all = by === 'time' ? (to - from) / 1000 : speedProfileOf(believed, by, Infinity, from).distance;
    if (all / width > MOST_BINS) throw badPeriod(`These are more than ${MOST_BINS} bins: ask for wider ones.`);
    const { bins, ...profile } = speedProfileOf(believed, by, width, from);
    return {
      ...{ trackerId, name, from: iso(from), to: iso(to), by, width, ...profile },
      bins: bins.map(({ startTime, endTime, ...bin }) => ({
        ...{ startTime: iso(startTime), endTime: iso(endTime), ...bin },
      })),
    };
  }
}
