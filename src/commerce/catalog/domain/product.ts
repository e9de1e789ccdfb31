import { Column, Entity, PrimaryColumn, VersionColumn } from 'typeorm';
import { newId } from '../../../kernel/ids/ids';
import { Aggregate } from '../../../kernel/messaging/domain-event';
import type { Money } from '../../../kernel/money/money';
import { fold, slugOf } from '../../../kernel/text/fold';
import { PriceChanged, ProductChanged } from '../contracts/product-events';
import type { BackorderMode } from '../contracts/find-variants-by-sku';
import { componentTwice, imagesInvalid, priceRequired, publicationInvalid, skuTwice } from './catalog.errors';
import { checkOptions, optionKey, type AttributeValue, type ProductImage, type ProductOption } from './presentation';
import { Variant, type BundleComponent } from './variant';

/** A variant as a change names it: by SKU; what is left out stays. */
export interface VariantChange {
  sku: string;
  name?: string | null;
  price?: Money;
  active?: boolean;
  /** Null: the product's. */
  taxCategory?: string | null;
  weightGrams?: number | null;
  backorder?: BackorderMode;
  /** Makes it a bundle of these; null makes it an article of its own again. */
  components?: BundleComponent[] | null;
  /** One value of each option of the product, in their order. */
  optionValues?: string[] | null;
}

/** Variants that a product has at most. */
export const MOST_VARIANTS = 200;

/** The tax category of what names none. */
export const STANDARD_TAX = 'standard';

export interface ProductChange {
  name?: string;
  handle?: string;
  description?: string | null;
  categoryId?: string | null;
  active?: boolean;
  taxCategory?: string;
  /** All of them; what variants differ in. */
  options?: ProductOption[];
  /** All of them, by code; they were checked against their definitions. */
  attributes?: Record<string, AttributeValue>;
  /** All of them, the first one stands for the product. */
  images?: ProductImage[];
  /** The public sees an active product from then on; null: at once. */
  publishAt?: Date | null;
  /** And until then; null: for good. */
  unpublishAt?: Date | null;
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
  @Column('text', { name: 'tax_category' }) taxCategory: string;
  @Column('jsonb') options: ProductOption[];
  @Column('jsonb') attributes: Record<string, AttributeValue>;
  @Column('jsonb') images: ProductImage[];
  @Column('timestamptz', { name: 'publish_at', nullable: true }) publishAt: Date | null;
  @Column('timestamptz', { name: 'unpublish_at', nullable: true }) unpublishAt: Date | null;
  @Column('text', { name: 'search_text' }) searchText: string;
  @Column('text', { name: 'detail_text' }) detailText: string;
  /** The lowest own price of what is on sale, by which lists narrow and sort; null where nothing is. */
  @Column('bigint', { name: 'price_from', nullable: true }) priceFrom: number | null;
  @Column('char', { name: 'price_currency', length: 3, nullable: true }) priceCurrency: string | null;
  @Column('timestamptz', { name: 'created_at' }) createdAt: Date;
  @Column('timestamptz', { name: 'updated_at' }) updatedAt: Date;
  @VersionColumn() version: number;

  /** Not a column: the repository loads and stores the variants with their product. */
  variants: Variant[];
  private priceMoves: PriceMove[] = [];
  private madeOfOthers = new Set<Variant>();
  private formerHandle: string | null = null;
  private attributesNamed = false;
  private filesBefore: Set<string> | null = null;

  /** @throws AppError invalid `catalog.sku-twice` */
  static create(data: NewProduct, at: Date): Product {
    const product = Object.assign(new Product(), { id: newId(), createdAt: at, version: 0, variants: [] });
    product.active = true;
    product.description = null;
    product.categoryId = null;
    product.taxCategory = STANDARD_TAX;
    Object.assign(product, { options: [], attributes: {}, images: [], publishAt: null, unpublishAt: null });
    product.handle = data.handle ?? handleFor(data.name);
    product.apply(data, at);
    product.say();
    return product;
  }

