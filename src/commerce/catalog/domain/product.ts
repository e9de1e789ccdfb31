import { Column, Entity, PrimaryColumn, VersionColumn } from 'typeorm';
import { newId } from '../../../kernel/ids/ids';
import { Aggregate } from '../../../kernel/messaging/domain-event';
import type { Money } from '../../../kernel/money/money';
import { fold, slugOf } from '../../../kernel/text/fold';
import { PriceChanged, ProductChanged } from '../contracts/product-events';
import { priceRequired, skuTwice } from './catalog.errors';
import { Variant } from './variant';

/** A variant as a change names it: by SKU; what is left out stays. */
export interface VariantChange {
  sku: string;
  name?: string | null;
  price?: Money;
  active?: boolean;
}

export interface ProductChange {
  name?: string;
  handle?: string;
  description?: string | null;
  categoryId?: string | null;
  active?: boolean;
  variants?: VariantChange[];
}

export type NewProduct = ProductChange & { name: string; variants: (VariantChange & { price: Money })[] };

/** A product with its variants: the unit of change, of versions and of events. */
@Entity({ schema: 'catalog', name: 'products' })
export class Product extends Aggregate {
  @PrimaryColumn('uuid', { name: 'tenant_id' }) tenantId: string;
  @PrimaryColumn('uuid') id: string;
  /** The product's name in addresses and files, unique in the shop. */
  @Column('text') handle: string;
  @Column('text') name: string;
  @Column('text', { name: 'name_key' }) nameKey: string;
  @Column('text', { nullable: true }) description: string | null;
  @Column('uuid', { name: 'category_id', nullable: true }) categoryId: string | null;
  @Column('boolean') active: boolean;
  @Column('text', { name: 'search_text' }) searchText: string;
  @Column('text', { name: 'detail_text' }) detailText: string;
  @Column('timestamptz', { name: 'created_at' }) createdAt: Date;
  @Column('timestamptz', { name: 'updated_at' }) updatedAt: Date;
  @VersionColumn() version: number;

  /** Not a column: the repository loads and stores the variants with their product. */
  variants: Variant[];

  /** @throws AppError invalid `catalog.sku-twice` */
  static create(data: NewProduct, at: Date): Product {
    const product = Object.assign(new Product(), { id: newId(), createdAt: at, version: 0, variants: [] });
    product.active = true;
    product.description = null;
    product.categoryId = null;
    product.handle = data.handle ?? handleFor(data.name);
    product.apply(data, at);
    product.say();
    return product;
  }

  /**
   * Changes what `change` names and says so. @returns false when nothing is different.
   * @throws AppError invalid `catalog.sku-twice`, `catalog.price-required`
   */
  change(change: ProductChange, at: Date): boolean {
    const before = this.state();
    const prices = new Map(this.variants.map((variant) => [variant.sku, variant.price]));
    this.apply(change, at);
    if (this.state() === before) return false;
    for (const variant of this.variants) {
      const old = prices.get(variant.sku);
      if (old && (old.amount !== variant.price.amount || old.currency !== variant.price.currency)) {
        this.record(
          new PriceChanged(
            this.id,
            { productId: this.id, variantId: variant.id, sku: variant.sku, before: old, after: variant.price },
            this.version + 1,
          ),
        );
      }
    }
    this.say();
    return true;
  }

  /** Makes a suggested handle unique by the random end of the id. The event that names it is said anew. */
  endHandle(): void {
    this.handle = `${this.handle.slice(0, 110)}-${this.id.slice(-8)}`;
    this.pullEvents();
    this.say();
  }

  private apply(change: ProductChange, at: Date): void {
    if (change.name !== undefined) this.name = change.name.trim();
    if (change.handle !== undefined) this.handle = change.handle;
    if (change.description !== undefined) this.description = change.description;
    if (change.categoryId !== undefined) this.categoryId = change.categoryId;
    if (change.active !== undefined) this.active = change.active;
    const named = new Set<string>();
    for (const it of change.variants ?? []) {
      if (named.has(it.sku)) throw skuTwice(it.sku);
      named.add(it.sku);
      this.applyVariant(it, at);
    }
    this.updatedAt = at;
    Object.assign(this, searchTexts(this));
  }

  private applyVariant(change: VariantChange, at: Date): void {
    let variant = this.variants.find((it) => it.sku === change.sku);
    if (!variant) {
      if (!change.price) throw priceRequired(change.sku);
      variant = Object.assign(new Variant(), { id: newId(), productId: this.id, sku: change.sku, createdAt: at });
      variant.position = this.variants.length;
      variant.name = null;
      variant.active = true;
      this.variants.push(variant);
    }
    if (change.name !== undefined) variant.name = change.name;
    if (change.active !== undefined) variant.active = change.active;
    if (change.price) {
      variant.priceAmount = change.price.amount;
      variant.priceCurrency = change.price.currency;
    }
    variant.updatedAt = at;
  }

  private say(): void {
    this.record(new ProductChanged(this.id, productState(this), this.version + 1));
  }

  private state(): string {
    return JSON.stringify([productState(this), this.description]);
  }
}

/** The payload of product-changed: the whole state that others may know. */
export const productState = (product: Product): ProductChanged['payload'] => ({
  productId: product.id,
  handle: product.handle,
  name: product.name,
  active: product.active,
  categoryId: product.categoryId,
  variants: product.variants.map((it) => ({
    variantId: it.id,
    sku: it.sku,
    name: it.name,
    price: it.price,
    active: it.active,
  })),
});

/** The folded texts that search and sorting use. */
export const searchTexts = (product: {
  name: string;
  description: string | null;
  variants: { sku: string; name: string | null }[];
}): { nameKey: string; searchText: string; detailText: string } => ({
  nameKey: fold(product.name),
  searchText: fold([product.name, ...product.variants.flatMap((it) => [it.sku, it.name ?? ''])].join(' ')),
  detailText: fold(product.description ?? ''),
});

/** The handle that a name suggests; the repository makes it unique. */
export const handleFor = (name: string): string => slugOf(name) || 'product';
