import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { newId } from '../../../kernel/ids/ids';
import { productNotFound, unknownProducts } from '../domain/catalog.errors';
import { Product } from '../domain/product';

/**
 * Sets which products are shown beside one, in this order; it replaces those that were.
 * @throws AppError not-found `catalog.product-not-found`, invalid `catalog.unknown-product`
 */
export class RelateProductsCommand extends Command<void> {
  constructor(
    readonly productId: string,
    readonly relatedIds: readonly string[],
  ) {
    super();
  }
}

@CommandHandler(RelateProductsCommand)
export class RelateProductsHandler implements ICommandHandler<RelateProductsCommand> {
  constructor(private readonly uow: UnitOfWork) {}

  execute({ productId, relatedIds }: RelateProductsCommand): Promise<void> {
    return this.uow.run(async (tx) => {
      if (!(await tx.store.load(Product, productId, { lock: 'no-key-update' }))) throw productNotFound();
      const wanted = [...new Set(relatedIds)];
      const found = await tx.query<{ id: string }>(
        'select id from catalog.products where tenant_id = $1 and id = any($2::uuid[])',
        [tx.tenantId, wanted],
      );
      const known = new Set(found.map(({ id }) => id).filter((id) => id !== productId));
      const unknown = wanted.filter((id) => !known.has(id));
      if (unknown.length > 0) throw unknownProducts(unknown);
      await tx.execute('delete from catalog.related_products where tenant_id = $1 and product_id = $2', [
        tx.tenantId,
        productId,
      ]);
      if (wanted.length > 0)
        await tx.execute(
          `insert into catalog.related_products (tenant_id, id, product_id, related_id, position)
           select $1, x.id, $2, x.related_id, x.position - 1 from unnest($3::uuid[], $4::uuid[]) with ordinality as x(id, related_id, position)`,
          [tx.tenantId, productId, wanted.map(() => newId()), wanted],
        );
    });
  }
}
