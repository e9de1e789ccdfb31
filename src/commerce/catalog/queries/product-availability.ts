import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Database } from '../../../kernel/database/database';
import type { BackorderMode } from '../contracts/find-variants-by-sku';
import type { AvailabilityState } from '../domain/availability';
import { productNotFound } from '../domain/catalog.errors';
import { ON_SALE } from './product-view';

export interface VariantAvailabilityView {
  sku: string;
  availability: AvailabilityState;
  backorder: BackorderMode;
  /** Pieces that can be promised now; null for those who may not know. */
  available: number | null;
}

/**
 * What of a product's variants can be had, bundles by their parts; as lists know it, seconds behind the stock at most.
 * @throws AppError not-found `catalog.product-not-found`
 */
export class ProductAvailabilityQuery extends Query<VariantAvailabilityView[]> {
  constructor(
    readonly productId: string,
    /** As the public sees it: variants on sale, without numbers of pieces. */
    readonly onSaleOnly: boolean,
  ) {
    super();
  }
}

@QueryHandler(ProductAvailabilityQuery)
export class ProductAvailabilityHandler implements IQueryHandler<ProductAvailabilityQuery> {
  constructor(private readonly database: Database) {}

  async execute({ productId, onSaleOnly }: ProductAvailabilityQuery): Promise<VariantAvailabilityView[]> {
    const rows = await this.database.read<{ sku: string | null; backorder: BackorderMode; available: number }>(
      `select v.sku, v.backorder, coalesce(a.available, 0)::bigint as available
       from catalog.products p
       left join catalog.variants v on v.tenant_id = p.tenant_id and v.product_id = p.id ${onSaleOnly ? 'and v.active' : ''}
       left join catalog.variants_available(kernel.tenant_id(), array(
         select id from catalog.variants where tenant_id = kernel.tenant_id() and product_id = $1)) a on a.variant_id = v.id
       where p.tenant_id = kernel.tenant_id() and p.id = $1 ${onSaleOnly ? `and ${ON_SALE}` : ''} order by v.position, v.id`,
      [productId],
    );
    if (rows.length === 0) throw productNotFound();
    return rows
      .filter((row) => row.sku !== null)
      .map(({ sku, backorder, available }) => ({
        sku: sku!,
        availability: available > 0 ? 'in_stock' : backorder !== 'no' ? 'backorder' : 'out_of_stock',
        backorder,
        available: onSaleOnly ? null : available,
      }));
  }
}
