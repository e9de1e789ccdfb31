import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsBoolean,
  IsInt,
  IsOptional,
  IsString,
  IsUUID,
  Length,
  Max,
  MaxLength,
  Min,
  ValidateNested,
} from 'class-validator';
import { MayBeAbsent } from '../../../kernel/http/may-be-absent';
import { AnyOf, AnyOfIds, IsTime, ListQuery, TimeRange, TimeRangeFilter } from '../../../kernel/http/pagination';
import { PURCHASE_STATES, type PurchaseState } from '../domain/purchase-order';
import { MOST_PIECES } from './inventory.dto';
import { UnitCostView } from './lots.dto';
import { MOST_COST } from './suppliers.dto';

export class PurchaseOrderLineBody {
  /** @example "TEA-100" */
  @IsString()
  @Length(1, 64)
  sku: string;

  /**
   * Pieces; not fewer than the supplier sells, in whole packs.
   * @example 24
   */
  @IsInt()
  @Min(1)
  @Max(MOST_PIECES)
  quantity: number;

  /**
   * A piece, in minor units of the supplier's currency; default what the supplier's item says.
   * @example 430
   */
  @MayBeAbsent()
  @IsInt()
  @Min(0)
  @Max(MOST_COST)
  unitCost?: number;

  /** When these pieces are expected; null or absent: with the order. */
  @IsOptional()
  @IsTime()
  expectedAt?: string | null;
}

/** What a new and a changed purchase order have in common. */
export abstract class PurchaseOrderFields {
  /** Where the goods are to arrive; default the shop's default location. */
  @MayBeAbsent()
  @IsUUID()
  locationId?: string;

  /**
   * Default, once it is ordered: as long as the slowest of its articles takes.
   * @example "2026-12-01T00:00:00Z"
   */
  @IsOptional()
  @IsTime()
  expectedAt?: string | null;

  /**
   * What the supplier calls the order.
   * @example "HT-2026-0815"
   */
  @IsOptional()
  @IsString()
  @MaxLength(100)
  reference?: string | null;

  /**
   * Stands on the order.
   * @example "Please deliver before noon."
   */
  @IsOptional()
  @IsString()
  @MaxLength(1000)
  note?: string | null;
}

export class CreatePurchaseOrderBody extends PurchaseOrderFields {
  /** @example "019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c" */
  @IsUUID()
  supplierId: string;

  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(500)
  @ValidateNested({ each: true })
  @Type(() => PurchaseOrderLineBody)
  lines: PurchaseOrderLineBody[];
}

export class ImportPurchaseOrderBody extends PurchaseOrderFields {
  /** @example "019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c" */
  @IsUUID()
  supplierId: string;

  /** A CSV file with the columns sku, quantity, and if need be unitCost (minor units) and expectedAt. */
  @ApiProperty({
    description:
      'A CSV file with the columns sku, quantity, and if need be unitCost (minor units) and expectedAt; separated by `,`, `;` or tab.',
    example: 'sku;quantity;unitCost\nTEA-100;24;430\n',
  })
  @IsString()
  @Length(1, 200_000)
  csv: string;

  /** Judges the file and writes nothing; default false. */
  @MayBeAbsent()
  @IsBoolean()
  dryRun?: boolean;
}

export class ChangePurchaseOrderBody extends PurchaseOrderFields {
  /** All of them anew; only while the order is a draft. */
  @ApiPropertyOptional({ type: [PurchaseOrderLineBody], example: undefined })
  @MayBeAbsent()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(500)
  @ValidateNested({ each: true })
  @Type(() => PurchaseOrderLineBody)
  lines?: PurchaseOrderLineBody[];
}

export class EndPurchaseOrderBody {
  /** @example "The supplier has no more of it." */
  @MayBeAbsent()
  @IsString()
  @MaxLength(1000)
  note?: string;
}

export class ListPurchaseOrdersParams extends ListQuery {
  @AnyOf(PURCHASE_STATES)
  status?: string[];

  @AnyOfIds()
  supplierId?: string[];

  @ApiPropertyOptional({ example: 'PO-1001' })
  @MayBeAbsent()
  @IsString()
  @MaxLength(40)
  number?: string;

  @ApiPropertyOptional({ description: 'Orders with this article.', example: 'TEA-100' })
  @MayBeAbsent()
  @IsString()
  @MaxLength(64)
  sku?: string;

  @TimeRangeFilter()
  expectedAt?: TimeRange;
}

export class PurchaseSupplierView {
  id: string;
  /** @example "Harbour Teas" */
  name: string;
}

export class PurchaseOrderSummaryView {
  id: string;
  /** @example "PO-1001" */
  number: string;
  @ApiProperty({ enum: PURCHASE_STATES, example: 'ordered' })
  status: PurchaseState;
  @ApiProperty({ type: PurchaseSupplierView })
  supplier: PurchaseSupplierView;
  locationId: string;
  @ApiProperty({ type: UnitCostView })
  total: UnitCostView;
  /**
   * Pieces that are still to come.
   * @example 12
   */
  openQuantity: number;
  @ApiProperty({ type: String, nullable: true, example: '2026-12-01T00:00:00.000Z' })
  expectedAt: string | null;
  @ApiProperty({ type: String, nullable: true })
  reference: string | null;
  @ApiProperty({ type: String, nullable: true })
  orderedAt: string | null;
  @ApiProperty({ type: String, nullable: true })
  endedAt: string | null;
  /** @example "2026-11-01T12:00:00.000Z" */
  createdAt: string;
}

export class PurchaseOrderLineView {
  id: string;
  /** @example "TEA-100" */
  sku: string;
  @ApiProperty({ type: String, nullable: true, example: 'HT-4711' })
  supplierSku: string | null;
  /** @example "Assam tea" */
  name: string;
  /** @example 24 */
  quantity: number;
  /** @example 12 */
  received: number;
  /**
   * Pieces that are still to come.
   * @example 12
   */
  open: number;
  @ApiProperty({ type: UnitCostView })
  unitCost: UnitCostView;
  @ApiProperty({ type: UnitCostView })
  total: UnitCostView;
  @ApiProperty({ type: String, nullable: true })
  expectedAt: string | null;
}

export class PurchaseOrderDetailsView extends PurchaseOrderSummaryView {
  @ApiProperty({ type: [PurchaseOrderLineView] })
  lines: PurchaseOrderLineView[];
  @ApiProperty({ type: String, nullable: true })
  note: string | null;
  @ApiProperty({ type: String, nullable: true })
  endNote: string | null;
  /** Also the ETag. */
  version: number;
}

export class ImportedPurchaseOrderView {
  /** The draft; null after a dry run. */
  @ApiProperty({ type: PurchaseOrderDetailsView, nullable: true })
  order: PurchaseOrderDetailsView | null;
  /** @example 1 */
  lines: number;
  /**
   * Pieces.
   * @example 24
   */
  quantity: number;
}
