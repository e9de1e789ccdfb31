import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayNotEmpty,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsObject,
  IsOptional,
  IsString,
  Length,
  Matches,
  Max,
  Min,
  ValidateNested,
} from 'class-validator';
import { IsTime, AnyOf, AnyOfIds, ListQuery } from '../../../kernel/http/pagination';
import { MayBeAbsent } from '../../../kernel/http/may-be-absent';
import { TIME_OF_DAY } from './places.dto';
import { ToBoolean } from './to-boolean';
import { FOLLOWED_TYPES, type FollowedType } from '../queries/alerts';
import { DAYS, MOST_SPANS, type Day } from '../domain/opening-hours';
import { FENCE_EVENTS, type FenceEventType } from '../domain/fence';
import type { Shape } from '../domain/shape';

const SHAPE = {
  type: 'object',
  additionalProperties: true,
  description:
    '`{type: "circle", center: [lng, lat], radius}`, a GeoJSON `Polygon` whose further rings are holes, or `{type: "corridor", coordinates: [[lng, lat], ...], width}`. Metres. At most 5000 positions; rings that cross themselves are refused with the place.',
  example: { type: 'circle', center: [16.3738, 48.2082], radius: 150 },
} as const;

/** From and to by the clock of the zone; `to` at or before `from` is on the next day, `24:00` ends the day. */
export class GeofenceHoursBody {
  @ApiProperty({ enum: DAYS, example: 'mo' })
  @IsIn(DAYS)
  day: Day;

  /** @example "20:00" */
  @Matches(TIME_OF_DAY)
  from: string;

  /** @example "06:00" */
  @Matches(TIME_OF_DAY)
  to: string;
}

/** The week in which a geofence is watched, at times of positions. */
export class GeofenceScheduleBody {
  /**
   * IANA time zone.
   * @example "Europe/Vienna"
   */
  @IsString()
  @Length(3, 64)
  timeZone: string;

  /** At most 12 of each day, which do not overlap. */
  @IsArray()
  @ArrayMaxSize(7 * MOST_SPANS)
  @ValidateNested({ each: true })
  @Type(() => GeofenceHoursBody)
  week: GeofenceHoursBody[];
}

export class CreateGeofenceBody {
  /** @example Depot */
  @IsString()
  @Length(1, 100)
  name: string;

  @ApiProperty(SHAPE)
  @IsObject()
  shape: object;

  /** Seconds inside after which it is told once as a dwell; without, never. */
  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: 604_800, nullable: true, example: 300 })
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(604_800)
  dwellSeconds?: number | null;

  /** The hours in which trackers are watched there; null for always. */
  @ApiPropertyOptional({ type: () => GeofenceScheduleBody, nullable: true })
  @IsOptional()
  @ValidateNested()
  @Type(() => GeofenceScheduleBody)
  schedule?: GeofenceScheduleBody | null;
}

export class ChangeGeofenceBody {
  /** @example Depot, south gate */
  @MayBeAbsent()
  @IsString()
  @Length(1, 100)
  name?: string;

  @ApiPropertyOptional(SHAPE)
  @MayBeAbsent()
  @IsObject()
  shape?: object;

  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: 604_800, nullable: true })
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(604_800)
  dwellSeconds?: number | null;

  /** The hours in which trackers are watched there; null for always. */
  @ApiPropertyOptional({ type: () => GeofenceScheduleBody, nullable: true })
  @IsOptional()
  @ValidateNested()
  @Type(() => GeofenceScheduleBody)
  schedule?: GeofenceScheduleBody | null;
}

export class GeofenceView {
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c */
  id: string;
  /** @example Depot */
  name: string;
  @ApiProperty(SHAPE)
  shape: Shape;
  @ApiProperty({ type: 'integer', nullable: true })
  dwellSeconds: number | null;
  /** When it is watched; null for always. */
  @ApiProperty({ type: () => GeofenceScheduleBody, nullable: true })
  schedule: GeofenceScheduleBody | null;
  /** Counts its changes. @example 1 */
  version: number;
  /** @example 2026-03-01T12:00:00.000Z */
  createdAt: string;
}

export class ListFenceEventsParams extends ListQuery {
  @AnyOfIds()
  trackerId?: string[];

  @AnyOfIds()
  geofenceId?: string[];

  @AnyOf(FENCE_EVENTS)
  type?: FenceEventType[];

  /** Not before. */
  @ApiPropertyOptional({ type: String, format: 'date-time' })
  @MayBeAbsent()
  @IsTime()
  from?: string;

  /** Before. */
  @ApiPropertyOptional({ type: String, format: 'date-time' })
  @MayBeAbsent()
  @IsTime()
  to?: string;

  /** Also those that later positions proved wrong. */
  @ApiPropertyOptional({ type: Boolean, default: false })
  @MayBeAbsent()
  @ToBoolean()
  @IsBoolean()
  superseded?: boolean;
}

export class FenceEventView {
  /** @example 019a3c5e-7b1a-5c3e-8f00-1d2e3f4a5b6c */
  id: string;
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6d */
  trackerId: string;
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6e */
  geofenceId: string;
  /** `inside_start`: it was inside when it was first heard of, or first in the hours of a schedule. `crossed`: passed without staying. */
  @ApiProperty({ enum: FENCE_EVENTS, example: 'enter' })
  type: FenceEventType;
  /** When it was at the edge, between two positions. @example 2026-03-01T12:00:00.000Z */
  at: string;
  /** Time of the position by which it was certain. @example 2026-03-01T12:00:20.000Z */
  confirmedAt: string;
  /** @example 48.2082 */
  lat: number;
  /** @example 16.3738 */
  lng: number;
  /** Found when positions came out of order. */
  late: boolean;
  /** By the clock, for a device that is silent. */
  inferred: boolean;
  /** Later positions proved it wrong. */
  superseded: boolean;
}

export class FollowGeofenceBody {
  /** Without it all. */
  @ApiPropertyOptional({ type: [String], enum: FOLLOWED_TYPES, minItems: 1, example: ['enter', 'dwell'] })
  @MayBeAbsent()
  @IsArray()
  @ArrayNotEmpty()
  @ArrayMaxSize(3)
  @IsIn(FOLLOWED_TYPES, { each: true })
  types?: FollowedType[];
}

export class FollowedView {
  /** What one is notified of; empty while one does not follow the geofence. */
  @ApiProperty({ type: [String], enum: FOLLOWED_TYPES, example: ['enter', 'dwell'] })
  types: FollowedType[];
}
