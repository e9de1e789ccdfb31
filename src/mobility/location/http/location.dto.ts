import { ApiProperty, ApiPropertyOptional, ApiPropertyOptions } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { ArrayMaxSize, IsArray, IsIn, IsNumber, IsUUID, Max, Min } from 'class-validator';
import { IsTime, AnyOfIds, ListQuery } from '../../../kernel/http/pagination';
import { MayBeAbsent } from '../../../kernel/http/may-be-absent';
import { TakenAsSent } from '../../../kernel/http/taken-as-sent';
import { FILTER_REASONS, type FilterReason } from '../domain/filter';
import { MOST_POSITIONS, REJECTIONS, type Rejection } from '../domain/fix';
import { TRACK_FORMATS, type TrackFormat } from '../domain/track-file';
import { UNMATCHED, type MatchedWay, type Unmatched } from '../domain/routing/match';
import {
  ROAD_SOURCES,
  VIEWS,
  type RoadSection,
  type RoadSource,
  type RoadTrack,
  type TrackView,
} from '../queries/history';

const POSITION: ApiPropertyOptions = {
  type: 'array',
  maxItems: MOST_POSITIONS,
  description:
    'Each is judged by itself: `{trackerId, fixTime, deviceTime?, lat, lng, speed?, course?, accuracy?, altitude?, attributes?}`. `trackerId` may be left out with a tracker key. Times RFC 3339 or seconds or milliseconds since 1970; metres, metres a second, degrees.',
  items: { type: 'object', additionalProperties: true },
  example: [
    {
      trackerId: '019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c',
      fixTime: '2026-03-01T12:00:00.000Z',
      lat: 48.2082,
      lng: 16.3738,
      speed: 13.9,
      course: 270,
      accuracy: 5,
      attributes: { ignition: true },
    },
  ],
};

export class RecordPositionsBody {
  @ApiProperty(POSITION)
  @IsArray()
  @ArrayMaxSize(MOST_POSITIONS)
  @TakenAsSent()
  positions: unknown[];
}

export class RejectedPositionView {
  /** Its place in the list, from 0. @example 3 */
  index: number;
  @ApiProperty({ enum: REJECTIONS, example: 'coordinates-invalid' })
  reason: Rejection;
}

export class PositionReceiptView {
  /** Kept by this request. @example 1 */
  accepted: number;
  /** Were there already. @example 0 */
  duplicates: number;
  @ApiProperty({ type: [RejectedPositionView], example: [] })
  rejected: RejectedPositionView[];
}

export class PeriodParams {
  @ApiProperty({ type: String, format: 'uuid', example: '019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c' })
  @IsUUID()
  trackerId: string;

  /** Not before; default a day before `to`. At most 31 days. */
  @ApiPropertyOptional({ type: String, format: 'date-time' })
  @MayBeAbsent()
  @IsTime()
  from?: string;

  /** Before; default now. */
  @ApiPropertyOptional({ type: String, format: 'date-time' })
  @MayBeAbsent()
  @IsTime()
  to?: string;

  /** `raw` has all with the reason of the filter, and the times at which they were sent and came, `filtered` those that are believed, `smoothed` these without their noise, `matched` these on the roads of OSRM or Valhalla where one is set, else on those that are loaded, at most 20,000. */
  @ApiPropertyOptional({ enum: VIEWS, default: 'filtered' })
  @MayBeAbsent()
  @IsIn(VIEWS)
  view?: TrackView;

  /** Leave points out that lie no further than so many metres from the line. */
  @ApiPropertyOptional({ type: Number, minimum: 0, maximum: 10_000, default: 0 })
  @MayBeAbsent()
  @Type(() => Number)
  @IsNumber({ allowNaN: false, allowInfinity: false })
  @Min(0)
  @Max(10_000)
  tolerance?: number;
}

export class HistoryParams extends PeriodParams {}

export class ExportHistoryParams extends PeriodParams {
  @ApiProperty({ enum: TRACK_FORMATS, example: 'gpx' })
  @IsIn(TRACK_FORMATS)
  format: TrackFormat;
}

export class LatestParams extends ListQuery {
  @AnyOfIds()
  trackerId?: string[];

  @AnyOfIds()
  vehicleId?: string[];
}

export class PointView {
  /** @example 48.2082 */
  lat: number;
  /** @example 16.3738 */
  lng: number;
}

export class LatestPositionView extends PointView {
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c */
  trackerId: string;
  /** @example Van 7 */
  name: string;
  @ApiProperty({ type: String, nullable: true })
  vehicleId: string | null;
  /** @example 2026-03-01T12:00:00.000Z */
  fixTime: string;
  /** @example 2026-03-01T12:00:01.000Z */
  receivedAt: string;
  @ApiProperty({ type: Number, nullable: true })
  altitude: number | null;
  /** Metres a second. */
  @ApiProperty({ type: Number, nullable: true })
  speed: number | null;
  @ApiProperty({ type: Number, nullable: true })
  course: number | null;
  @ApiProperty({ type: Number, nullable: true })
  accuracy: number | null;
  @ApiProperty({ type: 'object', additionalProperties: true, example: { ignition: true } })
  attributes: Record<string, string | number | boolean>;
}