  /**
   * Changes what `change` names and says so. @returns false when nothing is different.
   * @throws AppError invalid `catalog.sku-twice`, `catalog.price-required`, and those of `presentation.ts`
   */
  change(change: ProductChange, at: Date): boolean {
    const before = this.state();
    const prices = new Map(this.variants.map((variant) => [variant.sku, variant.price]));
    this.apply(change, at);
    if (this.state() === before) return false;
    for (const variant of this.variants) {
      const old = prices.get(variant.sku);
      if (old && (old.amount !== variant.price.amount || old.currency !== variant.price.currency)) {
        this.priceMoves.push({ variantId: variant.id, before: old, after: variant.price });
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

  /** Prices that `change` replaced and that nobody has written down yet. */
  pullPriceMoves(): PriceMove[] {
    return this.priceMoves.splice(0);
  }

  /** Variants whose components a change named and that nobody has written down yet. */
  pullBundles(): Variant[] {
    const named = [...this.madeOfOthers];
    this.madeOfOthers.clear();
    return named;
  }

  /** Whether a change named attributes that nobody has written down yet. */
  pullAttributesNamed(): boolean {
    const named = this.attributesNamed;
    this.attributesNamed = false;
    return named;
  }

  /** The handle that a change replaced, so that it can lead to the new one; null when it stayed. */
  pullFormerHandle(): string | null {
    const left = this.formerHandle === this.handle ? null : this.formerHandle;
    this.formerHandle = null;
    return left;
  }

  /** Files that a change of the images brought and took, and that nobody has told yet. */
  pullImageFiles(): { brought: string[]; taken: string[] } {
    const [before, now] = [this.filesBefore ?? new Set<string>(), imageFiles(this.images)];
    const changed = this.filesBefore !== null;
    this.filesBefore = null;
    if (!changed) return { brought: [], taken: [] };
    return { brought: [...now].filter((id) => !before.has(id)), taken: [...before].filter((id) => !now.has(id)) };
  }

  /** Makes a suggested handle unique by the random end of the id. The event that names it is said anew. */
  endHandle(): void {
    this.handle = `${this.handle.slice(0, 110)}-${this.id.slice(-8)}`;
    this.pullEvents();
    this.say();
  }

  private apply(change: ProductChange, at: Date): void {
    if (change.name !== undefined) this.name = change.name.trim();
    if (change.handle !== undefined) {
      if (this.version > 0 && change.handle !== this.handle) this.formerHandle ??= this.handle;
      this.handle = change.handle;
    }
    if (change.description !== undefined) this.description = change.description;
    if (change.categoryId !== undefined) this.categoryId = change.categoryId;
    if (change.active !== undefined) this.active = change.active;
    if (change.taxCategory !== undefined) this.taxCategory = change.taxCategory;
    this.applyPresentation(change);
    const named = new Set<string>();
    for (const it of change.variants ?? []) {
      if (named.has(it.sku)) throw skuTwice(it.sku);
      named.add(it.sku);
      this.applyVariant(it, at);
    }
    checkOptions(this.options, this.variants);
    checkImages(this.images, this.variants);
    this.updatedAt = at;
    Object.assign(this, searchTexts(this), lowestPrice(this.variants));
  }

  /** @throws AppError invalid `catalog.publication-invalid` */
  private applyPresentation({ options, attributes, images, publishAt, unpublishAt }: ProductChange): void {
    if (options !== undefined) this.options = options.map(({ name, values }) => ({ name: name.trim(), values }));
    if (attributes !== undefined) {
      this.attributes = attributes;
      this.attributesNamed = true;
    }
    if (images !== undefined) {
      this.filesBefore ??= imageFiles(this.images);
      this.images = images;
    }
    if (publishAt !== undefined) this.publishAt = publishAt;
    if (unpublishAt !== undefined) this.unpublishAt = unpublishAt;
    if (this.publishAt && this.unpublishAt && this.publishAt >= this.unpublishAt) throw publicationInvalid();
  }

  private applyVariant(change: VariantChange, at: Date): void {
    let variant = this.variants.find((it) => it.sku === change.sku);
    if (!variant) {
      if (!change.price) throw priceRequired(change.sku);
      variant = Object.assign(new Variant(), { id: newId(), productId: this.id, sku: change.sku, createdAt: at });
      variant.position = this.variants.length;
      const nothing = {
        name: null,
        taxCategory: null,
        weightGrams: null,
        components: null,
        optionValues: null,
        optionKey: null,
      };
      Object.assign(variant, nothing, { active: true, backorder: 'no', bundle: false });
      this.variants.push(variant);
    }
    if (change.name !== undefined) variant.name = change.name;
    if (change.active !== undefined) variant.active = change.active;
    if (change.taxCategory !== undefined) variant.taxCategory = change.taxCategory;
    if (change.weightGrams !== undefined) variant.weightGrams = change.weightGrams;
    if (change.backorder !== undefined) variant.backorder = change.backorder;
    if (change.optionValues !== undefined) {
      variant.optionValues = change.optionValues?.length ? change.optionValues : null;
      variant.optionKey = variant.optionValues && optionKey(variant.optionValues);
    }
    if (change.components !== undefined) {
      this.madeOfOthers.add(variant);
      variant.components = componentsOf(change.components);
      variant.bundle = variant.components !== null;
    }
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
    const of = ({ taxCategory, weightGrams, backorder, optionValues, components = null }: Variant): unknown => [
      taxCategory,
      weightGrams,
      backorder,
      components?.map(({ sku, quantity }) => [sku, quantity]),
      optionValues,
    ];
    const { description, taxCategory, options, attributes, images, publishAt, unpublishAt } = this;
    const shown = [
      description,
      taxCategory,
      options,
      sorted(attributes),
      images.map(imageText),
      publishAt,
      unpublishAt,
    ];
    return JSON.stringify([productState(this), shown, this.variants.map(of)]);
  }
}

/** The database gives members of JSON back in an order of its own. */
const sorted = (record: object): unknown => Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1));
const imageText = ({ url, fileId, alt, sku }: ProductImage): unknown => [url, fileId, alt, sku];

const imageFiles = (images: readonly ProductImage[]): Set<string> =>
  new Set(images.flatMap(({ fileId }) => fileId ?? []));

/** @throws AppError invalid `catalog.images-invalid` */
function checkImages(images: readonly ProductImage[], variants: readonly Variant[]): void {
  images.forEach(({ url, fileId, sku }, i) => {
    if ((url === null) === (fileId === null))
      throw imagesInvalid(`/images/${i}`, 'An image has either an address or a file.');
    if (sku !== null && !variants.some((variant) => variant.sku === sku))
      throw imagesInvalid(`/images/${i}/sku`, `The product has no variant ${sku}.`);
  });
}

/** A variant's own price that was replaced. */
export interface PriceMove {
  variantId: string;
  before: Money;
  after: Money;
}

/** @throws AppError invalid `catalog.component-invalid` */
function componentsOf(given: BundleComponent[] | null): BundleComponent[] | null {
  if (!given || given.length === 0) return null;
  const twice = given.find(({ sku }, i) => given.findIndex((other) => other.sku === sku) < i);
  if (twice) throw componentTwice(twice.sku);
  return given.map(({ sku, quantity }) => ({ sku, quantity }));
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

/** The lowest own price of the variants on sale. */
export function lowestPrice(variants: readonly { active: boolean; price: Money }[]): {
  priceFrom: number | null;
  priceCurrency: string | null;
} {
  const prices = variants.filter((it) => it.active).map((it) => it.price);
  const lowest = prices.reduce<Money | null>((low, price) => (low && low.amount <= price.amount ? low : price), null);
  return { priceFrom: lowest?.amount ?? null, priceCurrency: lowest?.currency ?? null };
}

/** The handle that a name suggests; the repository makes it unique. */
export const handleFor = (name: string): string => slugOf(name) || 'product';
