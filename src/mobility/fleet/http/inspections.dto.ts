import { ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsBoolean,
  IsInt,
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
import { AnyOfIds, ListQuery, TimeRange, TimeRangeFilter } from '../../../kernel/http/pagination';
import { ToBoolean } from './fleet-fields';
import { IsCurrencyCode } from './maintenance.dto';

export class ChecklistItemBody {
  /** @example brakes */
  @Matches(/^[a-z0-9][a-z0-9-]{0,39}$/)
  key: string;

  /** @example Brakes */
  @IsString()
  @Length(1, 120)
  label: string;

  /**
   * Without it the vehicle may not be driven.
   * @example true
   */
  @IsBoolean()
  critical: boolean;

  /** @example false */
  @IsBoolean()
  photoRequired: boolean;
}

export class CreateChecklistBody {
  /** @example Before the day */
  @IsString()
  @Length(1, 120)
  @Matches(/\S/, { message: 'name must not be blank' })
  name: string;

  /** @example [{"key": "brakes", "label": "Brakes", "critical": true, "photoRequired": false}] */
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(100)
  @ValidateNested({ each: true })
  @Type(() => ChecklistItemBody)
  items: ChecklistItemBody[];

  /**
   * ISO 4217, of work orders for what it finds.
   * @example EUR
   */
  @IsCurrencyCode()
  currency: string;
}

export class ChangeChecklistBody {
  /** @example Before the day */
  @MayBeAbsent()
  @IsString()
  @Length(1, 120)
  @Matches(/\S/, { message: 'name must not be blank' })
  name?: string;

  @MayBeAbsent()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(100)
  @ValidateNested({ each: true })
  @Type(() => ChecklistItemBody)
  items?: ChecklistItemBody[];

  @ApiPropertyOptional({ type: String, example: 'EUR' })
  @MayBeAbsent()
  @IsCurrencyCode()
  currency?: string;

  @MayBeAbsent()
  @IsBoolean()
  active?: boolean;
}

export class ListChecklistsParams extends ListQuery {
  @ApiPropertyOptional({ type: Boolean })
  @MayBeAbsent()
  @ToBoolean()
  @IsBoolean()
  active?: boolean;
}

/** What is looked at. */
export class ChecklistView {
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b67 */
  id: string;
  /** @example Before the day */
  name: string;
  items: ChecklistItemBody[];
  /** @example EUR */
  currency: string;
  /** @example true */
  active: boolean;
  /** @example 2026-03-01T12:00:00.000Z */
  createdAt: string;
}

export class InspectionResultBody {
  /** @example brakes */
  @IsString()
  @Length(1, 40)
  key: string;

  /** @example false */
  @IsBoolean()
  ok: boolean;

  @ApiPropertyOptional({ type: String, nullable: true, example: 'Soft pedal' })
  @IsOptional()
  @IsString()
  @MaxLength(1_000)
  note?: string | null;

  /** Pictures: files of the organization. */
  @MayBeAbsent()
  @IsArray()
  @ArrayMaxSize(10)
  @IsUUID(undefined, { each: true })
  fileIds?: string[];
}

export class InspectVehicleBody {
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6d */
  @IsUUID()
  vehicleId: string;

  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b67 */
  @IsUUID()
  checklistId: string;

  /**
   * Every item of the checklist, once.
   * @example [{"key": "brakes", "ok": false, "note": "Soft pedal"}]
   */
  @IsArray()
  @ArrayMaxSize(100)
  @ValidateNested({ each: true })
  @Type(() => InspectionResultBody)
  results: InspectionResultBody[];

  /** What the odometer shows. */
  @ApiPropertyOptional({ type: 'integer', nullable: true, example: 84213000 })
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(10_000_000_000)
  odometerMetres?: number | null;

  @ApiPropertyOptional({ type: String, nullable: true })
  @IsOptional()
  @IsString()
  @MaxLength(2_000)
  note?: string | null;
}

export class ListInspectionsParams extends ListQuery {
  @AnyOfIds()
  vehicleId?: string[];

  @ApiPropertyOptional({ type: Boolean })
  @MayBeAbsent()
  @ToBoolean()
  @IsBoolean()
  passed?: boolean;

  @TimeRangeFilter()
  at?: TimeRange;
}

export class InspectionResultView {
  /** @example brakes */
  key: string;
  /** @example Brakes */
  label: string;
  /** @example false */
  ok: boolean;
  /** @example Soft pedal */
  note: string | null;
  fileIds: string[];
}

/** A look at a vehicle by a checklist. */
export class InspectionView {
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b68 */
  id: string;
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6d */
  vehicleId: string;
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b67 */
  checklistId: string;
  inspectedBy: string | null;
  /** @example 2026-03-01T12:00:00.000Z */
  at: string;
  /** @example 84213000 */
  odometerMetres: number | null;
  /** @example false */
  passed: boolean;
  results: InspectionResultView[];
  note: string | null;
  /** The order for what was wrong. */
  workOrderId: string | null;
}
