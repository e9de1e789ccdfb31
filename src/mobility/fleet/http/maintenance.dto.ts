import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  IsDefined,
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
  ValidateBy,
  ValidateNested,
} from 'class-validator';
import { MayBeAbsent } from '../../../kernel/http/may-be-absent';
import { AnyOf, AnyOfIds, IsTime, ListQuery, TimeRange, TimeRangeFilter } from '../../../kernel/http/pagination';
import { isCurrency } from '../../../kernel/money/money';
import type { DueBy, DueState } from '../domain/maintenance';
import { LINE_KINDS, WORK_ORDER_STATES, type LineKind, type WorkOrderState } from '../domain/work-order';
import { IsDay } from './fleet-fields';

export const IsCurrencyCode = (): PropertyDecorator =>
  ValidateBy({
    name: 'isCurrency',
    validator: { validate: isCurrency, defaultMessage: () => 'currency must be an ISO 4217 code such as EUR' },
  });

export class FleetMoney {
  /**
   * Minor units.
   * @example 18900
   */
  @IsInt()
  @Min(0)
  @Max(1_000_000_000_000)
  amount: number;

  /** @example EUR */
  @IsCurrencyCode()
  currency: string;
}

export class CreateMaintenancePlanBody {
  /** @example Oil and filters */
  @IsString()
  @Length(1, 120)
  @Matches(/\S/, { message: 'name must not be blank' })
  name: string;

  /**
   * What is to be done; the work order says it.
   * @example ["Engine oil", "Oil filter"]
   */
  @MayBeAbsent()
  @IsArray()
  @ArrayMaxSize(50)
  @IsString({ each: true })
  @Length(1, 200, { each: true })
  tasks?: string[];

  @ApiPropertyOptional({ type: 'integer', nullable: true, example: 365 })
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(3650)
  everyDays?: number | null;

  @ApiPropertyOptional({ type: 'integer', nullable: true, example: 30000000 })
  @IsOptional()
  @IsInt()
  @Min(1_000)
  @Max(1_000_000_000)
  everyMetres?: number | null;

  /** Seconds of the engine. */
  @ApiPropertyOptional({ type: 'integer', nullable: true })
  @IsOptional()
  @IsInt()
  @Min(3_600)
  @Max(100_000_000)
  everySeconds?: number | null;

  /**
   * It is told ahead when so much of an interval is left; default 10.
   * @example 10
   */
  @MayBeAbsent()
  @IsInt()
  @Min(0)
  @Max(90)
  leadPercent?: number;

  /**
   * ISO 4217, of its work orders.
   * @example EUR
   */
  @IsCurrencyCode()
  currency: string;
}

export class MaintenancePlanView {
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b61 */
  id: string;
  /** @example Oil and filters */
  name: string;
  /** @example ["Engine oil", "Oil filter"] */
  tasks: string[];
  /** @example 365 */
  everyDays: number | null;
  /** @example 30000000 */
  everyMetres: number | null;
  everySeconds: number | null;
  /** @example 10 */
  leadPercent: number;
  /** @example EUR */
  currency: string;
  /** @example 2026-03-01T12:00:00.000Z */
  createdAt: string;
}

export class ScheduleMaintenanceBody {
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b61 */
  @IsUUID()
  planId: string;

  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6d */
  @IsUUID()
  vehicleId: string;

  /** When it was done last; default now. */
  @ApiPropertyOptional({ type: String, format: 'date-time', example: '2026-01-10T09:00:00Z' })
  @MayBeAbsent()
  @IsTime()
  lastAt?: string;

  /** What the vehicle had driven then; default what it has now. */
  @ApiPropertyOptional({ type: 'integer', example: 0 })
  @MayBeAbsent()
  @IsInt()
  @Min(0)
  @Max(10_000_000_000)
  lastMetres?: number;

  /** How long its engine had run then; default now. */
  @ApiPropertyOptional({ type: 'integer' })
  @MayBeAbsent()
  @IsInt()
  @Min(0)
  @Max(10_000_000_000)
  lastSeconds?: number;
}

