import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { clock } from '../../../kernel/clock/clock';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { CategoryRepository } from '../data/category.repository';
import { ProductRepository } from '../data/product.repository';
import { productNotFound, staleProduct, unknownCategory } from '../domain/catalog.errors';
import { categoryPath, pathKey } from '../domain/category';
import type { ProductChange } from '../domain/product';
import type { ProductView } from '../queries/product-view';
import { ShownProducts } from '../queries/shown-products';
import { ImageFiles } from './image-files';

/**
 * Changes what is named and leaves the rest; variants are found by SKU, new ones are added.
 * @param expectedVersion version that the caller saw (If-Match); null where it does not matter
 * @throws AppError not-found `catalog.product-not-found`, precondition-failed `catalog.stale-product`, and as create
 */
export class ChangeProductCommand extends Command<ProductView> {
  constructor(
    readonly productId: string,
    readonly change: ProductChange & { category?: string },
    readonly expectedVersion: number | null = null,
  ) {
    super();
  }
}

@CommandHandler(ChangeProductCommand)
export class ChangeProductHandler implements ICommandHandler<ChangeProductCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly shown: ShownProducts,
    private readonly files: ImageFiles,
    private readonly products: ProductRepository,
    private readonly categories: CategoryRepository,
  ) {}

  execute({ productId, change: { category, ...change }, expectedVersion }: ChangeProductCommand): Promise<ProductView> {
    return this.uow.run(async (tx) => {
      const product = await this.products.load(tx, productId);
      if (!product) throw productNotFound();
      if (expectedVersion !== null && expectedVersion !== product.version) throw staleProduct(product.version);
      if (change.categoryId && !(await this.categories.exists(tx, change.categoryId))) throw unknownCategory();
      if (category !== undefined) {
        change.categoryId =
          (await this.categories.byPaths(tx, [category])).get(pathKey(categoryPath(category))) ?? null;
      }
      await this.products.checkAttributes(tx, change);
      if (product.change(change, clock.now())) {
        await this.products.update(tx, product);
        await this.files.follow(product);
      }
      return (await this.shown.find(productId))!;
    });
  }
}
