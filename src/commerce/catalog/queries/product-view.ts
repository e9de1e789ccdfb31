import type { Money } from '../../../kernel/money/money';
import type { BackorderMode } from '../contracts/find-variants-by-sku';
import type { AvailabilityState } from '../domain/availability';
import type { AttributeValue, ProductImage, ProductOption } from '../domain/presentation';
import type { BundleComponent } from '../domain/variant';

export interface VariantView {
  id: string;
  sku: string;
  name: string | null;
  price: Money;
  active: boolean;
  /** Null: the product's. */
  taxCategory: string | null;
  weightGrams: number | null;
  backorder: BackorderMode;
  /** What a bundle is made of, null for anything else. */
  components: BundleComponent[] | null;
  /** One value of each option of the product, in their order. */
  optionValues: string[] | null;
}

/** An image with what a page needs to show it. */
export interface ShownImage extends ProductImage {
  /** Where a page has it from: its address, or a signed link to its file; null while the file is being inspected. */
  src: string | null;
  /** Pixels of a file; null for what lies elsewhere. */
  width: number | null;
  height: number | null;
  /** Smaller ones of a file, the smallest first. */
  sizes: { src: string; width: number; height: number }[];
}

/** A product as lists and single reads show it. */
export interface ProductView {
  id: string;
  handle: string;
  name: string;
  description: string | null;
  category: { id: string; name: string } | null;
  active: boolean;
  taxCategory: string;
  /** What variants differ in. */
  options: ProductOption[];
  /** By code. */
  attributes: Record<string, AttributeValue>;
  /** The first one stands for the product. */
  images: ShownImage[];
  /** Whether one of its variants on sale can be had. */
  availability: AvailabilityState;
  /** The public sees an active product from then on; null: at once. */
  publishAt: string | null;
  /** And until then; null: for good. */
  unpublishAt: string | null;
  variants: VariantView[];
  /** Also the ETag. */
  version: number;
  createdAt: string;
  updatedAt: string;
}

/** A row of a product with `withVariants`. */
export interface ProductRecord {
  id: string;
  handle: string;
  name: string;
  description: string | null;
  category_id: string | null;
  category_name: string | null;
  active: boolean;
  tax_category: string;
  options: ProductOption[];
  attributes: Record<string, AttributeValue>;
  images: ProductImage[];
  availability: AvailabilityState;
  publish_at: Date | null;
  unpublish_at: Date | null;
  variants: VariantView[] | null;
  version: number;
  created_at: Date;
  updated_at: Date;
}

/** What a product `p` shows of its category and, as one JSON array, of its variants; `variants` is a condition on `v`. */
export const withVariants = (variants = 'true'): { columns: string; joins: string } => ({
  columns: 'c.name as category_name, w.variants',
  joins: `left join catalog.categories c on c.tenant_id = p.tenant_id and c.id = p.category_id
    left join lateral (
      select json_agg(json_build_object('id', v.id, 'sku', v.sku, 'name', v.name,
        'price', json_build_object('amount', v.price_amount, 'currency', v.price_currency), 'active', v.active,
        'taxCategory', v.tax_category, 'weightGrams', v.weight_grams, 'backorder', v.backorder, 'optionValues', v.option_values,
        'components', case when v.bundle then catalog.bundle_contents(v.tenant_id, v.id) end)
        order by v.position, v.id) as variants
      from catalog.variants v where v.tenant_id = p.tenant_id and v.product_id = p.id and ${variants}
    ) w on true`,
});

const ELSEWHERE = { width: null, height: null, sizes: [] };

/** Its images as they are stored: `ShownProducts` gives those that are files their links. */
export const productView = (row: ProductRecord): ProductView => ({
  id: row.id,
  handle: row.handle,
  name: row.name,
  description: row.description,
  category: row.category_id ? { id: row.category_id, name: row.category_name! } : null,
  active: row.active,
  taxCategory: row.tax_category,
  options: row.options,
  attributes: row.attributes,
  images: row.images.map(({ url, fileId, alt, sku }) => ({ ...{ url, fileId, alt, sku }, ...ELSEWHERE, src: url })),
  availability: row.availability,
  publishAt: row.publish_at?.toISOString() ?? null,
  unpublishAt: row.unpublish_at?.toISOString() ?? null,
  variants: row.variants ?? [],
  version: row.version,
  createdAt: row.created_at.toISOString(),
  updatedAt: row.updated_at.toISOString(),
});

/** Columns of a product `p` that its view needs besides those of `withVariants`. */
export const PRODUCT_COLUMNS = `p.id, p.handle, p.name, p.description, p.category_id, p.active, p.tax_category, p.options, p.attributes,
  p.images, p.availability, p.publish_at, p.unpublish_at, p.version, p.created_at, p.updated_at`;

/** What the public sees of products `p`: active ones, within their time. */
export const ON_SALE = `p.active and (p.publish_at is null or p.publish_at <= kernel.now()) and (p.unpublish_at is null or p.unpublish_at > kernel.now())`;
