import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsIn, IsInt, IsString, Matches, Max, MaxLength, Min, ValidateBy, ValidateNested } from 'class-validator';
import { MayBeAbsent } from '../../../kernel/http/may-be-absent';
import {
  AnyOfIds,
  IsTime,
  ListQuery,
  NumberRange,
  NumberRangeFilter,
  TimeRange,
  TimeRangeFilter,
} from '../../../kernel/http/pagination';
import { isCurrency } from '../../../kernel/money/money';

export class UnitCostBody {
  /**
   * Cost of one piece in integer minor units.
   * @example 430
   */
  @IsInt()
  @Min(0)
  @Max(1_000_000_000_000)
  amount: number;

  /**
   * ISO 4217.
   * @example "EUR"
   */
  @IsString()
  @ValidateBy({
    name: 'isCurrency',
    validator: { validate: isCurrency, defaultMessage: () => 'currency must be an ISO 4217 code such as EUR' },
  })
  currency: string;
}

/** Dates are RFC 3339 times; a date alone is its midnight UTC, so the lot is good until the day before. */
export class DeliveredLotBody {
  /**
   * The batch number on the goods.
   * @example "L2026-117"
   */
  @IsString()
  @Matches(/^[!-~](?:[ -~]{0,48}[!-~])?$/, {
    message: 'number is 1 to 50 printable ASCII characters without spaces at its ends',
  })
  number: string;

  /**
   * A batch that is here already keeps its dates when they are left out.
   * @example "2027-03-01T00:00:00Z"
   */
  @MayBeAbsent()
  @IsTime()
  expiresAt?: string;

  @MayBeAbsent()
  @IsTime()
  bestBeforeAt?: string;

  /** From then on it is never given out; default: expiresAt. */
  @MayBeAbsent()
  @IsTime()
  removeAt?: string;

  /** From then on staff is warned of it. */
  @MayBeAbsent()
  @IsTime()
  alertAt?: string;
}

export class ReceiptLotBody extends DeliveredLotBody {
  /** What a piece cost. The same batch at another cost is a lot of its own. */
  @MayBeAbsent()
  @ValidateNested()
  @Type(() => UnitCostBody)
  unitCost?: UnitCostBody;
}

export class LotLabelParams {
  /** A picture, or a page of 100 × 50 mm. */
  @ApiPropertyOptional({ enum: ['png', 'pdf'], default: 'png', description: 'A picture, or a page of 100 × 50 mm.' })
  @MayBeAbsent()
  @IsIn(['png', 'pdf'])
  format: 'png' | 'pdf' = 'png';

  @ApiPropertyOptional({
    description: 'The GTIN of the item; default its SKU where that is one.',
    example: '6291041500213',
  })
  @MayBeAbsent()
  @IsString()
  @MaxLength(14)
  gtin?: string;
}

export class UnitCostView {
  /** @example 430 */
  amount: number;
  /** @example "EUR" */
  currency: string;
}

export class ListLotsParams extends ListQuery {
  @ApiPropertyOptional({ example: 'TEA-100' })
  @MayBeAbsent()
  @IsString()
  @MaxLength(64)
  sku?: string;

  @ApiPropertyOptional({ example: 'L2026-117' })
  @MayBeAbsent()
  @IsString()
  @MaxLength(50)
  number?: string;

  @AnyOfIds()
  locationId?: string[];

  @TimeRangeFilter()
  removeAt?: TimeRange;

  @NumberRangeFilter()
  onHand?: NumberRange;
}

export class StockLotView {
  id: string;
  /** @example "TEA-100" */
  sku: string;
  locationId: string;
  /** Null for goods without a batch number. */
  @ApiProperty({ type: String, nullable: true, example: 'L2026-117' })
  number: string | null;
  /** @example "2026-03-01T12:00:00.000Z" */
  receivedAt: string;
  @ApiProperty({ type: String, nullable: true })
  bestBeforeAt: string | null;
  @ApiProperty({ type: String, nullable: true, example: '2027-03-01T00:00:00.000Z' })
  expiresAt: string | null;
  /** From then on it is never given out. */
  @ApiProperty({ type: String, nullable: true, example: '2027-03-01T00:00:00.000Z' })
  removeAt: string | null;
  @ApiProperty({ type: String, nullable: true })
  alertAt: string | null;
  /** True from removeAt on. */
  expired: boolean;
  /** @example 24 */
  onHand: number;
  /** @example 3 */
  reserved: number;
  /** @example 0 */
  unavailable: number;
  /**
   * Pieces that can still be promised; none of a lot that expired.
   * @example 21
   */
  available: number;
  /** What a piece cost, where it is known. */
  @ApiProperty({ type: UnitCostView, nullable: true })
  unitCost: UnitCostView | null;
}
