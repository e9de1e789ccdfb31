import { ApiProperty } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsInt,
  IsString,
  IsUUID,
  Length,
  Matches,
  Max,
  Min,
  ValidateNested,
} from 'class-validator';
import { MayBeAbsent } from '../../../kernel/http/may-be-absent';
import { MOST_PIECES } from './inventory.dto';
import { LineSerials } from './line-serials';

export class AdjustmentLineBody {
  /** @example "TEA-100" */
  @IsString()
  @Length(1, 64)
  sku: string;

  /**
   * What you saw on hand; refused when it is something else by now.
   * @example 0
   */
  @IsInt()
  @Min(0)
  @Max(MOST_PIECES)
  expectedOnHand: number;

  /**
   * What lies there in truth.
   * @example 12
   */
  @IsInt()
  @Min(0)
  @Max(MOST_PIECES)
  onHand: number;

  /** @example "found behind the shelf" */
  @IsString()
  @Length(1, 200)
  @Matches(/\S/, { message: 'reason must not be blank' })
  reason: string;

  /** Default: the shop's default location. */
  @MayBeAbsent()
  @IsUUID()
  locationId?: string;

  /** Counts this batch alone; the whole level when left out. */
  @MayBeAbsent()
  @IsString()
  @Length(1, 50)
  lotNumber?: string;

  @LineSerials()
  serials?: string[];
}

export class AdjustStockBody {
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(500)
  @ValidateNested({ each: true })
  @Type(() => AdjustmentLineBody)
  lines: AdjustmentLineBody[];
}

export class AdjustedLineView {
  /** @example "TEA-100" */
  sku: string;
  locationId: string;
  @ApiProperty({ type: String, nullable: true })
  lotNumber: string | null;
  /**
   * On hand at the location now, over all batches.
   * @example 12
   */
  onHand: number;
  /**
   * What this line changed.
   * @example 12
   */
  change: number;
  /** @example 12 */
  available: number;
}

export class AdjustmentView {
  /** The document of the movements that it made. */
  id: string;
  @ApiProperty({ type: [AdjustedLineView] })
  lines: AdjustedLineView[];
}