export class HistoryPointView extends PointView {
  /** @example 2026-03-01T12:00:00.000Z */
  fixTime: string;
  @ApiProperty({ type: Number, nullable: true })
  altitude: number | null;
  /** Metres a second. */
  @ApiProperty({ type: Number, nullable: true })
  speed: number | null;
  @ApiProperty({ type: Number, nullable: true })
  course: number | null;
  @ApiProperty({ type: Number, nullable: true })
  accuracy: number | null;
  /** What the device said besides. */
  @ApiProperty({ type: 'object', additionalProperties: true, example: { ignition: true } })
  attributes: Record<string, string | number | boolean>;
  /** Why it is not believed. */
  @ApiProperty({ enum: [...FILTER_REASONS, null], type: String, nullable: true })
  reason: FilterReason | null;
  /** In the view `raw`: when the device sent it, by its own clock; null where it did not say. */
  @ApiPropertyOptional({ type: String, nullable: true, example: '2026-03-01T12:00:00.500Z' })
  deviceTime?: string | null;
  /** In the view `raw`: when it came. */
  @ApiPropertyOptional({ type: String, example: '2026-03-01T12:00:01.000Z' })
  receivedAt?: string;
  /** In the view `matched`: why it is on no road, and stays where it was told; null where it is on one. */
  @ApiPropertyOptional({ enum: [...UNMATCHED, null], type: String, nullable: true })
  unmatched?: Unmatched | null;
}

export class TripView {
  /** @example 2026-03-01T12:00:00.000Z */
  startTime: string;
  /** @example 2026-03-01T12:30:00.000Z */
  endTime: string;
  /** @example 1800 */
  durationSeconds: number;
  start: PointView;
  end: PointView;
  /** Metres. @example 21500 */
  distance: number;
  /** Metres a second. @example 11.9 */
  averageSpeed: number;
  /** Metres a second. @example 24.1 */
  maxSpeed: number;
  /** The device was silent on the way. */
  gap: boolean;
}

export class StopView extends PointView {
  /** @example 2026-03-01T12:30:00.000Z */
  startTime: string;
  /** @example 2026-03-01T12:45:00.000Z */
  endTime: string;
  /** @example 900 */
  durationSeconds: number;
}

export class MatchedWayView implements MatchedWay {
  /** @example Ringstraße */
  name: string;
  /** @example B1 */
  ref: string;
  /** @example 850 */
  metres: number;
}

export class RoadLineView {
  @ApiProperty({ enum: ['LineString'], example: 'LineString' })
  type: 'LineString';
  @ApiProperty({
    type: 'array',
    items: { type: 'array', items: { type: 'number' } },
    example: [
      [16.3738, 48.2082],
      [16.3751, 48.209],
    ],
  })
  coordinates: [lng: number, lat: number][];
}

export class RoadSectionView implements RoadSection {
  /** @example 2026-03-01T12:00:00.000Z */
  startTime: string;
  /** @example 2026-03-01T12:30:00.000Z */
  endTime: string;
  /** Along the roads. @example 21730 */
  metres: number;
  ways: MatchedWayView[];
  geometry: RoadLineView;
}

export class RoadTrackView implements RoadTrack {
  /** Whose roads they are: of a server, or `road`, those that are loaded. Null where there were none. Why the ones before it were not says `notes`. */
  @ApiProperty({ enum: [...ROAD_SOURCES, null], type: String, nullable: true, example: 'road' })
  source: RoadSource | null;
  /** Along the roads. @example 21730 */
  metres: number;
  /** Positions that are on roads. @example 178 */
  matched: number;
  /** Those that are on none: each says why. @example 2 */
  unmatched: number;
  /** Ways without a break: where no road leads on, after a silence of five minutes and off the network a new one begins. */
  sections: RoadSectionView[];
  @ApiProperty({ type: [String], example: [] })
  notes: string[];
}

export class HistoryView {
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c */
  trackerId: string;
  /** @example Van 7 */
  name: string;
  /** @example 2026-03-01T00:00:00.000Z */
  from: string;
  /** @example 2026-03-02T00:00:00.000Z */
  to: string;
  @ApiProperty({ enum: VIEWS, example: 'filtered' })
  view: TrackView;
  points: HistoryPointView[];
  /** Found in this period alone: a trip that began before it begins with it. */
  trips: TripView[];
  stops: StopView[];
  /** Metres of all trips. @example 21500 */
  distance: number;
  /** Seconds of trips below 5, 10, 15, 20, 25, 30 and 35 metres a second, and above. @example [60, 120, 900, 720, 0, 0, 0, 0] */
  speedProfile: number[];
  /** In the view `matched`: the roads that it was driven on. */
  @ApiProperty({ type: RoadTrackView, nullable: true })
  roads: RoadTrackView | null;
}
