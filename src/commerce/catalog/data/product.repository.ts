import { Injectable } from '@nestjs/common';
import type { AppError } from '../../../kernel/errors/app-error';
import { newId } from '../../../kernel/ids/ids';
import type { Transaction } from '../../../kernel/database/transaction';
import { handleTaken, skuTaken, unknownCategory } from '../domain/catalog.errors';
import { checkAttributes, facetOf, type AttributeDefinition } from '../domain/presentation';
import { Product, type ProductChange } from '../domain/product';
import { Variant } from '../domain/variant';
import { AvailabilityRepository } from './availability.repository';
import { BundleRepository } from './bundle.repository';
import { PriceChanges } from './price-changes';

@Injectable()
export class ProductRepository {
  constructor(
    private readonly bundles: BundleRepository,
    private readonly priceChanges: PriceChanges,
    private readonly availability: AvailabilityRepository,
  ) {}

  /** A product with its variants, locked for change. */
  async load(tx: Transaction, id: string): Promise<Product | null> {
    const product = await tx.store.load(Product, id, { lock: 'no-key-update' });
    if (!product) return null;
    product.variants = await tx.store.loadMany(
      Variant,
      { productId: id },
      { lock: false, orderBy: ['position', 'id'] },
    );
    await this.bundles.load(tx, product.variants);
    return product;
  }

  /** Asserts that the attributes of a change fit their definitions. @throws AppError invalid `catalog.attributes-invalid` */
  async checkAttributes(tx: Transaction, { attributes }: ProductChange): Promise<void> {
    const codes = Object.keys(attributes ?? {});
    if (codes.length === 0) return;
    const definitions = await tx.query<AttributeDefinition>(
      'select code, type, choices from catalog.attributes where tenant_id = $1 and code = any($2)',
      [tx.tenantId, codes],
    );
    checkAttributes(attributes!, definitions);
  }

  /**
   * Stores a new product; a handle that was only suggested by the name gets an ending when it is taken.
   * @throws AppError conflict `catalog.sku-taken`, `catalog.handle-taken`, invalid `catalog.unknown-category`,
   *   `catalog.unknown-sku` (of a component), conflict `catalog.bundle-cycle`, `catalog.bundle-too-large`
   */
  async insert(tx: Transaction, product: Product, handleIsWished: boolean): Promise<void> {
    const skus = product.variants.map((it) => it.sku);
    // Of two that come at once under one name, the second sees the handle of the first.
    tx.later(`select pg_advisory_xact_lock(hashtextextended('catalog.handle ' || $1::text || $2::text, 0))`, [
      tx.tenantId,
      product.handle,
    ]);
    const [taken] = await tx.query<{ skus: string[] | null; handle: boolean }>(
      `select (select array_agg(sku order by sku) from catalog.variants where tenant_id = $1 and sku = any($2)) as skus,
         exists (select 1 from catalog.products where tenant_id = $1 and handle = $3) as handle`,
      [tx.tenantId, skus, product.handle],
    );
    if (taken.skus) throw skuTaken(taken.skus);
    if (taken.handle && handleIsWished) throw handleTaken(product.handle);
    if (taken.handle) product.endHandle();
    await explained(product, async () => {
      await tx.store.save(product);
      await tx.store.insert(product.variants);
    });
    await this.takeHandle(tx, product.handle);
    await this.setFacets(tx, product);
    await this.bundles.store(
      tx,
      product.variants.filter((variant) => variant.bundle),
    );
    // Nothing of a new SKU can be there yet; what may be sold beyond its stock can be had nevertheless.
    if (product.variants.some((variant) => variant.backorder !== 'no'))
      await this.availability.followProducts(tx, [product.id]);
  }

  /** Stores a changed product and its changed and new variants. @throws as `insert` */
  async update(tx: Transaction, product: Product): Promise<void> {
    const bundles = product.pullBundles();
    const left = product.pullFormerHandle();
    await explained(product, async () => {
      await tx.store.save(product);
      for (const variant of product.variants) await tx.store.save(variant);
    });
    if (product.pullAttributesNamed()) await this.setFacets(tx, product);
    if (left !== null) await this.leaveHandle(tx, product, left);
    await this.bundles.store(tx, bundles);
    const moves = product.pullPriceMoves().map((move) => ({ ...move, list: null, minQuantity: null }));
    await this.priceChanges.note(tx, moves);
    await this.availability.followProducts(tx, [product.id]);
  }

  private async setFacets(tx: Transaction, { id, attributes }: Product): Promise<void> {
    const facets = Object.entries(attributes).flatMap(([code, value]) => {
      const facet = facetOf(code, value);
      return facet === null ? [] : [{ facet, value: String(value) }];
    });
    await tx.execute('delete from catalog.product_facets where tenant_id = $1 and product_id = $2', [tx.tenantId, id]);
    if (facets.length === 0) return;
    await tx.execute(
      `insert into catalog.product_facets (tenant_id, product_id, id, facet, value)
       select $1, $2, x.id, x.facet, x.value from unnest($3::uuid[], $4::text[], $5::text[]) as x(id, facet, value)`,
      [tx.tenantId, id, facets.map(() => newId()), facets.map((it) => it.facet), facets.map((it) => it.value)],
    );
  }

  /** A handle that a product has leads to it, not to the one that had it before. */
  private async takeHandle(tx: Transaction, handle: string): Promise<void> {
    await tx.execute('delete from catalog.former_handles where tenant_id = $1 and handle = $2', [tx.tenantId, handle]);
  }

  private async leaveHandle(tx: Transaction, product: Product, left: string): Promise<void> {
    await this.takeHandle(tx, product.handle);
    await tx.execute(
      `insert into catalog.former_handles (tenant_id, id, handle, product_id, left_at) values ($1, $2, $3, $4, $5)
       on conflict on constraint former_handles_once do update set product_id = excluded.product_id, left_at = excluded.left_at`,
      [tx.tenantId, newId(), left, product.id, product.updatedAt],
    );
  }
}

/** Unique and foreign keys, in the words of the domain; the last line behind the checks when two come at once. */
async function explained(product: Product, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    throw asDomainError(error, product) ?? error;
  }
}

function asDomainError(error: unknown, product: Product): AppError | undefined {
  switch ((error as { constraint?: string }).constraint) {
    case 'variants_sku': {
      const sku = /\(tenant_id, sku\)=\([^,]+, (.*)\)/.exec((error as { detail?: string }).detail ?? '')?.[1];
      return skuTaken(sku ? [sku] : product.variants.map((it) => it.sku));
    }
    case 'products_handle':
      return handleTaken(product.handle);
    case 'products_category':
      return unknownCategory();
    default:
      return undefined;
  }
}
