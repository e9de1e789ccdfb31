import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsInt, IsOptional, IsString, IsUUID, Length, Max, MaxLength, Min, ValidateIf } from 'class-validator';
import { MayBeAbsent } from '../../../kernel/http/may-be-absent';
import { AnyOf, AnyOfIds, IsTime, ListQuery, TimeRange, TimeRangeFilter } from '../../../kernel/http/pagination';
import { ASSIGNMENT_KINDS, type AssignmentKind } from '../domain/assignment';
import { METERS, READING_KINDS, type Meter, type ReadingKind } from '../domain/meter';

export class AssignToVehicleBody {
  /** `device` is a tracker, which then tells where the vehicle is. */
  @ApiProperty({ enum: ASSIGNMENT_KINDS, example: 'driver' })
  @IsIn(ASSIGNMENT_KINDS)
  kind: AssignmentKind;

  /**
   * The driver, the tracker or the trailer.
   * @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c
   */
  @IsUUID()
  subjectId: string;

  /** Default now. May be past or to come. */
  @ApiPropertyOptional({ type: String, format: 'date-time', example: '2026-03-01T06:00:00Z' })
  @MayBeAbsent()
  @IsTime()
  from?: string;

  /** Not counted itself; null is until further notice. */
  @ApiPropertyOptional({ type: String, format: 'date-time', nullable: true })
  @IsOptional()
  @IsTime()
  until?: string | null;

  /**
   * 1 is who drives, or the first trailer; 2 and 3 are those beside.
   * @example 1
   */
  @MayBeAbsent()
  @IsInt()
  @Min(1)
  @Max(3)
  slot?: number;

  @ApiPropertyOptional({ type: String, nullable: true })
  @IsOptional()
  @IsString()
  @MaxLength(500)
  note?: string | null;
}

export class EndAssignmentBody {
  /** Null is until further notice. */
  @ApiProperty({ type: String, format: 'date-time', nullable: true, example: '2035-03-01T18:00:00Z' })
  @ValidateIf((_body, value: unknown) => value !== null)
  @IsTime()
  until: string | null;
}

export class ListAssignmentsParams extends ListQuery {
  @AnyOf(ASSIGNMENT_KINDS)
  kind?: AssignmentKind[];

  @AnyOfIds()
  subjectId?: string[];

  /** Those that hold at this time. */
  @ApiPropertyOptional({ type: String, format: 'date-time' })
  @MayBeAbsent()
  @IsTime()
  at?: string;
}

/** Who or what is with a vehicle, and when. */
export class FleetAssignmentView {
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6e */
  id: string;
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6d */
  vehicleId: string;
  @ApiProperty({ enum: ASSIGNMENT_KINDS, example: 'driver' })
  kind: AssignmentKind;
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c */
  subjectId: string;
  /** @example 1 */
  slot: number;
  /** @example 2026-03-01T06:00:00.000Z */
  from: string;
  until: string | null;
  note: string | null;
  /** @example 2026-03-01T12:00:00.000Z */
  createdAt: string;
}

export class RecordReadingBody {
  @ApiProperty({ enum: METERS, example: 'odometer' })
  @IsIn(METERS)
  meter: Meter;

  /** What the meter shows: metres, or seconds of the engine. */
  @ApiProperty({ type: 'integer', example: 84213000 })
  @IsInt()
  @Min(0)
  @Max(10_000_000_000)
  shown: number;

  /** `correction`: an earlier reading was wrong. `replacement`: another meter from here on. Default `reading`. */
  @ApiPropertyOptional({ enum: READING_KINDS, example: 'reading' })
  @MayBeAbsent()
  @IsIn(READING_KINDS)
  kind?: ReadingKind;

  /** When it was read; default now. */
  @ApiPropertyOptional({ type: String, format: 'date-time', example: '2026-03-01T12:00:00Z' })
  @MayBeAbsent()
  @IsTime()
  at?: string;

  /** Needed for corrections and replacements. */
  @ApiPropertyOptional({ type: String, nullable: true })
  @IsOptional()
  @IsString()
  @Length(1, 500)
  reason?: string | null;
}

export class ListReadingsParams extends ListQuery {
  @AnyOf(METERS)
  meter?: Meter[];

  @TimeRangeFilter()
  at?: TimeRange;
}

/** What a meter showed. */
export class MeterReadingView {
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6f */
  id: string;
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6d */
  vehicleId: string;
  @ApiProperty({ enum: METERS, example: 'odometer' })
  meter: Meter;
  @ApiProperty({ enum: READING_KINDS, example: 'reading' })
  kind: ReadingKind;
  /** @example 84213000 */
  shown: number;
  /**
   * Over the life of the vehicle.
   * @example 84213000
   */
  total: number;
  /** @example 2026-03-01T12:00:00.000Z */
  at: string;
  /**
   * `manual`, or what it came with: `fuel`, `inspection`; `device`: the tracker told it; `estimate`: reckoned from trips.
   * @example manual
   */
  source: string;
  reason: string | null;
  recordedBy: string | null;
  /** @example 2026-03-01T12:00:00.000Z */
  recordedAt: string;
}
