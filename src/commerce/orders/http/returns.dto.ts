import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Transform, Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  ArrayUnique,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsString,
  IsUUID,
  Length,
  Max,
  MaxLength,
  Min,
  ValidateNested,
} from 'class-validator';
import { AnyOf, AnyOfIds, LargeListQuery, TimeRangeFilter, type TimeRange } from '../../../kernel/http/pagination';
import type { ReturnState } from '../contracts/order-status';
import { PieceBody, ShippedLineBody } from './fulfilment.dto';
import { OrderMoneyView } from './money.dto';
import { MayBeAbsent } from '../../../kernel/http/may-be-absent';

const RETURN_STATES: ReturnState[] = [
  'requested',
  'approved',
  'rejected',
  'cancelled',
  'received',
  'inspected',
  'refunding',
  'refunded',
  'exchanged',
  'closed',
];
const Trim = (): PropertyDecorator =>
  Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? value.trim() : value));

export class ReturnedLineBody {
  /**
   * Id of a line of the order.
   * @example "019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c"
   */
  @IsUUID()
  lineId: string;

  /**
   * Pieces.
   * @example 1
   */
  @IsInt()
  @Min(1)
  @Max(1_000_000)
  quantity: number;

  /** @example "Too small" */
  @Trim()
  @IsString()
  @Length(1, 200)
  reason: string;
}

export class RequestReturnBody {
  /**
   * The order that the goods were part of.
   * @example "019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c"
   */
  @IsUUID()
  orderId: string;

  @ApiProperty({ type: [ReturnedLineBody] })
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(200)
  @ValidateNested({ each: true })
  @Type(() => ReturnedLineBody)
  lines: ReturnedLineBody[];

  /** @example "Would rather have the larger one." */
  @MayBeAbsent()
  @IsString()
  @MaxLength(1000)
  note?: string;
}

export class RejectReturnBody {
  /**
   * Told to the shopper.
   * @example "Opened hygiene goods are not taken back."
   */
  @MayBeAbsent()
  @IsString()
  @MaxLength(1000)
  note?: string;
}

export class ReceiveReturnBody {
  /** What really came; without it all that was announced. A line that is left out did not come. */
  @ApiPropertyOptional({ type: [ShippedLineBody] })
  @MayBeAbsent()
  @IsArray()
  @ArrayMaxSize(200)
  @ValidateNested({ each: true })
  @Type(() => ShippedLineBody)
  lines?: ShippedLineBody[];
}

export class InspectedLineBody {
  /** @example "019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c" */
  @IsUUID()
  lineId: string;

  /**
   * True puts the goods back on the shelf, into the lot they left; false scraps them.
   * @example true
   */
  @IsBoolean()
  restock: boolean;

  /** Pieces; default all that were received of the line and not named otherwise. */
  @MayBeAbsent()
  @IsInt()
  @Min(1)
  @Max(1_000_000)
  quantity?: number;
}

export class ReturnedPieceBody extends PieceBody {
  /**
   * True puts it back on the shelf, false scraps it; as its line says.
   * @example true
   */
  @IsBoolean()
  restock: boolean;
}

export class InspectReturnBody {
  @ApiProperty({ type: [InspectedLineBody] })
  @IsArray()
  @ArrayMaxSize(400)
  @ValidateNested({ each: true })
  @Type(() => InspectedLineBody)
  lines: InspectedLineBody[];

  /** Which pieces came back, of articles that have serial numbers; default those that left last. */
  @ApiPropertyOptional({
    type: [ReturnedPieceBody],
    example: [],
    description: 'Which pieces came back, of articles that have serial numbers; default those that left last.',
  })
  @MayBeAbsent()
  @IsArray()
  @ArrayMaxSize(5000)
  @ArrayUnique((piece: ReturnedPieceBody) => `${piece.sku} ${piece.serial}`)
  @ValidateNested({ each: true })
  @Type(() => ReturnedPieceBody)
  serials?: ReturnedPieceBody[];
}

export class RefundReturnBody {
  /** Minor units of the order's currency; default what the received goods were sold for, with their tax. */
  @MayBeAbsent()
  @IsInt()
  @Min(1)
  amount?: number;

  /**
   * Whether the freight goes back too; without meaning where `amount` is given.
   * @example false
   */
  @MayBeAbsent()
  @IsBoolean()
  includeShipping?: boolean;

  /**
   * `original`: the way it was paid, credit first; `store_credit`: the customer has it to spend here.
   * @example "original"
   */
  @MayBeAbsent()
  @IsIn(['original', 'store_credit'])
  to?: 'original' | 'store_credit';
}

export class ReturnLineView {
  lineId: string;
  /** @example "TEA-100" */
  sku: string;
  /** @example 1 */
  quantity: number;
  /** @example "Too small" */
  reason: string;
  @ApiProperty({ type: 'integer', nullable: true, example: 1 })
  receivedQuantity: number | null;
  @ApiProperty({ type: 'integer', nullable: true, example: 1 })
  restockedQuantity: number | null;
  @ApiProperty({ type: 'integer', nullable: true, example: 0 })
  scrappedQuantity: number | null;
  /** What the received pieces were sold for, with their tax. */
  @ApiProperty({ type: OrderMoneyView, nullable: true })
  amount: OrderMoneyView | null;
}

export class ReturnDetailsView {
  id: string;
  /**
   * The order's number and a count.
   * @example "1001-R1"
   */
  number: string;
  orderId: string;
  @ApiProperty({ enum: RETURN_STATES, example: 'approved' })
  status: ReturnState;
  @ApiProperty({ enum: ['customer', 'staff'], example: 'staff' })
  requestedBy: 'customer' | 'staff';
  @ApiProperty({ type: String, nullable: true })
  note: string | null;
  @ApiProperty({ type: OrderMoneyView, nullable: true })
  refund: OrderMoneyView | null;
  @ApiProperty({ type: String, nullable: true })
  refundId: string | null;
  /** Part of the worth that went back otherwise: through an earlier order, or when an exchange shrank. */
  settled: OrderMoneyView;
  /** The order that is sent in exchange. */
  @ApiProperty({ type: String, nullable: true })
  replacementOrderId: string | null;
  @ApiProperty({ type: [ReturnLineView] })
  lines: ReturnLineView[];
  /** @example "2026-03-09T12:00:00.000Z" */
  requestedAt: string;
  @ApiProperty({ type: String, nullable: true })
  approvedAt: string | null;
  @ApiProperty({ type: String, nullable: true })
  receivedAt: string | null;
  @ApiProperty({ type: String, nullable: true })
  inspectedAt: string | null;
  @ApiProperty({ type: String, nullable: true })
  endedAt: string | null;
  /** @example 2 */
  version: number;
}

export class ListReturnsParams extends LargeListQuery {
  @AnyOf(RETURN_STATES)
  status?: string[];

  @AnyOfIds()
  orderId?: string[];

  @TimeRangeFilter()
  requestedAt?: TimeRange;
}
