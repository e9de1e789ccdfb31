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
  MaxLength,
  Min,
  ValidateNested,
} from 'class-validator';
import { MayBeAbsent } from '../../../kernel/http/may-be-absent';
import type { ReceiptDifference } from '../domain/purchase-order';
import { MOST_PIECES } from './inventory.dto';
import { LineSerials } from './line-serials';
import { DeliveredLotBody, UnitCostView } from './lots.dto';
import { MOST_COST } from './suppliers.dto';

export class DeliveredLineBody {
  /**
   * A line of the order; several batches of one line are several lines here.
   * @example "019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c"
   */
  @IsUUID()
  lineId: string;

  /**
   * Pieces that were counted.
   * @example 12
   */
  @IsInt()
  @Min(1)
  @Max(MOST_PIECES)
  quantity: number;

  /**
   * Pieces that the delivery note says; another number is reported as a difference.
   * @example 12
   */
  @MayBeAbsent()
  @IsInt()
  @Min(0)
  @Max(MOST_PIECES)
  announced?: number;

  /** Where they lie; default where the order says. */
  @MayBeAbsent()
  @IsUUID()
  locationId?: string;

  /** Their batch. Goods without one are kept apart by their cost. */
  @MayBeAbsent()
  @ValidateNested()
  @Type(() => DeliveredLotBody)
  lot?: DeliveredLotBody;

  /** A piece, in minor units of the order's currency; default what the order says. */
  @MayBeAbsent()
  @IsInt()
  @Min(0)
  @Max(MOST_COST)
  unitCost?: number;

  @LineSerials()
  serials?: string[];
}

export class ReceivePurchaseOrderBody {
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(500)
  @ValidateNested({ each: true })
  @Type(() => DeliveredLineBody)
  lines: DeliveredLineBody[];

  /**
   * Number of the supplier's paper; it is received once an order.
   * @example "DN-4711"
   */
  @MayBeAbsent()
  @IsString()
  @Length(1, 100)
  @Matches(/\S/, { message: 'deliveryNote must not be blank' })
  deliveryNote?: string;

  @MayBeAbsent()
  @IsString()
  @MaxLength(1000)
  note?: string;
}

export class PurchaseReceiptLineView {
  lineId: string;
  /** @example "TEA-100" */
  sku: string;
  /** @example 12 */
  quantity: number;
  @ApiProperty({ type: Number, nullable: true, example: 12 })
  announced: number | null;
  /**
   * Pieces beyond the order.
   * @example 0
   */
  over: number;
  locationId: string;
  @ApiProperty({ type: String, nullable: true, example: 'L2026-117' })
  lotNumber: string | null;
  @ApiProperty({ type: String, nullable: true })
  expiresAt: string | null;
  @ApiProperty({ type: UnitCostView })
  unitCost: UnitCostView;
}

export class ReceiptDifferenceView {
  lineId: string;
  /** @example "TEA-100" */
  sku: string;
  @ApiProperty({
    enum: ['announced', 'over', 'cost'],
    description: 'Another number than announced, pieces beyond the order, another cost.',
  })
  kind: ReceiptDifference['kind'];
  /**
   * Pieces; minor units for `cost`.
   * @example 12
   */
  expected: number;
  /** @example 11 */
  found: number;
}

export class PurchaseReceiptDetailsView {
  id: string;
  /** @example "PO-1001-1" */
  number: string;
  purchaseOrderId: string;
  @ApiProperty({ type: String, nullable: true, example: 'DN-4711' })
  deliveryNote: string | null;
  @ApiProperty({ type: String, nullable: true })
  note: string | null;
  /** @example "2026-11-20T12:00:00.000Z" */
  receivedAt: string;
  @ApiProperty({ type: String, nullable: true })
  actorId: string | null;
  @ApiProperty({ type: [PurchaseReceiptLineView] })
  lines: PurchaseReceiptLineView[];
  @ApiProperty({ type: [ReceiptDifferenceView] })
  differences: ReceiptDifferenceView[];
}