const DUE_STATES = ['ok', 'upcoming', 'due'] as const;

export class ListMaintenanceSchedulesParams extends ListQuery {
  @AnyOfIds()
  vehicleId?: string[];

  @AnyOfIds()
  planId?: string[];

  @AnyOf(DUE_STATES)
  state?: DueState[];
}

/** A plan at a vehicle. */
export class MaintenanceScheduleView {
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b62 */
  id: string;
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b61 */
  planId: string;
  /** @example Oil and filters */
  planName: string;
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6d */
  vehicleId: string;
  /** @example Van 7 */
  vehicleName: string;
  /**
   * Counts how often it was done.
   * @example 1
   */
  cycle: number;
  @ApiProperty({ enum: DUE_STATES, example: 'ok' })
  state: DueState;
  @ApiProperty({ enum: ['date', 'distance', 'engine_hours'], nullable: true, example: 'distance' })
  dueBy: DueBy | null;
  /** @example 2026-01-10T09:00:00.000Z */
  lastAt: string;
  /** @example 0 */
  lastMetres: number;
  /** @example 0 */
  lastSeconds: number;
  /** @example 2027-01-10T09:00:00.000Z */
  dueAt: string | null;
  /** @example 30000000 */
  dueMetres: number | null;
  dueSeconds: number | null;
  /** @example 12000000 */
  metresLeft: number | null;
  secondsLeft: number | null;
}

export class CreateWarrantyBody {
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6d */
  @IsUUID()
  vehicleId: string;

  /** @example Manufacturer */
  @IsString()
  @Length(1, 120)
  name: string;

  /** @example 2026-01-01 */
  @IsDay()
  beginsOn: string;

  @ApiPropertyOptional({ type: String, format: 'date', nullable: true, example: '2036-12-31' })
  @IsOptional()
  @IsDay()
  endsOn?: string | null;

  @ApiPropertyOptional({ type: 'integer', nullable: true, example: 200000000 })
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(10_000_000_000)
  untilMetres?: number | null;

  @ApiPropertyOptional({ type: String, nullable: true })
  @IsOptional()
  @IsString()
  @MaxLength(120)
  provider?: string | null;
}

export class ListWarrantiesParams extends ListQuery {
  @AnyOfIds()
  vehicleId?: string[];
}

export class WarrantyView {
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b63 */
  id: string;
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6d */
  vehicleId: string;
  /** @example Manufacturer */
  name: string;
  /** @example 2026-01-01 */
  beginsOn: string;
  /** @example 2036-12-31 */
  endsOn: string | null;
  /** @example 200000000 */
  untilMetres: number | null;
  provider: string | null;
  /** @example true */
  holds: boolean;
}

export class OpenWorkOrderBody {
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6d */
  @IsUUID()
  vehicleId: string;

  /** @example Left mirror broken */
  @IsString()
  @Length(1, 200)
  title: string;

  @ApiPropertyOptional({ type: String, nullable: true })
  @IsOptional()
  @IsString()
  @MaxLength(4_000)
  description?: string | null;

  /** @example EUR */
  @IsCurrencyCode()
  currency: string;

  /** A person or a workshop. */
  @ApiPropertyOptional({ type: String, nullable: true, example: 'Harbour Garage' })
  @IsOptional()
  @IsString()
  @MaxLength(120)
  assignee?: string | null;
}

export class MoveWorkOrderBody {
  @ApiProperty({ enum: WORK_ORDER_STATES.slice(1), example: 'in_progress' })
  @IsIn(WORK_ORDER_STATES.slice(1))
  state: WorkOrderState;

  @ApiPropertyOptional({ type: String, nullable: true })
  @IsOptional()
  @IsString()
  @MaxLength(2_000)
  note?: string | null;
}

export class AddWorkOrderCostBody {
  @ApiProperty({ enum: ['labour', 'other'], example: 'labour' })
  @IsIn(['labour', 'other'])
  kind: 'labour' | 'other';

