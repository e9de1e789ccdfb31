import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsInt, IsString, Matches, Max, MaxLength, Min } from 'class-validator';
import { MayBeAbsent } from '../../../kernel/http/may-be-absent';
import { AnyOfIds, ListQuery } from '../../../kernel/http/pagination';
import { UnitCostView } from './lots.dto';
import { PurchaseSupplierView } from './purchase-orders.dto';

export class PurchasingSettingsBody {
  /**
   * Part of an ordered quantity that may come beyond it, in basis points, rounded down to pieces.
   * @example 500
   */
  @IsInt()
  @Min(0)
  @Max(10_000)
  overReceiptBasisPoints: number;

  /**
   * What numbers of purchase orders begin with.
   * @example "PO-"
   */
  @IsString()
  @Matches(/^[A-Za-z0-9/_.-]{0,12}$/, { message: 'numberPrefix is up to 12 letters, digits and / _ . -' })
  numberPrefix: string;

  /**
   * Days back over which demand is averaged.
   * @example 30
   */
  @IsInt()
  @Min(1)
  @Max(365)
  demandDays: number;

  /**
   * Days of demand that are kept beyond what is needed until goods arrive.
   * @example 7
   */
  @IsInt()
  @Min(0)
  @Max(365)
  safetyDays: number;
}

export class PurchasingSettingsView {
  /** @example 500 */
  overReceiptBasisPoints: number;
  /** @example "PO-" */
  numberPrefix: string;
  /** @example 30 */
  demandDays: number;
  /** @example 7 */
  safetyDays: number;
}

export class ListReplenishmentParams extends ListQuery {
  @ApiPropertyOptional({ example: 'TEA-100' })
  @MayBeAbsent()
  @IsString()
  @MaxLength(64)
  sku?: string;

  @AnyOfIds()
  locationId?: string[];

  @AnyOfIds()
  supplierId?: string[];
}

export class ReplenishmentSupplierView extends PurchaseSupplierView {
  @ApiProperty({ type: String, nullable: true, example: 'HT-4711' })
  supplierSku: string | null;
}

export class ReplenishmentView {
  /** @example "TEA-100" */
  sku: string;
  locationId: string;
  /** @example 4 */
  available: number;
  /** @example 0 */
  incoming: number;
  /** @example 10 */
  reorderLevel: number;
  /** @example 1.5 */
  demandPerDay: number;
  /** @example 14 */
  leadDays: number;
  /**
   * In the minimum and packs of the supplier.
   * @example 42
   */
  suggestedQuantity: number;
  /** The preferred one, else the quickest; null where nobody sells it. */
  @ApiProperty({ type: ReplenishmentSupplierView, nullable: true })
  supplier: ReplenishmentSupplierView | null;
  @ApiProperty({ type: UnitCostView, nullable: true })
  unitCost: UnitCostView | null;
  @ApiProperty({ type: UnitCostView, nullable: true })
  cost: UnitCostView | null;
}
