import { ApiProperty } from '@nestjs/swagger';
import { ArrayMaxSize, IsBoolean, IsString, IsUUID, Length, MaxLength } from 'class-validator';
import { MayBeAbsent } from '../../../kernel/http/may-be-absent';
import { AnyOf, AnyOfNames, ListQuery, NumberRange, NumberRangeFilter } from '../../../kernel/http/pagination';
import { AVAILABILITIES, type AvailabilityState } from '../domain/availability';
import type { VariantAvailabilityView } from '../queries/product-availability';
import type { ProductView, VariantView } from '../queries/product-view';
import type { ProductFacetsView } from '../queries/product-facets';
import { IsCurrencyCode, PriceView } from './money.dto';
import { ToBoolean } from './to-boolean';

export class ProductHandleParams {
  /**
   * Name of the product in addresses, a present or a former one.
   * @example "darjeeling"
   */
  @IsString()
  @Length(1, 200)
  handle: string;
}

/** Filters of lists, searches and counts of products. */
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

  /** Of one attribute any of the values, of several attributes all: `leaf:black tea,organic:true`. Values as counts name them. */
  @AnyOfNames(/^[a-z][a-z0-9_]{0,39}:.{1,120}$/, 'leaf:black')
  @ArrayMaxSize(20)
  attributes?: string[];

  /** The lowest own price on sale, in minor units. */
  @NumberRangeFilter()
  price?: NumberRange;

  /**
   * Currency of that price.
   * @example "EUR"
   */
  @MayBeAbsent()
  @IsString()
  @IsCurrencyCode()
  currency?: string;

  /** Whether one of the variants on sale can be had; as lists know it, seconds behind the stock at most. */
  @AnyOf(AVAILABILITIES)
  availability?: AvailabilityState[];
}

export class ComponentView {
  /** @example "TEA-50" */
  sku: string;
  /** @example 2 */
  quantity: number;
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
  /**
   * Null: the product's.
   * @example null
   */
  taxCategory: string | null;
  /**
   * Weight of one piece in grams.
   * @example 120
   */
  weightGrams: number | null;
  /**
   * Whether it may be sold beyond its stock.
   * @example "no"
   */
  backorder: 'no' | 'backorder' | 'preorder';
  /** What a bundle is made of; null for anything else. */
  components: ComponentView[] | null;
  /**
   * One value of each option of the product, in their order.
   * @example ["100 g"]
   */
  optionValues: string[] | null;
}

export class ProductOptionView {
  /** @example "Size" */
  name: string;
  /** @example ["100 g"] */
  values: string[];
}

export class ProductImageSizeView {
  /** @example "https://shop.example.com/api/v1/file-links/AZo8" */
  src: string;
  /** @example 320 */
  width: number;
  /** @example 240 */
  height: number;
}

export class ProductImageView {
  /**
   * An address elsewhere; null for files.
   * @example "https://images.example.com/darjeeling.jpg"
   */
  url: string | null;
  /**
   * A file of the shop; null for what lies elsewhere.
   * @example null
   */
  fileId: string | null;
  /**
   * Where a page has it from: `url`, or a signed link to the file that works for one to two hours. Null while the file is
   * being inspected, which only those see who keep the catalogue.
   * @example "https://images.example.com/darjeeling.jpg"
   */
  src: string | null;
  /**
   * Pixels of a file; null for what lies elsewhere.
   * @example null
   */
  width: number | null;
  /** @example null */
  height: number | null;
  /**
   * Smaller ones of a file as WebP, the smallest first, as `srcset` takes them.
   * @example []
   */
  sizes: ProductImageSizeView[];
  /** @example "A tin of Darjeeling" */
  alt: string | null;
  /** @example null */
  sku: string | null;
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
  /** @example "standard" */
  taxCategory: string;
  /** What variants differ in. */
  options: ProductOptionView[];
  /**
   * Values by the code of their attribute.
   * @example {}
   */
  attributes: Record<string, string | number | boolean>;
  /** The first one stands for the product. */
  images: ProductImageView[];
  /** Whether one of its variants on sale can be had: at once, later, or not; bundles by their parts. */
  @ApiProperty({ enum: AVAILABILITIES, example: 'in_stock' })
  availability: AvailabilityState;
  /**
   * The public sees it from then on; null: at once.
   * @example "2026-03-01T06:00:00.000Z"
   */
  publishAt: string | null;
  /**
   * And until then; null: for good.
   * @example null
   */
  unpublishAt: string | null;
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

export class RelatedProductsView {
  data: ProductDetailsView[];
}

export class CategoryFacetView {
  /** @example "019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c" */
  id: string;
  /** @example "Tea" */
  name: string;
  /** @example 12 */
  count: number;
}

export class ValueFacetView {
  /** @example "Black" */
  value: string;
  /**
   * What `attributes=` takes.
   * @example "leaf:black"
   */
  filter: string;
  /** @example 7 */
  count: number;
}

export class AttributeFacetView {
  /** @example "leaf" */
  code: string;
  /** @example "Leaf" */
  name: string;
  /** @example null */
  unit: string | null;
  /** By count, the largest first. */
  values: ValueFacetView[];
}

export class PriceRangeView {
  /**
   * Minor units.
   * @example 450
   */
  from: number;
  /**
   * Minor units; belongs to the range.
   * @example 957
   */
  to: number;
  /** @example 4 */
  count: number;
}

export class AvailabilityFacetView {
  /** What `availability=` takes. */
  @ApiProperty({ enum: AVAILABILITIES, example: 'in_stock' })
  value: AvailabilityState;
  /** @example 9 */
  count: number;
}

export class VariantAvailabilityDetailsView implements VariantAvailabilityView {
  /** @example "TEA-100" */
  sku: string;
  @ApiProperty({ enum: AVAILABILITIES, example: 'in_stock' })
  availability: AvailabilityState;
  @ApiProperty({ enum: ['no', 'backorder', 'preorder'], example: 'no' })
  backorder: 'no' | 'backorder' | 'preorder';
  /**
   * Pieces that can be promised now; for staff alone.
   * @example null
   */
  available: number | null;
}

export class ProductAvailabilityView {
  data: VariantAvailabilityDetailsView[];
}

export class PriceFacetView {
  /** @example "EUR" */
  currency: string;
  /**
   * Minor units.
   * @example 450
   */
  lowest: number;
  /**
   * Minor units.
   * @example 2990
   */
  highest: number;
  /** @example 12 */
  count: number;
  /** Up to five ranges of equal width, the cheapest first. */
  ranges: PriceRangeView[];
}

export class ProductFacetsDetailsView implements ProductFacetsView {
  /**
   * Products that all filters leave.
   * @example 12
   */
  total: number;
  /**
   * False: the counts are of the first 2,000 products by name; of a search, of at most 1,000 matches, the best of those that it
   * looked at, which are not all where very many have the words or are spelled alike.
   */
  exact: boolean;
  /** By count, the largest first. */
  categories: CategoryFacetView[];
  attributes: AttributeFacetView[];
  /** Bounds of the lowest prices on sale, by currency. */
  prices: PriceFacetView[];
  /** What can be had comes first. */
  availability: AvailabilityFacetView[];
}