  /** @example Oil change */
  @IsString()
  @Length(1, 200)
  description: string;

  /**
   * Hours of labour, or pieces.
   * @example 1.5
   */
  @IsNumber({ allowNaN: false, allowInfinity: false })
  @Min(0.01)
  @Max(100_000)
  quantity: number;

  /** Of all of it. */
  @IsDefined()
  @ValidateNested()
  @Type(() => FleetMoney)
  total: FleetMoney;

  /** Who pays it in place of the fleet: a warranty that held when the order was opened. */
  @ApiPropertyOptional({ type: String, format: 'uuid', nullable: true })
  @IsOptional()
  @IsUUID()
  warrantyId?: string | null;
}

export class AddWorkOrderPartBody {
  /** @example OIL-5W30 */
  @IsString()
  @Length(1, 64)
  sku: string;

  /** @example 2 */
  @IsInt()
  @Min(1)
  @Max(10_000)
  quantity: number;

  @ApiPropertyOptional({ type: String, example: 'Engine oil 5W-30' })
  @MayBeAbsent()
  @IsString()
  @Length(1, 200)
  description?: string;

  /** Which pieces, of articles that have serial numbers. */
  @MayBeAbsent()
  @IsArray()
  @ArrayMaxSize(100)
  @IsString({ each: true })
  @Length(1, 64, { each: true })
  serials?: string[];

  /** What all of them cost; default what the stock knows that they cost. */
  @ApiPropertyOptional({ type: FleetMoney, nullable: true, example: { amount: 4200, currency: 'EUR' } })
  @IsOptional()
  @ValidateNested()
  @Type(() => FleetMoney)
  total?: FleetMoney | null;

  @ApiPropertyOptional({ type: String, format: 'uuid', nullable: true })
  @IsOptional()
  @IsUUID()
  warrantyId?: string | null;
}

export class ListWorkOrdersParams extends ListQuery {
  @AnyOfIds()
  vehicleId?: string[];

  @AnyOfIds()
  scheduleId?: string[];

  @AnyOf(WORK_ORDER_STATES)
  state?: WorkOrderState[];

  @TimeRangeFilter()
  openedAt?: TimeRange;
}

export class WorkOrderLineView {
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b65 */
  id: string;
  @ApiProperty({ enum: LINE_KINDS, example: 'labour' })
  kind: LineKind;
  /** @example Oil change */
  description: string;
  sku: string | null;
  /** @example 1.5 */
  quantity: number;
  total: FleetMoney;
  warrantyId: string | null;
}

export class WorkOrderDefectView {
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b66 */
  id: string;
  /** @example Brakes */
  label: string;
  /** @example true */
  critical: boolean;
  @ApiProperty({ enum: ['open', 'fixed', 'dismissed'], example: 'open' })
  state: 'open' | 'fixed' | 'dismissed';
  note: string | null;
}

/** Work on a vehicle. */
export class WorkOrderView {
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b64 */
  id: string;
  /** @example 17 */
  number: number;
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6d */
  vehicleId: string;
  /** @example Van 7 */
  vehicleName: string;
  /** The maintenance that it is of. */
  scheduleId: string | null;
  /** @example Left mirror broken */
  title: string;
  description: string | null;
  @ApiProperty({ enum: WORK_ORDER_STATES, example: 'open' })
  state: WorkOrderState;
  /** @example Harbour Garage */
  assignee: string | null;
  /** What the fleet pays. */
  cost: FleetMoney;
  /** What warranties pay. */
  covered: FleetMoney;
  lines: WorkOrderLineView[];
  defects: WorkOrderDefectView[];
  /** @example 2026-03-01T12:00:00.000Z */
  openedAt: string;
  startedAt: string | null;
  closedAt: string | null;
  closingNote: string | null;
  /** What the vehicle had driven when it was closed. */
  odometerMetres: number | null;
  engineSeconds: number | null;
}
