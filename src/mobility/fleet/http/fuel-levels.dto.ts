import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsIn,
  IsOptional,
  IsString,
  IsUUID,
  Length,
  Matches,
  ValidateNested,
} from 'class-validator';
import { MayBeAbsent } from '../../../kernel/http/may-be-absent';
import { AnyOf, AnyOfIds, IsTime, ListQuery, TimeRange, TimeRangeFilter } from '../../../kernel/http/pagination';
import { FUEL_CHANGE_STATES, FUEL_UNITS, type FuelChangeState, type FuelUnit } from '../domain/fuel';
import { CalibrationPointBody } from './fleet-vehicles.dto';
import { FuelPlace } from './fuel-entries.dto';

const KINDS = ['refill', 'drop'] as const;

export class CreateFuelSensorBody {
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6d */
  @IsUUID()
  vehicleId: string;

  /**
   * Which attribute of the tracker's positions tells it.
   * @example fuel
   */
  @IsString()
  @Length(1, 60)
  @Matches(/^[A-Za-z][A-Za-z0-9_.-]*$/, { message: 'attribute must be the name of an attribute such as fuel' })
  attribute: string;

  /** From when on; default now. */
  @ApiPropertyOptional({ type: String, format: 'date-time', example: '2026-03-01T06:00:00Z' })
  @MayBeAbsent()
  @IsTime()
  from?: string;

  /** What values mean, in litres, kilograms or kilowatt hours. Without it the vehicle's `calibration`, else percent of its tank. */
  @ApiPropertyOptional({
    type: [CalibrationPointBody],
    example: [
      { raw: 0, amount: 0 },
      { raw: 1023, amount: 75 },
    ],
  })
  @MayBeAbsent()
  @IsArray()
  @ArrayMinSize(2)
  @ArrayMaxSize(200)
  @ValidateNested({ each: true })
  @Type(() => CalibrationPointBody)
  points?: CalibrationPointBody[];
}

export class ListFuelSensorsParams extends ListQuery {
  @AnyOfIds()
  vehicleId?: string[];
}

/** What the sensor of a tank means, from a moment on. */
export class FuelSensorView {
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b92 */
  id: string;
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6d */
  vehicleId: string;
  /** @example fuel */
  attribute: string;
  /** @example 2026-03-01T06:00:00.000Z */
  from: string;
  /** Litres, kilograms or kilowatt hours. */
  points: CalibrationPointBody[];
  createdAt: string;
}

export class ListFuelLevelsParams extends ListQuery {
  @ApiProperty({ type: String, format: 'uuid' })
  @IsUUID()
  vehicleId: string;

  @TimeRangeFilter()
  at?: TimeRange;
}

export class FuelLevelView {
  id: string;
  /** @example 2026-03-01T06:09:30.000Z */
  at: string;
  /** @example 41200 */
  quantity: number;
  @ApiProperty({ enum: FUEL_UNITS, nullable: true, example: 'ml' })
  unit: FuelUnit | null;
}

export class MakeFuelLevelsBody {
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6d */
  @IsUUID()
  vehicleId: string;

  /** @example 2026-03-01T00:00:00Z */
  @IsTime()
  from: string;

  /**
   * At most 7 days later.
   * @example 2026-03-02T00:00:00Z
   */
  @IsTime()
  to: string;
}

export class MadeFuelLevelsView {
  /** @example 144 */
  levels: number;
  /**
   * Refills and drops.
   * @example 1
   */
  changes: number;
}

export class ListFuelChangesParams extends ListQuery {
  @AnyOfIds()
  vehicleId?: string[];

  @AnyOfIds()
  driverId?: string[];

  @AnyOf(KINDS)
  kind?: ('refill' | 'drop')[];

  @AnyOf(FUEL_CHANGE_STATES)
  state?: FuelChangeState[];

  @TimeRangeFilter()
  beganAt?: TimeRange;
}

