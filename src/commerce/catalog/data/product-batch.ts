import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../../kernel/database/transaction';
import { conflict } from '../../../kernel/errors/app-error';
import { newId } from '../../../kernel/ids/ids';
import { Product } from '../domain/product';
import { Variant } from '../domain/variant';
import { AvailabilityRepository } from './availability.repository';
import { PriceChanges } from './price-changes';

const PRODUCT_COLUMNS = `id uuid, handle text, name text, name_key text, description text, category_id uuid, active boolean, tax_category text, price_from bigint, price_currency text,
  search_text text, detail_text text, version int, created_at timestamptz, updated_at timestamptz`;
const VARIANT_COLUMNS = `id uuid, product_id uuid, sku text, name text, position int, price_amount bigint, price_currency text,
  active boolean, tax_category text, weight_grams int, backorder text, bundle boolean, created_at timestamptz, updated_at timestamptz`;
const names = (columns: string): string =>
  columns
    .split(',')
    .map((column) => column.trim().split(' ')[0])
    .join(', ');

/** Writes many products at once: a fixed number of statements for any number of rows, with texts that do not vary. */
@Injectable()
export class ProductBatch {
  constructor(
    private readonly priceChanges: PriceChanges,
    private readonly availability: AvailabilityRepository,
  ) {}

  /** Products that own one of these SKUs or handles, with all their variants; locked in id order. */
  async load(tx: Transaction, skus: string[], handles: string[], lock: boolean): Promise<Product[]> {
    const ids = await tx.query<{ id: string }>(
      `select product_id as id from catalog.variants where tenant_id = $1 and sku = any($2)
       union select id from catalog.products where tenant_id = $1 and handle = any($3)`,
      [tx.tenantId, skus, handles],
    );
    if (ids.length === 0) return [];
    const wanted = ids.map((row) => row.id);
    const products = await tx.store.loadMany(
      Product,
      { id: wanted as never },
      { lock: lock ? 'no-key-update' : false },
    );
    const variants = await tx.store.loadMany(
      Variant,
      { productId: wanted as never },
      { lock: false, orderBy: ['position', 'id'] },
    );
    const byId = new Map(products.map((product) => [product.id, product]));
    for (const product of products) product.variants = [];
    for (const variant of variants) byId.get(variant.productId)?.variants.push(variant);
    return products;
  }

  /** Gives those suggested handles an ending that are taken, wished by another row, or shared by two new products. */
  async makeHandlesUnique(tx: Transaction, products: Product[], wished: Iterable<string>): Promise<void> {
    if (products.length === 0) return;
    const rows = await tx.query<{ handle: string }>(
      `select handle from catalog.products where tenant_id = $1 and handle = any($2)`,
      [tx.tenantId, products.map((product) => product.handle)],
    );
    const taken = new Set([...wished, ...rows.map((row) => row.handle)]);
    for (const product of products) {
      if (taken.has(product.handle)) product.endHandle();
      taken.add(product.handle);
    }
  }

  async insert(tx: Transaction, products: Product[]): Promise<void> {
    if (products.length === 0) return;
    await explained(async () => {
      await tx.execute(
        `insert into catalog.products (tenant_id, ${names(PRODUCT_COLUMNS)})
         select $1, ${names(PRODUCT_COLUMNS)} from json_to_recordset($2::json) as x(${PRODUCT_COLUMNS})`,
        [tx.tenantId, JSON.stringify(products.map((product) => ({ ...productRecord(product), version: 1 })))],
      );
      await this.insertVariants(
        tx,
        products.flatMap((product) => product.variants),
      );
      // A handle that a product has leads to it, not to the one that had it before.
      await tx.execute('delete from catalog.former_handles where tenant_id = $1 and handle = any($2)', [
        tx.tenantId,
        products.map((product) => product.handle),
      ]);
    });
    for (const product of products) tx.record(...product.pullEvents());
  }

