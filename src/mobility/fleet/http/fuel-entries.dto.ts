import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  IsBoolean,
  IsIn,
  IsInt,
  IsLatitude,
  IsLongitude,
  IsNumber,
  IsOptional,
  IsString,
  IsUUID,
  Length,
  Max,
  MaxLength,
  Min,
  ValidateNested,
} from 'class-validator';
import { MayBeAbsent } from '../../../kernel/http/may-be-absent';
import { AnyOf, AnyOfIds, IsTime, ListQuery, TimeRange, TimeRangeFilter } from '../../../kernel/http/pagination';
import { FUEL_SOURCES, FUEL_UNITS, FUELS, type Fuel, type FuelSource, type FuelUnit } from '../domain/fuel';
import { FleetMoney } from './maintenance.dto';

export class FuelPlace {
  /** @example 48.2 */
  @IsNumber()
  @IsLatitude()
  lat: number;

  /** @example 16.37 */
  @IsNumber()
  @IsLongitude()
  lng: number;
}

export abstract class FuelEntryFields {
  /** Default: what the vehicle is driven by. */
  @ApiPropertyOptional({ enum: FUELS, example: 'diesel' })
  @MayBeAbsent()
  @IsIn(FUELS)
  fuelType?: Fuel;

  /**
   * The tank was full afterwards; default false.
   * @example true
   */
  @MayBeAbsent()
  @IsBoolean()
  full?: boolean;

  /** What all of it cost; null where that is not known. */
  @ApiPropertyOptional({ type: FleetMoney, nullable: true, example: { amount: 8369, currency: 'EUR' } })
  @IsOptional()
  @ValidateNested()
  @Type(() => FleetMoney)
  total?: FleetMoney | null;

  /** Where it was filled in. */
  @ApiPropertyOptional({ type: String, nullable: true, example: 'Station Nord, Vienna' })
  @IsOptional()
  @IsString()
  @Length(1, 200)
  station?: string | null;

  @ApiPropertyOptional({ type: FuelPlace, nullable: true })
  @IsOptional()
  @ValidateNested()
  @Type(() => FuelPlace)
  location?: FuelPlace | null;

  @ApiPropertyOptional({ type: String, nullable: true })
  @IsOptional()
  @IsString()
  @MaxLength(1000)
  note?: string | null;

  /** A file of the organization, such as a picture of the receipt. */
  @ApiPropertyOptional({ type: String, format: 'uuid', nullable: true })
  @IsOptional()
  @IsUUID()
  fileId?: string | null;

  /** Default: who drove then. */
  @ApiPropertyOptional({ type: String, format: 'uuid', nullable: true })
  @IsOptional()
  @IsUUID()
  driverId?: string | null;
}

export class EnterFuelBody extends FuelEntryFields {
  /**
   * Millilitres; grams of gas, watt hours of electricity.
   * @example 52340
   */
  @IsInt()
  @Min(1)
  @Max(100_000_000)
  quantity: number;

  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6d */
  @IsUUID()
  vehicleId: string;

  /** Default now. */
  @ApiPropertyOptional({ type: String, format: 'date-time', example: '2026-03-01T06:00:00Z' })
  @MayBeAbsent()
  @IsTime()
  at?: string;

  /** What the odometer showed, metres; becomes a reading of that meter. */
  @ApiPropertyOptional({ type: 'integer', nullable: true, example: 84210000 })
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(100_000_000_000)
  odometer?: number | null;
}

export class ChangeFuelEntryBody extends FuelEntryFields {
  /**
   * Millilitres; grams of gas, watt hours of electricity.
   * @example 52340
   */
  @MayBeAbsent()
  @IsInt()
  @Min(1)
  @Max(100_000_000)
  quantity?: number;
}

export class ListFuelEntriesParams extends ListQuery {
  @AnyOfIds()
  vehicleId?: string[];

  @AnyOfIds()
  driverId?: string[];

  @AnyOf(FUEL_SOURCES)
  source?: FuelSource[];

  @TimeRangeFilter()
  at?: TimeRange;
}

/** What was filled into a vehicle. */
export class FuelEntryView {
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b91 */
  id: string;
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6d */
  vehicleId: string;
  driverId: string | null;
  /** @example 2026-03-01T06:00:00.000Z */
  at: string;
  @ApiProperty({ enum: FUELS, example: 'diesel' })
  fuelType: Fuel;
  /**
   * In `unit`.
   * @example 52340
   */
  quantity: number;
  /** Millilitres, grams or watt hours. */
  @ApiProperty({ enum: FUEL_UNITS, example: 'ml' })
  unit: FuelUnit;
  /** @example true */
  full: boolean;
  @ApiProperty({ type: FleetMoney, nullable: true })
  total: FleetMoney | null;
  /**
   * Over the life of the vehicle.
   * @example 84210000
   */
  odometerMetres: number | null;
  /** Told by people, from a row of a fuel card, or seen by the sensor of the tank. */
  @ApiProperty({ enum: FUEL_SOURCES, example: 'manual' })
  source: FuelSource;
  /** @example Station Nord, Vienna */
  station: string | null;
  @ApiProperty({ type: FuelPlace, nullable: true })
  location: FuelPlace | null;
  note: string | null;
  fileId: string | null;
  /**
   * More than the tank holds.
   * @example false
   */
  exceedsTank: boolean;
  enteredBy: string | null;
  createdAt: string;
}
