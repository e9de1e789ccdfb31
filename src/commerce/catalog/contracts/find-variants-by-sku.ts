import { Query } from '@nestjs/cqrs';
import type { Money } from '../../../kernel/money/money';
import type { ResolvePricesQuery } from './resolve-prices';

/** Whether a variant may be sold beyond its stock: never, with later delivery, or before it appears. */
export type BackorderMode = 'no' | 'backorder' | 'preorder';

/** A sellable variant with the names that an order copies. */
export interface VariantFacts {
  variantId: string;
  productId: string;
  sku: string;
  /** Name of the variant within its product, null for a product that has only one. */
  name: string | null;
  productName: string;
  /** Price of one piece without any price list, minor units. */
  price: Money;
  /** False when the variant or its product is withdrawn from sale, not published yet or no more. */
  active: boolean;
  categoryId: string | null;
  categoryName: string | null;
  /** Names the tax rates that apply, `standard` unless the shop says otherwise. */
  taxCategory: string;
  /** Weight of one piece in grams; null where the shop does not know. */
  weightGrams: number | null;
  backorder: BackorderMode;
  /**
   * What one piece of a bundle takes from stock, by SKU: bundles in bundles are taken apart, so that none of these is a
   * bundle itself. Null for what has stock of its own.
   */
  components: { sku: string; quantity: number }[] | null;
}

/** The variants with these SKUs, inactive ones included; unknown SKUs are absent. One statement; joins an open transaction. */
export class FindVariantsBySkuQuery extends Query<VariantFacts[]> {
  constructor(readonly request: { skus: readonly string[] }) {
    super();
  }
}

/** A variant beside the price that a quantity of it has for somebody. */
export interface OfferedVariant extends VariantFacts {
  /** Of one piece, as `ResolvePricesQuery` says; null where it has none in the currency. */
  offer: Money | null;
}

/**
 * As `FindVariantsBySkuQuery`, with the prices that `ResolvePricesQuery` gives for the same lines, of which each names
 * another SKU. One statement; joins an open transaction.
 */
export class FindOffersQuery extends Query<OfferedVariant[]> {
  constructor(readonly request: ResolvePricesQuery['request']) {
    super();
  }
}
