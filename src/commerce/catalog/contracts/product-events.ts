import { DomainEvent } from '../../../kernel/messaging/domain-event';
import type { Money } from '../../../kernel/money/money';

/** A product was created or changed: its whole state, with the product's version (older ones are to be ignored). */
export class ProductChanged extends DomainEvent<{
  productId: string;
  handle: string;
  name: string;
  active: boolean;
  categoryId: string | null;
  variants: { variantId: string; sku: string; name: string | null; price: Money; active: boolean }[];
}> {
  static override readonly type = 'catalog.product-changed.v1';
}

/** The price of one variant changed. Aggregate: the product. */
export class PriceChanged extends DomainEvent<{
  productId: string;
  variantId: string;
  sku: string;
  before: Money;
  after: Money;
}> {
  static override readonly type = 'catalog.price-changed.v1';
}

/** What bundles of a product are made of was changed. Aggregate: the product. */
export class BundleChanged extends DomainEvent<{
  productId: string;
  /** SKUs of the bundles and of their present parts. */
  parts: string[];
}> {
  static override readonly type = 'catalog.bundle-changed.v1';
}
