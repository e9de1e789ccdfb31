import { ApiProperty, ApiPropertyOptional, PartialType } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsInt,
  IsOptional,
  IsString,
  IsUUID,
  Length,
  Matches,
  Max,
  MaxLength,
  Min,
  ValidateIf,
  ValidateNested,
} from 'class-validator';
import { MayBeAbsent } from '../../../kernel/http/may-be-absent';
import { AnyOf, AnyOfIds, ListQuery } from '../../../kernel/http/pagination';
import { ALERT_KINDS } from '../domain/stock-alert';
import { MOST_PIECES } from './inventory.dto';

export class ListAlertsParams extends ListQuery {
  /** `acknowledged`: it still holds, and somebody looks after it. */
  @AnyOf(['open', 'acknowledged', 'resolved'])
  state?: string[];

  @AnyOf([...ALERT_KINDS])
  kind?: string[];

  @ApiPropertyOptional({ example: 'TEA-100' })
  @MayBeAbsent()
  @IsString()
  @MaxLength(64)
  sku?: string;

  @AnyOfIds()
  locationId?: string[];
}

export class StockAlertView {
  id: string;
  /** @example "TEA-100" */
  sku: string;
  locationId: string;
  @ApiProperty({ enum: ALERT_KINDS, example: 'low_stock' })
  kind: string;
  /** `acknowledged`: it still holds, and somebody looks after it. */
  @ApiProperty({ enum: ['open', 'acknowledged', 'resolved'], example: 'open' })
  state: string;
  /**
   * Pieces that could be sold when it was raised; lots past their day are none.
   * @example 9
   */
  available: number;
  /** Pieces that lay there; of the lot where it is `expiring`. */
  @ApiProperty({ type: 'integer', nullable: true, example: 12 })
  onHand: number | null;
  /** The threshold of low stock then. */
  @ApiProperty({ type: 'integer', nullable: true, example: 10 })
  reorderLevel: number | null;
  /** The threshold of overstock then. */
  @ApiProperty({ type: 'integer', nullable: true, example: null })
  overstockLevel: number | null;
  /** The lot that is `expiring`. */
  @ApiProperty({ type: String, nullable: true, example: null })
  lotId: string | null;
  @ApiProperty({ type: String, nullable: true, example: null })
  lotNumber: string | null;
  /** From then on the lot is not given out. */
  @ApiProperty({ type: String, nullable: true, example: null })
  removeAt: string | null;
  /** @example "2026-03-01T12:00:00.000Z" */
  raisedAt: string;
  @ApiProperty({ type: String, nullable: true, example: null })
  resolvedAt: string | null;
  @ApiProperty({ type: String, nullable: true, example: null })
  acknowledgedAt: string | null;
  /** The user. */
  @ApiProperty({ type: String, nullable: true, example: null })
  acknowledgedBy: string | null;
  @ApiProperty({ type: String, nullable: true, example: null })
  note: string | null;
}

export class AcknowledgeAlertBody {
  /**
   * What is being done about it.
   * @example "Ordered two boxes"
   */
  @MayBeAbsent()
  @IsString()
  @Length(1, 500)
  @Matches(/\S/, { message: 'note must not be blank' })
  note?: string;
}

/** Thresholds as they were said; null: the shop's default, or the product's, holds. */
export class ThresholdsView {
  /** Low is what can be sold at or below this; 0: never. Sold out is an alert of its own. */
  @ApiProperty({ type: 'integer', nullable: true, example: 10 })
  reorderLevel: number | null;
  /** Too much is what is on hand above this. */
  @ApiProperty({ type: 'integer', nullable: true, example: 500 })
  overstockLevel: number | null;
  /** Days before the day of removal at which a lot without an alert date is told of. */
  @ApiProperty({ type: 'integer', nullable: true, example: 14 })
  expiryAlertDays: number | null;
}

export class ThresholdsBody {
  /** Low is what can be sold at or below this; 0: never; null: the default. */
  @ApiPropertyOptional({ type: 'integer', nullable: true, minimum: 0, maximum: MOST_PIECES, example: 10 })
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(MOST_PIECES)
  reorderLevel?: number | null;

  /** Too much is what is on hand above this; null: the default. */
  @ApiPropertyOptional({ type: 'integer', nullable: true, minimum: 0, maximum: MOST_PIECES, example: 500 })
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(MOST_PIECES)
  overstockLevel?: number | null;

  /** Days before the day of removal at which a lot without an alert date is told of; null: the default. */
  @ApiPropertyOptional({ type: 'integer', nullable: true, minimum: 0, maximum: 3650, example: 14 })
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(3650)
  expiryAlertDays?: number | null;
}

export class ChangeAlertDefaultsBody extends PartialType(ThresholdsBody) {}

export class ThresholdLineBody extends ThresholdsBody {
  /** @example "TEA-100" */
  @IsString()
  @Length(1, 64)
  sku: string;

  /** Default: the shop's default location. */
  @MayBeAbsent()
  @IsUUID()
  locationId?: string;
}

export class ChangeThresholdsBody {
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(500)
  @ValidateNested({ each: true })
  @Type(() => ThresholdLineBody)
  lines: ThresholdLineBody[];
}

export class ListThresholdsParams extends ListQuery {
  @ApiPropertyOptional({ example: 'TEA-100' })
  @MayBeAbsent()
  @IsString()
  @MaxLength(64)
  sku?: string;

  @AnyOfIds()
  locationId?: string[];
}

export class LevelThresholdsView {
  /** @example "TEA-100" */
  sku: string;
  locationId: string;
  /** What is said of this item at this location. */
  own: ThresholdsView;
  /** What holds for it. */
  effective: ThresholdsView;
}

export class ChangedThresholdsView {
  @ApiProperty({ type: [LevelThresholdsView] })
  data: LevelThresholdsView[];
}

export class PlanStockDigestBody {
  /** UTC; null: never. */
  @ApiProperty({
    type: 'integer',
    nullable: true,
    minimum: 0,
    maximum: 23,
    example: 6,
    description: 'UTC; null: never.',
  })
  @ValidateIf((body: PlanStockDigestBody) => body.hour !== null)
  @IsInt()
  @Min(0)
  @Max(23)
  hour: number | null;
}

export class StockDigestView {
  /** UTC; null: never. */
  @ApiProperty({ type: 'integer', nullable: true, example: 6 })
  hour: number | null;
  @ApiProperty({ type: String, nullable: true, example: '2026-03-02T06:00:00.000Z' })
  nextAt: string | null;
}
