import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsInt,
  IsString,
  IsUUID,
  Length,
  Max,
  MaxLength,
  Min,
  ValidateNested,
} from 'class-validator';
import { OrderDetailsView } from './orders.dto';
import { ReturnDetailsView } from './returns.dto';
import { MayBeAbsent } from '../../../kernel/http/may-be-absent';

export class GoodsBody {
  /** @example "TEA-100" */
  @IsString()
  @Length(1, 64)
  sku: string;

  /**
   * Pieces.
   * @example 2
   */
  @IsInt()
  @Min(1)
  @Max(1_000_000)
  quantity: number;
}

export class ChangedLineBody {
  /**
   * Id of a line of the order.
   * @example "019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c"
   */
  @IsUUID()
  lineId: string;

  /**
   * Pieces that the line is to have; 0 takes it off.
   * @example 0
   */
  @IsInt()
  @Min(0)
  @Max(1_000_000)
  quantity: number;
}

export class EditOrderBody {
  /** Goods on top of what the order has. */
  @ApiPropertyOptional({ type: [GoodsBody] })
  @MayBeAbsent()
  @IsArray()
  @ArrayMaxSize(200)
  @ValidateNested({ each: true })
  @Type(() => GoodsBody)
  add?: GoodsBody[];

  @ApiPropertyOptional({ type: [ChangedLineBody] })
  @MayBeAbsent()
  @IsArray()
  @ArrayMaxSize(200)
  @ValidateNested({ each: true })
  @Type(() => ChangedLineBody)
  change?: ChangedLineBody[];

  /**
   * For the order's story.
   * @example "Asked by phone."
   */
  @MayBeAbsent()
  @IsString()
  @MaxLength(500)
  note?: string;
}

export class EditedOrderView {
  order: OrderDetailsView;
  /** What was added to a paid order: an order of its own, to be paid with POST /orders/:id/payments. */
  @ApiProperty({ type: OrderDetailsView, nullable: true })
  addition: OrderDetailsView | null;
}

export class ExchangeReturnBody {
  /** What is sent instead. */
  @ApiProperty({ type: [GoodsBody] })
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(200)
  @ValidateNested({ each: true })
  @Type(() => GoodsBody)
  lines: GoodsBody[];
}

export class ExchangedReturnView {
  return: ReturnDetailsView;
  /** The order of what is sent instead; while it is `pending_payment` its shopper owes the difference. */
  order: OrderDetailsView;
}
