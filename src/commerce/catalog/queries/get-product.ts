import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Database } from '../../../kernel/database/database';
import { productNotFound } from '../domain/catalog.errors';
import {
  ON_SALE,
  PRODUCT_COLUMNS,
  productView,
  withVariants,
  type ProductRecord,
  type ProductView,
} from './product-view';
import { ShownProducts } from './shown-products';

/** One product. @throws AppError not-found `catalog.product-not-found`, also for an inactive one with `onSaleOnly` */
export class GetProductQuery extends Query<ProductView> {
  constructor(
    readonly productId: string,
    readonly onSaleOnly: boolean,
  ) {
    super();
  }
}

@QueryHandler(GetProductQuery)
export class GetProductHandler implements IQueryHandler<GetProductQuery> {
  constructor(private readonly shown: ShownProducts) {}

  async execute({ productId, onSaleOnly }: GetProductQuery): Promise<ProductView> {
    const product = await this.shown.find(productId, onSaleOnly);
    if (!product) throw productNotFound();
    return product;
  }
}

/**
 * One product by its handle, or by one that it had before.
 * @throws AppError not-found `catalog.product-not-found`
 */
export class GetProductByHandleQuery extends Query<ProductView> {
  constructor(
    readonly handle: string,
    readonly onSaleOnly: boolean,
  ) {
    super();
  }
}

@QueryHandler(GetProductByHandleQuery)
export class GetProductByHandleHandler implements IQueryHandler<GetProductByHandleQuery> {
  constructor(
    private readonly database: Database,
    private readonly shown: ShownProducts,
  ) {}

  async execute({ handle, onSaleOnly }: GetProductByHandleQuery): Promise<ProductView> {
    const [found] = await this.database.read<{ id: string }>(
      `select id from catalog.products where tenant_id = kernel.tenant_id() and handle = $1
       union all select product_id from catalog.former_handles where tenant_id = kernel.tenant_id() and handle = $1 limit 1`,
      [handle],
    );
    const product = found && (await this.shown.find(found.id, onSaleOnly));
    if (!product) throw productNotFound();
    return product;
  }
}

/** What is shown beside a product, in its order. @throws AppError not-found `catalog.product-not-found` */
export class ListRelatedProductsQuery extends Query<ProductView[]> {
  constructor(
    readonly productId: string,
    readonly onSaleOnly: boolean,
  ) {
    super();
  }
}

@QueryHandler(ListRelatedProductsQuery)
export class ListRelatedProductsHandler implements IQueryHandler<ListRelatedProductsQuery> {
  constructor(
    private readonly database: Database,
    private readonly shown: ShownProducts,
  ) {}

  async execute({ productId, onSaleOnly }: ListRelatedProductsQuery): Promise<ProductView[]> {
    if (!(await this.shown.find(productId, onSaleOnly))) throw productNotFound();
    const { columns, joins } = withVariants(onSaleOnly ? 'v.active' : 'true');
    const rows = await this.database.read<ProductRecord>(
      `select ${PRODUCT_COLUMNS}, ${columns} from catalog.related_products r
       join catalog.products p on p.tenant_id = r.tenant_id and p.id = r.related_id ${joins}
       where r.tenant_id = kernel.tenant_id() and r.product_id = $1 ${onSaleOnly ? `and ${ON_SALE}` : ''} order by r.position`,
      [productId],
    );
    return this.shown.of(rows.map(productView), onSaleOnly);
  }
}
