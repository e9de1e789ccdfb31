import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Database } from '../../../kernel/database/database';
import { productNotFound } from '../domain/catalog.errors';
import { findProduct, type ProductView } from './product-view';

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
  constructor(private readonly database: Database) {}

  async execute({ productId, onSaleOnly }: GetProductQuery): Promise<ProductView> {
    const product = await findProduct(this.database, productId, onSaleOnly);
    if (!product) throw productNotFound();
    return product;
  }
}