export class DecideFuelChangeBody {
  @ApiProperty({ enum: ['confirmed', 'dismissed'], example: 'dismissed' })
  @IsIn(['confirmed', 'dismissed'])
  state: 'confirmed' | 'dismissed';

  /** What is dismissed has one. */
  @ApiPropertyOptional({ type: String, nullable: true, example: 'The workshop emptied the tank.' })
  @IsOptional()
  @IsString()
  @Length(1, 500)
  reason?: string | null;
}

export class MatchedFuelEntryView {
  id: string;
  /** @example 52340 */
  quantity: number;
  /**
   * How much more was entered than the sensor saw.
   * @example 340
   */
  difference: number;
  /**
   * By more than a tenth.
   * @example false
   */
  suspicious: boolean;
}

/** A refill, or fuel that was lost while the vehicle stood, as the sensor of the tank saw it. */
export class FuelChangeView {
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b93 */
  id: string;
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6d */
  vehicleId: string;
  driverId: string | null;
  @ApiProperty({ enum: KINDS, example: 'drop' })
  kind: 'refill' | 'drop';
  /** @example 2026-03-01T02:10:00.000Z */
  beganAt: string;
  /** @example 2026-03-01T02:20:00.000Z */
  endedAt: string;
  /**
   * In `unit`, as all of them.
   * @example 60000
   */
  before: number;
  /** @example 30000 */
  after: number;
  /**
   * Without what the engine burned meanwhile.
   * @example 30000
   */
  quantity: number;
  /**
   * Between the readings next to it, as the sensor said them.
   * @example 30400
   */
  rawQuantity: number;
  @ApiProperty({ enum: FUEL_UNITS, nullable: true, example: 'ml' })
  unit: FuelUnit | null;
  location: FuelPlace;
  /** `withdrawn`: positions that came later say that there was none. */
  @ApiProperty({ enum: FUEL_CHANGE_STATES, example: 'open' })
  state: FuelChangeState;
  reason: string | null;
  decidedBy: string | null;
  decidedAt: string | null;
  /** What was entered within half an hour and 500 metres of a refill. */
  @ApiProperty({ type: MatchedFuelEntryView, nullable: true })
  entry: MatchedFuelEntryView | null;
}

export class FuelConsumptionParams {
  @ApiProperty({ type: String, format: 'uuid' })
  @IsUUID()
  vehicleId: string;

  @ApiProperty({ type: String, format: 'date-time', example: '2026-03-01T00:00:00Z' })
  @IsTime()
  from: string;

  @ApiProperty({ type: String, format: 'date-time', example: '2026-04-01T00:00:00Z' })
  @IsTime()
  to: string;
}

export class UsedFuelView {
  /**
   * Millilitres, grams or watt hours.
   * @example 92000
   */
  quantity: number;
  /** @example 1000000 */
  metres: number;
  /**
   * Litres, kilograms or kilowatt hours for 100 km; null where it was not driven.
   * @example 9.2
   */
  per100Km: number | null;
  /** @example 2026-03-01T06:00:00.000Z */
  from: string;
  /** @example 2026-03-30T06:00:00.000Z */
  to: string;
}

export class FullToFullView extends UsedFuelView {
  /**
   * Full tanks whose odometer is known.
   * @example 4
   */
  tanks: number;
}

export class FuelConsumptionView {
  vehicleId: string;
  @ApiProperty({ enum: FUEL_UNITS, nullable: true, example: 'ml' })
  unit: FuelUnit | null;
  /** Between the first and the last full tank of the period; null where there are no two. */
  @ApiProperty({ type: FullToFullView, nullable: true })
  fullToFull: FullToFullView | null;
  /**
   * By the sensor of the tank and the trips. Null where there is none, and where the level rose by more than refills and
   * charges that were seen.
   */
  @ApiProperty({ type: UsedFuelView, nullable: true })
  sensor: UsedFuelView | null;
}
