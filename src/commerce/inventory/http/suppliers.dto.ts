import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Transform, Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsBoolean,
  IsEmail,
  IsInt,
  IsOptional,
  IsString,
  Length,
  Matches,
  Max,
  MaxLength,
  Min,
  ValidateBy,
  ValidateNested,
} from 'class-validator';
import { MayBeAbsent } from '../../../kernel/http/may-be-absent';
import { ListQuery } from '../../../kernel/http/pagination';
import { isCurrency } from '../../../kernel/money/money';
import { UnitCostView } from './lots.dto';

/** Largest cost of a piece, minor units. */
export const MOST_COST = 1_000_000_000_000;

const IsCurrencyCode = (): PropertyDecorator =>
  ValidateBy({
    name: 'isCurrency',
    validator: { validate: isCurrency, defaultMessage: () => 'currency must be an ISO 4217 code such as EUR' },
  });

export class SupplierContactBody {
  /** @example "Tara Trader" */
  @IsString()
  @Length(1, 120)
  name: string;

  /** @example "tara@teas.example" */
  @IsOptional()
  @IsEmail()
  @MaxLength(254)
  email?: string | null;

  /** @example "+351 210 000 000" */
  @IsOptional()
  @IsString()
  @MaxLength(40)
  phone?: string | null;

  /**
   * What they are asked about.
   * @example "Orders"
   */
  @IsOptional()
  @IsString()
  @MaxLength(60)
  role?: string | null;
}

/** What a new and a changed supplier have in common. */
export abstract class SupplierFields {
  /**
   * Days from an order until its goods arrive; default 7.
   * @example 14
   */
  @MayBeAbsent()
  @IsInt()
  @Min(0)
  @Max(730)
  leadDays?: number;

  @MayBeAbsent()
  @IsArray()
  @ArrayMaxSize(20)
  @ValidateNested({ each: true })
  @Type(() => SupplierContactBody)
  contacts?: SupplierContactBody[];

  /**
   * As it stands on an order, line by line.
   * @example "Harbour Road 12\n1200-001 Lisboa\nPortugal"
   */
  @IsOptional()
  @IsString()
  @MaxLength(500)
  address?: string | null;

  /** @example "Closed in August." */
  @IsOptional()
  @IsString()
  @MaxLength(2000)
  note?: string | null;
}

export class CreateSupplierBody extends SupplierFields {
  /**
   * Unique in the shop, whatever its case and accents.
   * @example "Harbour Teas"
   */
  @IsString()
  @Length(1, 120)
  @Matches(/\S/, { message: 'name must not be blank' })
  name: string;

  /**
   * ISO 4217; what the supplier's costs are in.
   * @example "EUR"
   */
  @IsString()
  @IsCurrencyCode()
  currency: string;
}

export class ChangeSupplierBody extends SupplierFields {
  /** @example "Harbour Teas Ltd" */
  @MayBeAbsent()
  @IsString()
  @Length(1, 120)
  @Matches(/\S/, { message: 'name must not be blank' })
  name?: string;

  /** Can be changed while the supplier has no items. */
  @MayBeAbsent()
  @IsString()
  @IsCurrencyCode()
  currency?: string;

  /** False: nothing more is ordered there. */
  @MayBeAbsent()
  @IsBoolean()
  active?: boolean;
}

export class SupplierItemBody {
  /** @example "TEA-100" */
  @IsString()
  @Length(1, 64)
  sku: string;

  /**
   * What the supplier calls it.
   * @example "HT-4711"
   */
  @IsOptional()
  @IsString()
  @MaxLength(64)
  supplierSku?: string | null;

  /**
   * What a piece costs, in minor units of the supplier's currency.
   * @example 430
   */
  @IsInt()
  @Min(0)
  @Max(MOST_COST)
  unitCost: number;

  /**
   * Fewer pieces are not sold; default 1.
   * @example 12
   */
  @MayBeAbsent()
  @IsInt()
  @Min(1)
  @Max(1_000_000)
  minQuantity?: number;

  /**
   * Pieces come in multiples of it; default 1.
   * @example 6
   */
  @MayBeAbsent()
  @IsInt()
  @Min(1)
  @Max(1_000_000)
  packSize?: number;

  /** Days until it arrives; null or absent: as the supplier says. */
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(730)
  leadDays?: number | null;

  /**
   * True: it is bought here unless somebody says otherwise; every other supplier loses that. Default false.
   * @example true
   */
  @MayBeAbsent()
  @IsBoolean()
  preferred?: boolean;
}

export class ChangeSupplierItemsBody {
  /** Items as they shall be; one that is there is replaced whole. */
  @MayBeAbsent()
  @IsArray()
  @ArrayMaxSize(500)
  @ValidateNested({ each: true })
  @Type(() => SupplierItemBody)
  put?: SupplierItemBody[];

  /**
   * SKUs that the supplier does not sell any more.
   * @example []
   */
  @MayBeAbsent()
  @IsArray()
  @ArrayMaxSize(500)
  @IsString({ each: true })
  @Length(1, 64, { each: true })
  remove?: string[];
}

export class ChangedSupplierItemsView {
  /** @example 1 */
  set: number;
  /** @example 0 */
  removed: number;
}

export class ListSuppliersParams extends ListQuery {
  @ApiPropertyOptional({ type: Boolean, example: true })
  @MayBeAbsent()
  @Transform(({ value }: { value: unknown }) => (value === 'true' ? true : value === 'false' ? false : value))
  @IsBoolean({ message: 'active must be true or false' })
  active?: boolean;
}

export class ListSupplierItemsParams extends ListQuery {
  @ApiPropertyOptional({ example: 'TEA-100' })
  @MayBeAbsent()
  @IsString()
  @MaxLength(64)
  sku?: string;
}

export class SupplierContactView {
  /** @example "Tara Trader" */
  name: string;
  @ApiProperty({ type: String, nullable: true, example: 'tara@teas.example' })
  email: string | null;
  @ApiProperty({ type: String, nullable: true })
  phone: string | null;
  @ApiProperty({ type: String, nullable: true, example: 'Orders' })
  role: string | null;
}

export class SupplierDetailsView {
  id: string;
  /** @example "Harbour Teas" */
  name: string;
  /** @example "EUR" */
  currency: string;
  /** @example 14 */
  leadDays: number;
  @ApiProperty({ type: [SupplierContactView] })
  contacts: SupplierContactView[];
  @ApiProperty({ type: String, nullable: true })
  address: string | null;
  @ApiProperty({ type: String, nullable: true })
  note: string | null;
  active: boolean;
  /** Also the ETag. */
  version: number;
  /** @example "2026-03-01T12:00:00.000Z" */
  createdAt: string;
}

export class SupplierItemView {
  supplierId: string;
  /** @example "TEA-100" */
  sku: string;
  @ApiProperty({ type: String, nullable: true, example: 'HT-4711' })
  supplierSku: string | null;
  @ApiProperty({ type: UnitCostView })
  unitCost: UnitCostView;
  /** @example 12 */
  minQuantity: number;
  /** @example 6 */
  packSize: number;
  @ApiProperty({ type: Number, nullable: true })
  leadDays: number | null;
  preferred: boolean;
}
