import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Transform, Type } from 'class-transformer';
import { IsIn, IsInt, IsNumber, IsUUID, Max, Min, ValidateBy } from 'class-validator';
import { IANAZone } from 'luxon';
import { MayBeAbsent } from '../../../kernel/http/may-be-absent';
import { AnyOfIds, IsTime, ListQuery, ToInt } from '../../../kernel/http/pagination';
import { GROUPINGS, type Grouping } from '../domain/analytics';
import type { Box } from '../domain/heat-map';
import { BIN_MEASURES, type BinMeasure } from '../domain/speed-profile';
import type { ActivityReport, AnalyticsRequest, TrackerActivity } from '../queries/analytics';
import type { HeatMapReport } from '../queries/heat-map';
import type { SpeedProfileReport } from '../queries/speed-profile';

const From = (): PropertyDecorator => (target, key) => {
  ApiPropertyOptional({
    type: String,
    format: 'date-time',
    description: 'Not before; default seven days before `to`.',
  })(target, key);
  MayBeAbsent()(target, key);
  IsTime()(target, key);
};
const To = (): PropertyDecorator => (target, key) => {
  ApiPropertyOptional({ type: String, format: 'date-time', description: 'Before; default now.' })(target, key);
  MayBeAbsent()(target, key);
  IsTime()(target, key);
};

export class AnalyticsParams extends ListQuery implements AnalyticsRequest {
  @AnyOfIds()
  trackerId?: string[];

  @AnyOfIds()
  vehicleId?: string[];

  @From() from?: string;
  @To() to?: string;

  /** `tracker` tells the totals alone. */
  @ApiPropertyOptional({ enum: GROUPINGS, default: 'tracker' })
  @MayBeAbsent()
  @IsIn(GROUPINGS)
  groupBy?: Grouping;

  /** In whose days, weeks and months. @example Europe/Vienna */
  @ApiPropertyOptional({ type: String, default: 'UTC', example: 'Europe/Vienna' })
  @MayBeAbsent()
  @ValidateBy({
    name: 'isTimeZone',
    validator: {
      validate: (value: unknown) => typeof value === 'string' && IANAZone.isValidZone(value),
      defaultMessage: () => 'timeZone must be a time zone such as Europe/Vienna',
    },
  })
  timeZone?: string;
}

export class RefusedFixesView {
  /** @example 0 */
  zero: number;
  /** @example 3 */
  inaccurate: number;
  /** @example 1 */
  'implied-speed': number;
  /** @example 0 */
  ahead: number;
}

export class FixCountsView {
  /** @example 2880 */
  received: number;
  /** @example 2876 */
  believed: number;
  /** Kept and not believed, by reason. */
  refused: RefusedFixesView;
}

export class GapsView {
  /** @example 1 */
  count: number;
  /** @example 4200 */
  seconds: number;
}

export class ActivityView implements ActivityReport {
  /** Metres of all trips. @example 84210.5 */
  distance: number;
  /** @example 7200 */
  movingSeconds: number;
  /** @example 75600 */
  stoppedSeconds: number;
  /** Of `stoppedSeconds`, with the ignition on. @example 900 */
  idleSeconds: number;
  /** Seconds over which it was silent and moved. @example 0 */
  silentSeconds: number;
  /** Metres of these, as the crow flies; they are in `distance`. @example 0 */
  silentDistance: number;
  /** That began in it. @example 6 */
  trips: number;
  /** That began in it. @example 7 */
  stops: number;
  /** Metres a second while it moved. */
  @ApiProperty({ type: Number, nullable: true, example: 11.7 })
  averageSpeed: number | null;
  /** Metres a second. */
  @ApiProperty({ type: Number, nullable: true, example: 27.4 })
  maxSpeed: number | null;
  /** Seconds of movement below 5, 10, 15, 20, 25, 30 and 35 metres a second, and above. @example [1200, 2400, 2400, 900, 240, 60, 0, 0] */
  speedProfile: number[];
  fixes: FixCountsView;
  /** Silences of more than an hour: how many began in it, and the seconds of them that lie in it. */
  gaps: GapsView;
  @ApiProperty({ type: String, nullable: true, example: '2026-03-01T05:12:00.000Z' })
  firstFixTime: string | null;
  @ApiProperty({ type: String, nullable: true, example: '2026-03-01T21:40:00.000Z' })
  lastFixTime: string | null;
}

export class PeriodActivityView extends ActivityView {
  /** @example 2026-03-01T00:00:00.000Z */
  from: string;
  /** @example 2026-03-02T00:00:00.000Z */
  to: string;
}

export class TrackerActivityView implements TrackerActivity {
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c */
  trackerId: string;
  /** @example Van 7 */
  name: string;
  @ApiProperty({ type: String, nullable: true })
  vehicleId: string | null;
  total: ActivityView;
  /** The days, weeks or months of the period; they sum up to `total`. */
  periods: PeriodActivityView[];
}

