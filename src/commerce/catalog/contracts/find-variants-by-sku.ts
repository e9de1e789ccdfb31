import { Query } from '@nestjs/cqrs';
import type { Money } from '../../../kernel/money/money';

/** A sellable variant with the names that an order copies. */
export interface VariantFacts {
  variantId: string;
  productId: string;
  sku: string;
  /** Name of the variant within its product, null for a product that has only one. */
  name: string | null;
  productName: string;
  /** Price of one piece, minor units. */
  price: Money;
  /** False when the variant or its product is withdrawn from sale. */
  active: boolean;
  categoryId: string | null;
  categoryName: string | null;
}

/** The variants with these SKUs, inactive ones included; unknown SKUs are absent. One statement; joins an open transaction. */
export class FindVariantsBySkuQuery extends Query<VariantFacts[]> {
  constructor(readonly request: { skus: readonly string[] }) {
    super();
  }
}
