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
import type { ProductView, VariantView } from '../queries/product-view';
import { ToBoolean } from './to-boolean';

const NAME = /\S/;
const SKU = /^\S(?:.*\S)?$/;

const IsCurrencyCode = (): PropertyDecorator =>
  ValidateBy({
    name: 'isCurrency',
    validator: { validate: isCurrency, defaultMessage: () => 'currency must be an ISO 4217 code such as EUR' },
  });

export class PriceBody {
  /**
   * Price of one piece in integer minor units.
   * @example 1250
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
  @IsCurrencyCode()
  currency: string;
}

export class CreateVariantBody {
  /**
   * What orders and stock call it; unique in the shop.
   * @example "TEA-100"
   */
  @IsString()
  @Length(1, 64)
  @Matches(SKU, { message: 'sku must not begin or end with a space' })
  sku: string;

  @ValidateNested()
  @Type(() => PriceBody)
  price: PriceBody;

  /**
   * Tells variants of one product apart.
   * @example "100 g"
   */
  @IsOptional()
  @IsString()
  @Length(1, 200)
  name?: string | null;

  @MayBeAbsent()
  @IsBoolean()
  active?: boolean;
}

export class ChangeVariantBody {
  /**
   * The variant with this SKU is changed, or added when the product has none (then with a price).
   * @example "TEA-100"
   */
  @IsString()
  @Length(1, 64)
  @Matches(SKU, { message: 'sku must not begin or end with a space' })
  sku: string;

  @MayBeAbsent()
  @ValidateNested()
  @Type(() => PriceBody)
  price?: PriceBody;

  @IsOptional()
  @IsString()
  @Length(1, 200)
  name?: string | null;

  @MayBeAbsent()
  @IsBoolean()
  active?: boolean;
}

export class CreateProductBody {
  /** @example "Darjeeling" */
  @IsString()
  @Length(1, 200)
  @Matches(NAME, { message: 'name must not be blank' })
  name: string;

  /**
   * Name in addresses; made from the name when absent.
   * @example "darjeeling"
   */
  @MayBeAbsent()
  @Matches(/^[a-z0-9]+(?:-[a-z0-9]+)*$/, { message: 'handle is lower-case letters, digits and single hyphens' })
  @MaxLength(120)
  handle?: string;

  /** @example "First flush, whole leaf" */
  @IsOptional()
  @IsString()
  @MaxLength(10_000)
  description?: string | null;

  /** @example "019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c" */
  @IsOptional()
  @IsUUID()
  categoryId?: string | null;

  /**
   * Path of category names instead of an id, made where it is missing.
   * @example "Beverages > Tea"
   */
  @MayBeAbsent()
  @IsString()
  @Length(1, 500)
  category?: string;

  /** False hides it from the public. */
  @MayBeAbsent()
  @IsBoolean()
  active?: boolean;

  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(200)
  @ValidateNested({ each: true })
  @Type(() => CreateVariantBody)
  variants: CreateVariantBody[];
}

export class ChangeProductBody {
  /** @example "Darjeeling" */
  @MayBeAbsent()
  @IsString()
  @Length(1, 200)
  @Matches(NAME, { message: 'name must not be blank' })
  name?: string;

  /** @example "darjeeling" */
  @MayBeAbsent()
  @Matches(/^[a-z0-9]+(?:-[a-z0-9]+)*$/, { message: 'handle is lower-case letters, digits and single hyphens' })
  @MaxLength(120)
  handle?: string;

  /** @example "Second flush" */
  @IsOptional()
  @IsString()
  @MaxLength(10_000)
  description?: string | null;

  @IsOptional()
  @IsUUID()
  categoryId?: string | null;

  /** @example "Beverages > Tea" */
  @MayBeAbsent()
  @IsString()
  @Length(1, 500)
  category?: string;

  @MayBeAbsent()
  @IsBoolean()
  active?: boolean;

  /** Variants to change or add, by SKU; others stay. */
  @MayBeAbsent()
  @IsArray()
  @ArrayMaxSize(200)
  @ValidateNested({ each: true })
  @Type(() => ChangeVariantBody)
  variants?: ChangeVariantBody[];
}

export class ListProductsParams extends ListQuery {
  /**
   * Words of name, SKU or description; the beginnings of words and small misspellings match. The best matches come first.
   * @example "tea"
   */
  @MayBeAbsent()
  @IsString()
  @MaxLength(200)
  q?: string;

  /** Products of this category and of those beneath it. */
  @MayBeAbsent()
  @IsUUID()
  categoryId?: string;

  /** Staff may ask for withdrawn products; others see active ones alone. */
  @MayBeAbsent()
  @ToBoolean()
  @IsBoolean()
  active?: boolean;

  /** @example "darjeeling" */
  @MayBeAbsent()
  @IsString()
  @MaxLength(120)
  handle?: string;
}

export class PriceView {
  /**
   * Integer minor units.
   * @example 1250
   */
  amount: number;
  /**
   * ISO 4217.
   * @example "EUR"
   */
  currency: string;
}

export class ProductVariantView implements VariantView {
  /** @example "019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c" */
  id: string;
  /** @example "TEA-100" */
  sku: string;
  /** @example "100 g" */
  name: string | null;
  price: PriceView;
  active: boolean;
}

export class ProductCategoryView {
  /** @example "019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c" */
  id: string;
  /** @example "Tea" */
  name: string;
}

export class ProductDetailsView implements ProductView {
  /** @example "019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c" */
  id: string;
  /** @example "darjeeling" */
  handle: string;
  /** @example "Darjeeling" */
  name: string;
  /** @example "First flush, whole leaf" */
  description: string | null;
  category: ProductCategoryView | null;
  active: boolean;
  variants: ProductVariantView[];
  /**
   * Counts changes; the ETag names it.
   * @example 1
   */
  version: number;
  /** @example "2026-03-01T12:00:00.000Z" */
  createdAt: string;
  /** @example "2026-03-01T12:00:00.000Z" */
  updatedAt: string;
}