export class SpeedProfileParams {
  @ApiProperty({ type: String, format: 'uuid', example: '019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c' })
  @IsUUID()
  trackerId: string;

  /** Not before; default a day before `to`. At most 31 days. */
  @ApiPropertyOptional({ type: String, format: 'date-time' })
  @MayBeAbsent()
  @IsTime()
  from?: string;

  @To() to?: string;

  @ApiPropertyOptional({ enum: BIN_MEASURES, default: 'time' })
  @MayBeAbsent()
  @IsIn(BIN_MEASURES)
  by?: BinMeasure;

  /** Seconds or metres of a bin; default 60 or 500. */
  @ApiPropertyOptional({ type: Number, minimum: 1, maximum: 1_000_000 })
  @MayBeAbsent()
  @Type(() => Number)
  @IsNumber({ allowNaN: false, allowInfinity: false })
  @Min(1)
  @Max(1_000_000)
  width?: number;
}

export class SpeedBandView {
  /** Metres a second. @example 5 */
  from: number;
  @ApiProperty({ type: Number, nullable: true, example: 10 })
  to: number | null;
  /** @example 600 */
  seconds: number;
  /** Of all seconds of movement, 0 to 1. @example 0.25 */
  share: number;
}

export class SpeedBinView {
  /** @example 2026-03-01T12:00:00.000Z */
  startTime: string;
  /** @example 2026-03-01T12:01:00.000Z */
  endTime: string;
  /** Metres of the way so far. @example 1200 */
  startDistance: number;
  /** @example 1800 */
  endDistance: number;
  /** @example 10 */
  averageSpeed: number;
  /** @example 12.5 */
  maxSpeed: number;
}

export class SpeedProfileView implements SpeedProfileReport {
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c */
  trackerId: string;
  /** @example Van 7 */
  name: string;
  /** @example 2026-03-01T00:00:00.000Z */
  from: string;
  /** @example 2026-03-02T00:00:00.000Z */
  to: string;
  @ApiProperty({ enum: BIN_MEASURES, example: 'time' })
  by: BinMeasure;
  /** @example 60 */
  width: number;
  /** Metres, silences left out. @example 21500 */
  distance: number;
  /** @example 1800 */
  movingSeconds: number;
  bands: SpeedBandView[];
  /** Where it moved, in order. */
  bins: SpeedBinView[];
}

const readBox = ({ value }: { value: unknown }): unknown =>
  typeof value === 'string'
    ? value.split(',').map((part) => (/^\s*-?\d{1,3}(?:\.\d{1,15})?\s*$/.test(part) ? Number(part) : NaN))
    : value;
const isBox = (value: unknown): boolean => {
  if (!Array.isArray(value) || value.length !== 4) return false;
  const [west, south, east, north] = value as number[];
  return Math.abs(west) <= 180 && Math.abs(east) <= 180 && south >= -90 && north <= 90 && south < north;
};

export class HeatMapParams {
  @From() from?: string;
  @To() to?: string;

  /** Of H3: 8 are cells of about a kilometre across, each step more a third of it. */
  @ApiPropertyOptional({ type: 'integer', minimum: 0, maximum: 12, default: 8 })
  @MayBeAbsent()
  @ToInt()
  @IsInt()
  @Min(0)
  @Max(12)
  resolution?: number;

  /** West, south, east, north in degrees. */
  @ApiPropertyOptional({
    type: String,
    description: 'West, south, east, north in degrees; west above east lies over the antimeridian.',
    example: '16.1,48.1,16.6,48.4',
  })
  @MayBeAbsent()
  @Transform(readBox)
  @ValidateBy({
    name: 'isBox',
    validator: {
      validate: isBox,
      defaultMessage: () => 'bbox must be west,south,east,north in degrees',
    },
  })
  bbox?: Box;

  @AnyOfIds()
  trackerId?: string[];
}

export class HeatCellView {
  /** Of H3. @example 881e15b729fffff */
  cell: string;
  /** Of its centre. @example 48.2082 */
  lat: number;
  /** @example 16.3738 */
  lng: number;
  /** @example 412 */
  fixes: number;
  /** That trackers were in it: from each position to the next one, at most ten minutes. @example 4120 */
  seconds: number;
  /** @example 3 */
  trackers: number;
}

export class HeatMapView implements Omit<HeatMapReport, 'cells'> {
  /** @example 2026-03-01T00:00:00.000Z */
  from: string;
  /** @example 2026-03-08T00:00:00.000Z */
  to: string;
  /** @example 8 */
  resolution: number;
  /** Believed positions in the cells. @example 20150 */
  fixes: number;
  /** @example 12 */
  trackers: number;
  /** Those with the most positions first. */
  cells: HeatCellView[];
}
