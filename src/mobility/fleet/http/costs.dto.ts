import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  IsDefined,
  IsIn,
  IsInt,
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
import { AnyOf, AnyOfIds, IsTime, ListQuery } from '../../../kernel/http/pagination';
import { COST_CATEGORIES, COST_INTERVALS, type CostCategory, type CostInterval } from '../domain/costs';
import { IsDay } from './fleet-fields';
import { FleetMoney } from './maintenance.dto';

export abstract class CostPapers {
  @ApiPropertyOptional({ type: String, nullable: true, example: 'Allianz' })
  @IsOptional()
  @IsString()
  @Length(1, 120)
  vendor?: string | null;

  /** Number of the bill or the contract. */
  @ApiPropertyOptional({ type: String, nullable: true, example: 'INV-2026-118' })
  @IsOptional()
  @IsString()
  @Length(1, 120)
  reference?: string | null;

  @ApiPropertyOptional({ type: String, nullable: true })
  @IsOptional()
  @IsString()
  @MaxLength(1000)
  note?: string | null;
}

export abstract class CostFields extends CostPapers {
  /** Whose it is, such as a fine; without it whoever was with the vehicle. */
  @ApiPropertyOptional({ type: String, format: 'uuid', nullable: true })
  @IsOptional()
  @IsUUID()
  driverId?: string | null;

  /** When it was owed; it is a cost of that day. Give it, or a period. */
  @ApiPropertyOptional({ type: String, format: 'date-time', nullable: true })
  @IsOptional()
  @IsTime()
  at?: string | null;

  /** The first day of a period over which the amount is spread evenly, to the cent. */
  @ApiPropertyOptional({ type: String, format: 'date', nullable: true, example: '2026-01-01' })
  @IsOptional()
  @IsDay()
  firstDay?: string | null;

  /** The last day of it. */
  @ApiPropertyOptional({ type: String, format: 'date', nullable: true, example: '2026-12-31' })
  @IsOptional()
  @IsDay()
  lastDay?: string | null;

  /** The bill: a file of the organization. */
  @ApiPropertyOptional({ type: String, format: 'uuid', nullable: true })
  @IsOptional()
  @IsUUID()
  fileId?: string | null;
}

export class EnterFleetCostBody extends CostFields {
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6d */
  @IsUUID()
  vehicleId: string;

  @ApiProperty({ enum: COST_CATEGORIES, example: 'insurance' })
  @IsIn(COST_CATEGORIES)
  category: CostCategory;

  @IsDefined()
  @ValidateNested()
  @Type(() => FleetMoney)
  amount: FleetMoney;
}

export class ChangeFleetCostBody extends CostFields {
  @ApiPropertyOptional({ enum: COST_CATEGORIES })
  @MayBeAbsent()
  @IsIn(COST_CATEGORIES)
  category?: CostCategory;

  @MayBeAbsent()
  @ValidateNested()
  @Type(() => FleetMoney)
  amount?: FleetMoney;
}

export class ListFleetCostsParams extends ListQuery {
  @AnyOfIds()
  vehicleId?: string[];

  @AnyOfIds()
  driverId?: string[];

  @AnyOfIds()
  seriesId?: string[];

  @AnyOf(COST_CATEGORIES)
  category?: CostCategory[];

  /** Those that have this day or a later one. */
  @ApiPropertyOptional({ type: String, format: 'date', example: '2026-01-01' })
  @MayBeAbsent()
  @IsDay()
  from?: string;

  /** Those that have a day before this one. */
  @ApiPropertyOptional({ type: String, format: 'date', example: '2046-01-01' })
  @MayBeAbsent()
  @IsDay()
  to?: string;
}