  /** Products loaded by `load` and changed since; their rows are locked, so the version cannot have moved. */
  async update(tx: Transaction, products: Product[]): Promise<void> {
    if (products.length === 0) return;
    await explained(async () => {
      await tx.execute(
        `update catalog.products p set handle = x.handle, name = x.name, name_key = x.name_key, description = x.description,
           category_id = x.category_id, active = x.active, tax_category = x.tax_category, price_from = x.price_from, price_currency = x.price_currency, search_text = x.search_text, detail_text = x.detail_text,
           updated_at = x.updated_at, version = p.version + 1
         from json_to_recordset($2::json) as x(${PRODUCT_COLUMNS}) where p.tenant_id = $1 and p.id = x.id`,
        [tx.tenantId, JSON.stringify(products.map(productRecord))],
      );
      // Variants that the load did not bring have no tenant yet.
      const variants = products.flatMap((product) => product.variants);
      await this.insertVariants(
        tx,
        variants.filter((variant) => variant.tenantId === undefined),
      );
      await tx.execute(
        `update catalog.variants v set name = x.name, price_amount = x.price_amount, price_currency = x.price_currency,
           active = x.active, tax_category = x.tax_category, weight_grams = x.weight_grams, backorder = x.backorder, updated_at = x.updated_at
         from json_to_recordset($2::json) as x(${VARIANT_COLUMNS}) where v.tenant_id = $1 and v.id = x.id
           and (v.name, v.price_amount, v.price_currency, v.active, v.tax_category, v.weight_grams, v.backorder)
             is distinct from (x.name, x.price_amount, x.price_currency, x.active, x.tax_category, x.weight_grams, x.backorder)`,
        [tx.tenantId, JSON.stringify(variants.filter((variant) => variant.tenantId !== undefined).map(variantRecord))],
      );
    });
    await this.availability.followProducts(
      tx,
      products.map((product) => product.id),
    );
    await this.leaveHandles(tx, products);
    const moves = products.flatMap((product) => product.pullPriceMoves());
    await this.priceChanges.note(
      tx,
      moves.map((move) => ({ ...move, list: null, minQuantity: null })),
    );
    for (const product of products) tx.record(...product.pullEvents());
  }

  private async leaveHandles(tx: Transaction, products: Product[]): Promise<void> {
    const left = products
      .map((product) => ({ product, handle: product.pullFormerHandle() }))
      .filter(({ handle }) => handle !== null);
    if (left.length === 0) return;
    await tx.execute('delete from catalog.former_handles where tenant_id = $1 and handle = any($2)', [
      tx.tenantId,
      left.map(({ product }) => product.handle),
    ]);
    await tx.execute(
      `insert into catalog.former_handles (tenant_id, id, handle, product_id, left_at)
       select $1, x.id, x.handle, x.product_id, $5 from unnest($2::uuid[], $3::text[], $4::uuid[]) as x(id, handle, product_id)
       on conflict on constraint former_handles_once do update set product_id = excluded.product_id, left_at = excluded.left_at`,
      [
        tx.tenantId,
        left.map(() => newId()),
        left.map(({ handle }) => handle),
        left.map(({ product }) => product.id),
        left[0].product.updatedAt,
      ],
    );
  }

  private async insertVariants(tx: Transaction, variants: Variant[]): Promise<void> {
    if (variants.length === 0) return;
    await tx.execute(
      `insert into catalog.variants (tenant_id, ${names(VARIANT_COLUMNS)})
       select $1, ${names(VARIANT_COLUMNS)} from json_to_recordset($2::json) as x(${VARIANT_COLUMNS})`,
      [tx.tenantId, JSON.stringify(variants.map(variantRecord))],
    );
  }
}

const productRecord = (it: Product): Record<string, unknown> => ({
  id: it.id,
  handle: it.handle,
  name: it.name,
  name_key: it.nameKey,
  description: it.description,
  category_id: it.categoryId,
  active: it.active,
  tax_category: it.taxCategory,
  price_from: it.priceFrom,
  price_currency: it.priceCurrency,
  search_text: it.searchText,
  detail_text: it.detailText,
  version: it.version,
  created_at: it.createdAt,
  updated_at: it.updatedAt,
});

const variantRecord = (it: Variant): Record<string, unknown> => ({
  id: it.id,
  product_id: it.productId,
  sku: it.sku,
  name: it.name,
  position: it.position,
  price_amount: it.priceAmount,
  price_currency: it.priceCurrency,
  active: it.active,
  tax_category: it.taxCategory,
  weight_grams: it.weightGrams,
  backorder: it.backorder,
  bundle: it.bundle,
  created_at: it.createdAt,
  updated_at: it.updatedAt,
});

/** A key that another writer took between the look and the insert: the batch has no effect and can be sent again. */
async function explained(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if ((error as { code?: string }).code !== '23505') throw error;
    throw conflict('catalog.import-overtaken', 'Products of this batch were created by somebody else meanwhile.', {
      hint: 'Import again: what is done already changes nothing.',
      retryable: true,
    });
  }
}
