import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsIn,
  IsInt,
  IsNumber,
  IsOptional,
  IsString,
  IsUUID,
  Length,
  Matches,
  Max,
  MaxLength,
  Min,
  ValidateNested,
} from 'class-validator';
import { MayBeAbsent } from '../../../kernel/http/may-be-absent';
import { AnyOf, AnyOfIds, ListQuery } from '../../../kernel/http/pagination';
import {
  FUEL_TYPES,
  METERS_FROM,
  VEHICLE_CLASSES,
  VEHICLE_STATES,
  type FuelType,
  type MetersFrom,
  type VehicleClass,
  type VehicleState,
} from '../domain/vehicle';
import { NamedFleetThingView } from './drivers.dto';

const Amount = (): PropertyDecorator => IsNumber({ allowNaN: false, allowInfinity: false });

export class CalibrationPointBody {
  /** What the sensor says. */
  @ApiProperty({ type: Number, example: 512.5, minimum: -1_000_000, maximum: 1_000_000 })
  @Amount()
  @Min(-1_000_000)
  @Max(1_000_000)
  raw: number;

  /** What is in the tank then, in the unit of the fuel. */
  @ApiProperty({ type: Number, example: 37.5 })
  @Amount()
  @Min(0)
  @Max(100_000)
  amount: number;
}

export abstract class VehicleFields {
  @ApiPropertyOptional({ type: String, format: 'uuid', nullable: true })
  @IsOptional()
  @IsUUID()
  fleetId?: string | null;

  /** Vehicle identification number (ISO 3779); its check digit is verified for vehicles of North America and China. */
  @ApiPropertyOptional({ type: String, nullable: true, example: 'WVWZZZ1JZXW000001' })
  @IsOptional()
  @IsString()
  @Length(17, 25)
  vin?: string | null;

  /** Compared by its letters and digits alone. */
  @ApiPropertyOptional({ type: String, nullable: true, example: 'W 12345 X' })
  @IsOptional()
  @IsString()
  @Length(1, 20)
  @Matches(/[\p{L}\p{N}]/u, { message: 'plate must have letters or digits' })
  plate?: string | null;

  @ApiPropertyOptional({ type: String, nullable: true, example: 'Volkswagen' })
  @IsOptional()
  @IsString()
  @MaxLength(60)
  make?: string | null;

  @ApiPropertyOptional({ type: String, nullable: true, example: 'Crafter' })
  @IsOptional()
  @IsString()
  @MaxLength(60)
  model?: string | null;

  @ApiPropertyOptional({ type: 'integer', nullable: true, example: 2024 })
  @IsOptional()
  @IsInt()
  @Min(1900)
  @Max(2200)
  modelYear?: number | null;

  @ApiPropertyOptional({ enum: FUEL_TYPES, example: 'diesel' })
  @MayBeAbsent()
  @IsIn(FUEL_TYPES)
  fuelType?: FuelType;

  /** Litres; kilograms of gas and hydrogen, kilowatt hours of electric ones. */
  @ApiPropertyOptional({ type: Number, nullable: true, example: 75 })
  @IsOptional()
  @Amount()
  @Min(0.1)
  @Max(100_000)
  tankCapacity?: number | null;

  /** What it should use for 100 km (a machine: an hour), in the same unit. */
  @ApiPropertyOptional({ type: Number, nullable: true, example: 9.5 })
  @IsOptional()
  @Amount()
  @Min(0.01)
  @Max(10_000)
  consumptionNorm?: number | null;

  /** What the fuel sensor's values mean; between two points the amount is on a straight line. */
  @ApiPropertyOptional({
    type: [CalibrationPointBody],
    example: [
      { raw: 0, amount: 0 },
      { raw: 1023, amount: 75 },
    ],
  })
  @MayBeAbsent()
  @IsArray()
  @ArrayMaxSize(200)
  @ValidateNested({ each: true })
  @Type(() => CalibrationPointBody)
  calibration?: CalibrationPointBody[];

  /**
   * Who says what odometer and engine hours show: `typed`, people alone; `device`, the tracker too, by the attributes `odometer` and
   * `totalDistance` (metres) and `hours` (milliseconds); `estimated`, trips and idling where the tracker does not say. What people
   * read comes first.
   */
  @ApiPropertyOptional({ enum: METERS_FROM, default: 'device', example: 'device' })
  @MayBeAbsent()
  @IsIn(METERS_FROM)
  metersFrom?: MetersFrom;
}

