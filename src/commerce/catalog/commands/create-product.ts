import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { clock } from '../../../kernel/clock/clock';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { ResourceLimits } from '../../../kernel/limits/resource-limits';
import { CategoryRepository } from '../data/category.repository';
import { ProductRepository } from '../data/product.repository';
import { unknownCategory } from '../domain/catalog.errors';
import { categoryPath, pathKey } from '../domain/category';
import { Product, type NewProduct } from '../domain/product';
import type { ProductView } from '../queries/product-view';
import { ShownProducts } from '../queries/shown-products';
import { ImageFiles } from './image-files';

/**
 * A new product with its variants. `category` is a path of names ("Food > Cheese"), made where it is missing.
 * @throws AppError conflict `catalog.sku-taken`, `catalog.handle-taken`, invalid `catalog.unknown-category`, `catalog.sku-twice`, `catalog.attributes-invalid`, `catalog.options-invalid`,
 *   `catalog.images-invalid`, `catalog.publication-invalid`; not-found `files.file-not-found`, conflict `files.not-clean` of images
 */
export class CreateProductCommand extends Command<ProductView> {
  constructor(readonly product: NewProduct & { category?: string }) {
    super();
  }
}

@CommandHandler(CreateProductCommand)
export class CreateProductHandler implements ICommandHandler<CreateProductCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly shown: ShownProducts,
    private readonly files: ImageFiles,
    private readonly products: ProductRepository,
    private readonly categories: CategoryRepository,
    private readonly limits: ResourceLimits,
  ) {}

  execute({ product: { category, ...data } }: CreateProductCommand): Promise<ProductView> {
    return this.uow.run(async (tx) => {
      await this.limits.assertWithin(tx, 'products');
      if (data.categoryId && !(await this.categories.exists(tx, data.categoryId))) throw unknownCategory();
      if (category !== undefined) {
        data.categoryId = (await this.categories.byPaths(tx, [category])).get(pathKey(categoryPath(category))) ?? null;
      }
      await this.products.checkAttributes(tx, data);
      const product = Product.create(data, clock.now());
      await this.products.insert(tx, product, data.handle !== undefined);
      await this.files.follow(product);
      return (await this.shown.find(product.id))!;
    });
  }
}
