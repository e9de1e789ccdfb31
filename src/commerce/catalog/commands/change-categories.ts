import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { clock } from '../../../kernel/clock/clock';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { CategoryRepository } from '../data/category.repository';
import { categoryNotFound } from '../domain/catalog.errors';
import { Category } from '../domain/category';
import { categoryView, type CategoryView } from '../queries/list-categories';

/** A new category. @throws AppError conflict `catalog.category-taken`, `catalog.slug-taken`, invalid `catalog.unknown-category` */
export class CreateCategoryCommand extends Command<CategoryView> {
  constructor(readonly category: { name: string; parentId?: string | null; slug?: string }) {
    super();
  }
}

/**
 * Renames or moves a category. A slug that it leaves leads to it until another category takes it.
 * @throws AppError not-found `catalog.category-not-found`, conflict `catalog.category-cycle`, and as create
 */
export class ChangeCategoryCommand extends Command<CategoryView> {
  constructor(
    readonly categoryId: string,
    readonly change: { name?: string; parentId?: string | null; slug?: string },
  ) {
    super();
  }
}

/** Removes an empty category. @throws AppError not-found `catalog.category-not-found`, conflict `catalog.category-in-use` */
export class RemoveCategoryCommand extends Command<void> {
  constructor(readonly categoryId: string) {
    super();
  }
}

@CommandHandler(CreateCategoryCommand)
export class CreateCategoryHandler implements ICommandHandler<CreateCategoryCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly categories: CategoryRepository,
  ) {}

  execute({ category: { name, parentId, slug } }: CreateCategoryCommand): Promise<CategoryView> {
    return this.uow.run(async (tx) => {
      const category = Category.create(name, parentId ?? null, clock.now(), slug);
      await this.categories.insert(tx, category, slug !== undefined);
      return categoryView(category);
    });
  }
}

@CommandHandler(ChangeCategoryCommand)
export class ChangeCategoryHandler implements ICommandHandler<ChangeCategoryCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly categories: CategoryRepository,
  ) {}

  execute({ categoryId, change }: ChangeCategoryCommand): Promise<CategoryView> {
    return this.uow.run(async (tx) => {
      if (change.parentId) await this.categories.checkParent(tx, categoryId, change.parentId);
      const category = await this.categories.load(tx, categoryId);
      if (!category) throw categoryNotFound();
      if (change.name !== undefined) category.rename(change.name, clock.now());
      if (change.slug !== undefined) category.reslug(change.slug, clock.now());
      if (change.parentId !== undefined) category.moveTo(change.parentId, clock.now());
      await this.categories.save(tx, category);
      return categoryView(category);
    });
  }
}

@CommandHandler(RemoveCategoryCommand)
export class RemoveCategoryHandler implements ICommandHandler<RemoveCategoryCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly categories: CategoryRepository,
  ) {}

  execute({ categoryId }: RemoveCategoryCommand): Promise<void> {
    return this.uow.run(async (tx) => {
      const category = await this.categories.load(tx, categoryId);
      if (!category) throw categoryNotFound();
      await this.categories.remove(tx, category);
    });
  }
}