export class CreateFleetVehicleBody extends VehicleFields {
  /** @example Van 7 */
  @IsString()
  @Length(1, 120)
  @Matches(/\S/, { message: 'name must not be blank' })
  name: string;

  /** Driving is judged by class; a `trailer` is pulled. */
  @ApiProperty({ enum: VEHICLE_CLASSES, example: 'van' })
  @IsIn(VEHICLE_CLASSES)
  class: VehicleClass;
}

export class ChangeFleetVehicleBody extends VehicleFields {
  /** @example Van 7 */
  @MayBeAbsent()
  @IsString()
  @Length(1, 120)
  @Matches(/\S/, { message: 'name must not be blank' })
  name?: string;

  @ApiPropertyOptional({ enum: VEHICLE_CLASSES, example: 'van' })
  @MayBeAbsent()
  @IsIn(VEHICLE_CLASSES)
  class?: VehicleClass;
}

export class MoveFleetVehicleBody {
  @ApiProperty({ enum: VEHICLE_STATES, example: 'out_of_service' })
  @IsIn(VEHICLE_STATES)
  state: VehicleState;

  @ApiPropertyOptional({ type: String, nullable: true, example: 'Windscreen broken' })
  @IsOptional()
  @IsString()
  @MaxLength(500)
  reason?: string | null;
}

export class ListFleetVehiclesParams extends ListQuery {
  @AnyOfIds()
  fleetId?: string[];

  @AnyOf(['vehicle', 'trailer'])
  kind?: ('vehicle' | 'trailer')[];

  @AnyOf(VEHICLE_CLASSES)
  class?: VehicleClass[];

  @AnyOf(VEHICLE_STATES)
  state?: VehicleState[];

  /** Who drives it now. */
  @AnyOfIds()
  driverId?: string[];

  @MayBeAbsent()
  @IsString()
  @MaxLength(17)
  vin?: string;

  @MayBeAbsent()
  @IsString()
  @MaxLength(20)
  plate?: string;
}

/** A vehicle or a trailer. */
export class FleetVehicleView {
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6d */
  id: string;
  @ApiProperty({ enum: ['vehicle', 'trailer'], example: 'vehicle' })
  kind: 'vehicle' | 'trailer';
  fleetId: string | null;
  /** @example Van 7 */
  name: string;
  /** @example WVWZZZ1JZXW000001 */
  vin: string | null;
  /** @example W 12345 X */
  plate: string | null;
  @ApiProperty({ enum: VEHICLE_CLASSES, example: 'van' })
  class: VehicleClass;
  /** @example Volkswagen */
  make: string | null;
  /** @example Crafter */
  model: string | null;
  /** @example 2024 */
  modelYear: number | null;
  @ApiProperty({ enum: FUEL_TYPES, example: 'diesel' })
  fuelType: FuelType;
  @ApiProperty({ enum: ['l', 'kg', 'kWh'], nullable: true, example: 'l' })
  fuelUnit: 'l' | 'kg' | 'kWh' | null;
  /** @example 75 */
  tankCapacity: number | null;
  /** @example 9.5 */
  consumptionNorm: number | null;
  calibration: CalibrationPointBody[];
  @ApiProperty({ enum: METERS_FROM, example: 'device' })
  metersFrom: MetersFrom;
  @ApiProperty({ enum: VEHICLE_STATES, example: 'in_service' })
  state: VehicleState;
  stateReason: string | null;
  /** @example 2026-03-01T12:00:00.000Z */
  stateSince: string;
  /**
   * Metres over its life, whatever meters were exchanged.
   * @example 84213000
   */
  odometerMetres: number;
  /** @example 2026-03-01T12:00:00.000Z */
  odometerAt: string | null;
  /**
   * Seconds that the engine ran.
   * @example 5400000
   */
  engineSeconds: number;
  engineAt: string | null;
  /** Who drives it now. */
  @ApiProperty({ type: NamedFleetThingView, nullable: true })
  driver: NamedFleetThingView | null;
  /** The tracker that is in it now. */
  trackerId: string | null;
  /** Trailers that it pulls now. */
  trailerIds: string[];
  /**
   * Also the ETag.
   * @example 1
   */
  version: number;
  /** @example 2026-03-01T12:00:00.000Z */
  createdAt: string;
}
