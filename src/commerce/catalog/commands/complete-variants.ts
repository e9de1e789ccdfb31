import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { clock } from '../../../kernel/clock/clock';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import type { Money } from '../../../kernel/money/money';
import { slugOf } from '../../../kernel/text/fold';
import { ProductRepository } from '../data/product.repository';
import { optionsInvalid, productNotFound, tooManyVariants } from '../domain/catalog.errors';
import { combinations, optionKey } from '../domain/presentation';
import { MOST_VARIANTS } from '../domain/product';
import type { ProductView } from '../queries/product-view';
import { ShownProducts } from '../queries/shown-products';

/**
 * Adds a variant for every combination of the product's options that has none; those that there are stay as they are.
 * The SKU is the prefix with the values behind it, `TEE-SMALL-RED`.
 * @throws AppError not-found `catalog.product-not-found`, invalid `catalog.options-invalid` for a product without options,
 *   conflict `catalog.too-many-variants`, `catalog.sku-taken`
 */
export class CompleteVariantsCommand extends Command<ProductView> {
  constructor(
    readonly productId: string,
    readonly wish: { skuPrefix: string; price: Money },
  ) {
    super();
  }
}

@CommandHandler(CompleteVariantsCommand)
export class CompleteVariantsHandler implements ICommandHandler<CompleteVariantsCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly shown: ShownProducts,
    private readonly products: ProductRepository,
  ) {}

  execute({ productId, wish: { skuPrefix, price } }: CompleteVariantsCommand): Promise<ProductView> {
    return this.uow.run(async (tx) => {
      const product = await this.products.load(tx, productId);
      if (!product) throw productNotFound();
      const { options } = product;
      if (options.length === 0) throw optionsInvalid('/options', 'The product has no options.');
      const whole = options.reduce((count, { values }) => count * values.length, 1);
      if (whole > MOST_VARIANTS) throw tooManyVariants(whole);
      const there = new Set(product.variants.map((variant) => variant.optionKey));
      const variants = combinations(options)
        .filter((values) => !there.has(optionKey(values)))
        .map((optionValues) => ({
          sku: [skuPrefix, ...optionValues.map((value) => slugOf(value).toUpperCase() || value)].join('-').slice(0, 64),
          name: optionValues.join(' / ').slice(0, 200),
          price,
          optionValues,
        }));
      if (product.variants.length + variants.length > MOST_VARIANTS)
        throw tooManyVariants(product.variants.length + variants.length);
      if (product.change({ variants }, clock.now())) await this.products.update(tx, product);
      return (await this.shown.find(productId))!;
    });
  }
}