/** What a vehicle cost, on a day or spread over days. */
export class FleetCostView {
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b60 */
  id: string;
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6d */
  vehicleId: string;
  /** @example Van 7 */
  vehicleName: string;
  driverId: string | null;
  @ApiProperty({ enum: COST_CATEGORIES, example: 'insurance' })
  category: CostCategory;
  amount: FleetMoney;
  at: string | null;
  /** @example 2026-01-01 */
  firstDay: string;
  /** @example 2026-12-31 */
  lastDay: string;
  vendor: string | null;
  reference: string | null;
  note: string | null;
  fileId: string | null;
  /** The recurring cost of which it is a period. */
  seriesId: string | null;
  /** @example 2026-03-01T12:00:00.000Z */
  createdAt: string;
}

export class EnterRecurringCostBody extends CostPapers {
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6d */
  @IsUUID()
  vehicleId: string;

  @ApiProperty({ enum: COST_CATEGORIES, example: 'lease' })
  @IsIn(COST_CATEGORIES)
  category: CostCategory;

  /** Of each period. */
  @IsDefined()
  @ValidateNested()
  @Type(() => FleetMoney)
  amount: FleetMoney;

  @ApiProperty({ enum: COST_INTERVALS, example: 'month' })
  @IsIn(COST_INTERVALS)
  every: CostInterval;

  /** The first day of the first period. */
  @ApiProperty({ type: String, format: 'date', example: '2026-01-01' })
  @IsDay()
  beginsOn: string;

  /** Periods that begin after it are not entered; without it for ever, or until the vehicle is retired. */
  @ApiPropertyOptional({ type: String, format: 'date', nullable: true, example: '2045-12-31' })
  @IsOptional()
  @IsDay()
  endsOn?: string | null;
}

export class ChangeRecurringCostBody extends CostPapers {
  /** Of each period that is not entered yet. */
  @MayBeAbsent()
  @ValidateNested()
  @Type(() => FleetMoney)
  amount?: FleetMoney;

  @ApiPropertyOptional({ type: String, format: 'date', nullable: true, example: '2046-12-31' })
  @IsOptional()
  @IsDay()
  endsOn?: string | null;
}

export class ListRecurringCostsParams extends ListQuery {
  @AnyOfIds()
  vehicleId?: string[];

  @AnyOf(COST_CATEGORIES)
  category?: CostCategory[];
}

/** A cost that comes back; each period is an entry of its own. */
export class RecurringCostView {
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b62 */
  id: string;
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6d */
  vehicleId: string;
  /** @example Van 7 */
  vehicleName: string;
  @ApiProperty({ enum: COST_CATEGORIES, example: 'lease' })
  category: CostCategory;
  amount: FleetMoney;
  @ApiProperty({ enum: COST_INTERVALS, example: 'month' })
  every: CostInterval;
  /** @example 2026-01-01 */
  beginsOn: string;
  endsOn: string | null;
  vendor: string | null;
  reference: string | null;
  note: string | null;
  /**
   * Periods that are entered already.
   * @example 3
   */
  made: number;
  /** @example 2026-03-01T12:00:00.000Z */
  createdAt: string;
}

export class PurchaseBody {
  @IsDefined()
  @ValidateNested()
  @Type(() => FleetMoney)
  price: FleetMoney;

  /** What it is worth at the end of its life; default nothing. */
  @MayBeAbsent()
  @ValidateNested()
  @Type(() => FleetMoney)
  residual?: FleetMoney;

  @ApiProperty({ type: String, format: 'date', example: '2025-07-01' })
  @IsDay()
  purchasedOn: string;

  /** Written off in a straight line over so many months; or by distance. */
  @ApiPropertyOptional({ type: 'integer', nullable: true, example: 60 })
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(600)
  lifeMonths?: number | null;

  /** Written off by the metres of its odometer, of so many; trips alone move no odometer. */
  @ApiPropertyOptional({ type: 'integer', nullable: true })
  @IsOptional()
  @IsInt()
  @Min(1_000)
  @Max(10_000_000_000)
  lifeMetres?: number | null;

  /**
   * Metres on its odometer when it was bought; default 0.
   * @example 0
   */
  @MayBeAbsent()
  @IsInt()
  @Min(0)
  @Max(10_000_000_000)
  purchaseMetres?: number;
}
