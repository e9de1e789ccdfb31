import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Transform, Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsBoolean,
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
import { ReceiptLotBody, UnitCostView } from './lots.dto';
import { LineSerials } from './line-serials';

/** The largest quantity that a line may name. */
export const MOST_PIECES = 1_000_000_000;

export class ReceiptLineBody {
  /**
   * A SKU of the catalogue.
   * @example "TEA-100"
   */
  @IsString()
  @Length(1, 64)
  sku: string;

  /**
   * Pieces that arrived.
   * @example 24
   */
  @IsInt()
  @Min(1)
  @Max(MOST_PIECES)
  quantity: number;

  /** Where they lie; the shop's default location when left out. */
  @MayBeAbsent()
  @IsUUID()
  locationId?: string;

  /** Their batch. */
  @MayBeAbsent()
  @ValidateNested()
  @Type(() => ReceiptLotBody)
  lot?: ReceiptLotBody;

  @LineSerials()
  serials?: string[];
}

export class ReceiveStockBody {
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(500)
  @ValidateNested({ each: true })
  @Type(() => ReceiptLineBody)
  lines: ReceiptLineBody[];

  /**
   * The supplier's paper, kept with the movements.
   * @example "Delivery note 4711"
   */
  @MayBeAbsent()
  @IsString()
  @MaxLength(200)
  reference?: string;
}

export class ReceivedLotView {
  id: string;
  /** Null for goods without a batch number. */
  @ApiProperty({ type: String, nullable: true, example: 'L2026-117' })
  number: string | null;
  /** @example 24 */
  quantity: number;
}

export class ReceivedLineView {
  /** @example "TEA-100" */
  sku: string;
  locationId: string;
  /**
   * Pieces that arrived.
   * @example 24
   */
  quantity: number;
  /** @example 124 */
  onHand: number;
  /** @example 3 */
  reserved: number;
  /** @example 121 */
  available: number;
  /** The lots that they went into. */
  @ApiProperty({ type: [ReceivedLotView] })
  lots: ReceivedLotView[];
}

export class ReceiptView {
  id: string;
  /** One line a level: lines of one SKU at one location are added up. */
  @ApiProperty({ type: [ReceivedLineView] })
  lines: ReceivedLineView[];
}

const splitSkus = ({ value }: { value: unknown }): unknown =>
  typeof value === 'string'
    ? value
        .split(',')
        .map((part) => part.trim())
        .filter((part) => part !== '')
    : value;

export class ListLevelsParams extends ListQuery {
  /** One or several SKUs, comma separated. */
  @ApiPropertyOptional({ type: String, description: 'One or several SKUs, comma separated.', example: 'TEA-100' })
  @MayBeAbsent()
  @Transform(splitSkus)
  @IsArray()
  @ArrayMaxSize(100)
  @IsString({ each: true })
  sku?: string[];
}

export class StockLevelView {
  /** @example "TEA-100" */
  sku: string;
  /**
   * Pieces in the house, over all locations.
   * @example 124
   */
  onHand: number;
  /**
   * Pieces held for carts and orders.
   * @example 3
   */
  reserved: number;
  /**
   * The part of `reserved` that carts hold for a time, where the shop lets them.
   * @example 1
   */
  inCarts: number;
  /**
   * Pieces that lie there and cannot be sold.
   * @example 0
   */
  unavailable: number;
  /**
   * Pieces that suppliers are to bring.
   * @example 40
   */
  incoming: number;
  /**
   * On hand less unavailable less reserved. Lots past their day are unavailable.
   * @example 121
   */
  available: number;
  /**
   * Staff is told when what is available falls to this or below.
   * @example 10
   */
  reorderLevel: number;
}

export class ListMovementsParams extends ListQuery {
  @ApiPropertyOptional({ example: 'TEA-100' })
  @MayBeAbsent()
  @IsString()
  @MaxLength(64)
  sku?: string;

  @AnyOf(['receipt', 'shipment', 'count', 'adjustment', 'return', 'scrap', 'transfer'])
  kind?: string[];

  /** What kind of paper they rest on. */
  @ApiPropertyOptional({ example: 'receipt' })
  @MayBeAbsent()
  @IsString()
  @MaxLength(40)
  documentType?: string;

  @ApiPropertyOptional({ example: '019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c' })
  @MayBeAbsent()
  @IsString()
  @MaxLength(200)
  documentId?: string;

  @AnyOfIds()
  locationId?: string[];

  @TimeRangeFilter()
  at?: TimeRange;
}

export class MovementView {
  id: string;
  /** @example "TEA-100" */
  sku: string;
  locationId: string;
  lotId: string;
  /** Null for goods without a batch number. */
  @ApiProperty({ type: String, nullable: true, example: 'L2026-117' })
  lotNumber: string | null;
  /** @example "receipt" */
  kind: string;
  /**
   * Change of what is on hand; negative for what left.
   * @example 24
   */
  quantity: number;
  /** @example 124 */
  onHandAfter: number;
  /** What a piece cost, where it is known. */
  @ApiProperty({ type: UnitCostView, nullable: true })
  unitCost: UnitCostView | null;
  @ApiProperty({ example: { type: 'receipt', id: '019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c' } })
  document: { type: string; id: string };
  /** @example "received" */
  reason: string;
  /** Who did it; null for Mainstay itself and for guests. */
  @ApiProperty({ type: String, nullable: true })
  actorId: string | null;
  /** @example "2026-03-01T12:00:00.000Z" */
  at: string;
}

const LOCATION_CODE = /^[a-z0-9][a-z0-9-]{0,39}$/;
const LOCATION_CODE_MESSAGE = { message: 'code is 1 to 40 lower-case letters, digits and dashes' };

export class CreateLocationBody {
  /**
   * Short name, unique in the shop.
   * @example "annex"
   */
  @IsString()
  @Matches(LOCATION_CODE, LOCATION_CODE_MESSAGE)
  code: string;

  /** @example "Annex, first floor" */
  @IsString()
  @Length(1, 120)
  @Matches(/\S/, { message: 'name must not be blank' })
  name: string;
}

export class ChangeLocationBody {
  /**
   * Short name, unique in the shop.
   * @example "annex"
   */
  @MayBeAbsent()
  @IsString()
  @Matches(LOCATION_CODE, LOCATION_CODE_MESSAGE)
  code?: string;

  /** @example "Annex, second floor" */
  @MayBeAbsent()
  @IsString()
  @Length(1, 120)
  @Matches(/\S/, { message: 'name must not be blank' })
  name?: string;

  /** False closes the location, which nothing may lie in; true opens it again. */
  @MayBeAbsent()
  @IsBoolean()
  active?: boolean;
}

export class StockLocationView {
  id: string;
  /** @example "main" */
  code: string;
  /** @example "Main location" */
  name: string;
  /** Receipts without a location go here, and holds take from it first. */
  isDefault: boolean;
  /** Nothing is put into a closed one. */
  active: boolean;
  /**
   * Counts its changes; in quotes it is the ETag that `If-Match` names.
   * @example 1
   */
  version: number;
}
