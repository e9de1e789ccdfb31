import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsIn,
  IsInt,
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
import { AnyOf, AnyOfIds, ListQuery, TimeRange, TimeRangeFilter } from '../../../kernel/http/pagination';
import {
  STATE_TARGETS,
  STOCK_STATES,
  UNAVAILABLE_STATES,
  type StockState,
  type UnavailableState,
} from '../domain/stock-state';
import { MOST_PIECES } from './inventory.dto';
import { LineSerials } from './line-serials';
import { UnitCostView } from './lots.dto';

export class StateChangeLineBody {
  /** @example "TEA-100" */
  @IsString()
  @Length(1, 64)
  sku: string;

  /** @example 2 */
  @IsInt()
  @Min(1)
  @Max(MOST_PIECES)
  quantity: number;

  /** The state that they are in. */
  @ApiProperty({ enum: STOCK_STATES, example: 'available' })
  @IsIn(STOCK_STATES)
  from: StockState;

  /** The state that they get; `written_off`: they leave the stock for good. */
  @ApiProperty({ enum: STATE_TARGETS, example: 'damaged' })
  @IsIn(STATE_TARGETS)
  to: StockState | 'written_off';

  /**
   * Kept in the log, and in the journal of what is written off.
   * @example "box fell from the shelf"
   */
  @IsString()
  @Length(1, 200)
  @Matches(/\S/, { message: 'reason must not be blank' })
  reason: string;

  /** Default: the shop's default location. */
  @MayBeAbsent()
  @IsUUID()
  locationId?: string;

  /** Of this batch alone; else of what expires first, what is past its day before all. */
  @MayBeAbsent()
  @IsString()
  @Length(1, 50)
  lotNumber?: string;

  @LineSerials()
  serials?: string[];
}

export class MoveStockStatesBody {
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(500)
  @ValidateNested({ each: true })
  @Type(() => StateChangeLineBody)
  lines: StateChangeLineBody[];
}

export class StatePiecesView {
  lotId: string;
  @ApiProperty({ type: String, nullable: true, example: 'L2026-117' })
  lotNumber: string | null;
  /** @example 2 */
  quantity: number;
}

export class StateOperationLineView {
  /** @example "TEA-100" */
  sku: string;
  locationId: string;
  @ApiProperty({ enum: STOCK_STATES, example: 'available' })
  from: StockState;
  @ApiProperty({ enum: STATE_TARGETS, example: 'damaged' })
  to: StockState | 'written_off';
  /** @example 2 */
  quantity: number;
  /** The lots that they are of. */
  @ApiProperty({ type: [StatePiecesView] })
  lots: StatePiecesView[];
  /**
   * At the location, after all lines.
   * @example 12
   */
  onHand: number;
  /**
   * Of these in any state in which they cannot be sold.
   * @example 2
   */
  unavailable: number;
  /** @example 10 */
  available: number;
}

export class StateOperationView {
  /** The document of what it wrote off. */
  id: string;
  @ApiProperty({ type: [StateOperationLineView] })
  lines: StateOperationLineView[];
}

export class ListUnavailableParams extends ListQuery {
  @ApiPropertyOptional({ example: 'TEA-100' })
  @MayBeAbsent()
  @IsString()
  @MaxLength(64)
  sku?: string;

  @AnyOf([...UNAVAILABLE_STATES])
  state?: string[];

  @AnyOfIds()
  locationId?: string[];
}

export class UnavailableStockView {
  id: string;
  /** @example "TEA-100" */
  sku: string;
  locationId: string;
  lotId: string;
  @ApiProperty({ type: String, nullable: true, example: 'L2026-117' })
  lotNumber: string | null;
  @ApiProperty({ enum: UNAVAILABLE_STATES, example: 'damaged' })
  state: UnavailableState;
  /** @example 2 */
  quantity: number;
  @ApiProperty({ type: UnitCostView, nullable: true })
  unitCost: UnitCostView | null;
  /** @example "2026-03-01T12:00:00.000Z" */
  updatedAt: string;
}

export class ListStateChangesParams extends ListQuery {
  @ApiPropertyOptional({ example: 'TEA-100' })
  @MayBeAbsent()
  @IsString()
  @MaxLength(64)
  sku?: string;

  @AnyOf([...STATE_TARGETS])
  to?: string[];

  @AnyOfIds()
  locationId?: string[];

  @TimeRangeFilter()
  at?: TimeRange;
}

export class StateChangeView {
  id: string;
  /** What was moved at once has one. */
  operationId: string;
  /** @example "TEA-100" */
  sku: string;
  locationId: string;
  lotId: string;
  @ApiProperty({ type: String, nullable: true, example: 'L2026-117' })
  lotNumber: string | null;
  @ApiProperty({ enum: STOCK_STATES, example: 'available' })
  from: StockState;
  @ApiProperty({ enum: STATE_TARGETS, example: 'damaged' })
  to: StockState | 'written_off';
  /** @example 2 */
  quantity: number;
  /** @example "box fell from the shelf" */
  reason: string;
  /** The user; null where the system did it. */
  @ApiProperty({ type: String, nullable: true, example: null })
  actorId: string | null;
  /** @example "2026-03-01T12:00:00.000Z" */
  at: string;
}
