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
import { AnyOf, AnyOfIds, ListQuery } from '../../../kernel/http/pagination';
import { TRANSFER_STATES } from '../domain/transfer';
import { MOST_PIECES } from './inventory.dto';
import { LineSerials, NamedSerialBody, NamedSerials } from './line-serials';
import { UnitCostView } from './lots.dto';

export class TransferLineBody {
  /** @example "TEA-100" */
  @IsString()
  @Length(1, 64)
  sku: string;

  /** @example 6 */
  @IsInt()
  @Min(1)
  @Max(MOST_PIECES)
  quantity: number;

  /** Of this batch alone; else what expires first leaves first, and nothing past its day. */
  @MayBeAbsent()
  @IsString()
  @Length(1, 50)
  lotNumber?: string;
}

export class CreateTransferBody {
  /** @example "019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c" */
  @IsUUID()
  fromLocationId: string;

  /** @example "019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6d" */
  @IsUUID()
  toLocationId: string;

  /** @example "Van 2, Tuesday" */
  @MayBeAbsent()
  @IsString()
  @Length(1, 200)
  reference?: string;

  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(500)
  @ValidateNested({ each: true })
  @Type(() => TransferLineBody)
  lines: TransferLineBody[];
}

export class ReceivedTransferLineBody {
  /**
   * The transfer's line.
   * @example "019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6e"
   */
  @IsUUID()
  lineId: string;

  /**
   * Pieces that arrived.
   * @example 6
   */
  @IsInt()
  @Min(0)
  @Max(MOST_PIECES)
  received: number;

  /**
   * Pieces that will not arrive: they are written off at their cost.
   * @example 0
   */
  @MayBeAbsent()
  @IsInt()
  @Min(0)
  @Max(MOST_PIECES)
  lost?: number;

  /** Of this batch alone; else those that expire first. */
  @MayBeAbsent()
  @IsString()
  @Length(1, 50)
  lotNumber?: string;

  @LineSerials()
  serials?: string[];
}

export class ShipTransferBody {
  @NamedSerials()
  serials?: NamedSerialBody[];
}

export class ReceiveTransferBody {
  /** What arrived or was lost; all that is under way where left out. */
  @MayBeAbsent()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(500)
  @ValidateNested({ each: true })
  @Type(() => ReceivedTransferLineBody)
  lines?: ReceivedTransferLineBody[];

  /**
   * Why pieces are lost; kept in the journal.
   * @example "fell off the van"
   */
  @MayBeAbsent()
  @IsString()
  @Length(1, 200)
  @Matches(/\S/, { message: 'reason must not be blank' })
  reason?: string;
}

export class CancelTransferBody {
  /** @example "van broke down" */
  @MayBeAbsent()
  @IsString()
  @Length(1, 200)
  @Matches(/\S/, { message: 'reason must not be blank' })
  reason?: string;
}

export class ListTransfersParams extends ListQuery {
  @AnyOf([...TRANSFER_STATES])
  state?: string[];

  @AnyOfIds()
  fromLocationId?: string[];

  @AnyOfIds()
  toLocationId?: string[];
}

export class PiecesView {
  @ApiProperty({ type: 'integer', example: 6 })
  quantity: number;
  @ApiProperty({ type: 'integer', example: 0 })
  received: number;
  @ApiProperty({ type: 'integer', example: 0 })
  lost: number;
  /** Back where they came from, after the transfer was given up. */
  @ApiProperty({
    type: 'integer',
    example: 0,
    description: 'Back where they came from, after the transfer was given up.',
  })
  returned: number;
}

export class TransferLotView extends PiecesView {
  @ApiProperty({ type: String, nullable: true, example: 'L2026-117' })
  lotNumber: string | null;
  @ApiProperty({ type: String, nullable: true, example: '2027-03-01T00:00:00.000Z' })
  removeAt: string | null;
  @ApiProperty({ type: UnitCostView, nullable: true })
  unitCost: UnitCostView | null;
}

export class TransferLineView extends PiecesView {
  id: string;
  /** @example "TEA-100" */
  sku: string;
  @ApiProperty({ type: String, nullable: true, example: null })
  lotNumber: string | null;
  /** @example 6 */
  shipped: number;
  /** What left, once it left. */
  @ApiProperty({ type: [TransferLotView] })
  lots: TransferLotView[];
}

export class TransferView {
  id: string;
  fromLocationId: string;
  toLocationId: string;
  @ApiProperty({ enum: TRANSFER_STATES, example: 'draft' })
  state: string;
  @ApiProperty({ type: String, nullable: true, example: 'Van 2, Tuesday' })
  reference: string | null;
  /** Why it was given up. */
  @ApiProperty({ type: String, nullable: true, example: null })
  reason: string | null;
  @ApiProperty({ type: String, nullable: true, example: null })
  createdBy: string | null;
  /** @example "2026-03-01T12:00:00.000Z" */
  createdAt: string;
  @ApiProperty({ type: String, nullable: true, example: null })
  shippedAt: string | null;
  /** When its last piece arrived or was given up. */
  @ApiProperty({ type: String, nullable: true, example: null })
  settledAt: string | null;
  @ApiProperty({ type: [TransferLineView] })
  lines: TransferLineView[];
}
