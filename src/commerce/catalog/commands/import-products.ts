import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { clock } from '../../../kernel/clock/clock';
import type { Transaction } from '../../../kernel/database/transaction';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import type { ImportOutcome } from '../../../kernel/tabular/import-report';
import { ImportProductsCommand } from '../contracts/import-products';
import { CategoryRepository } from '../data/category.repository';
import { ProductBatch } from '../data/product-batch';
import { planImport } from '../domain/import-plan';

@CommandHandler(ImportProductsCommand)
export class ImportProductsHandler implements ICommandHandler<ImportProductsCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly batch: ProductBatch,
    private readonly categories: CategoryRepository,
  ) {}

  execute({ request }: ImportProductsCommand): Promise<ImportOutcome> {
    return this.uow.run((tx) => this.run(tx, request));
  }

  private async run(
    tx: Transaction,
    { rows, dryRun = false }: ImportProductsCommand['request'],
  ): Promise<ImportOutcome> {
    if (rows.length === 0) return { created: 0, updated: 0, unchanged: 0, faults: [] };
    const names = new Set(rows.map((row) => row.category).filter((name) => name != null));
    const categories = await this.categories.byNames(tx, [...names], !dryRun);
    const handles = rows.map((row) => row.handle).filter((handle) => handle != null);
    const products = await this.batch.load(
      tx,
      rows.map((row) => row.sku),
      handles,
      !dryRun,
    );
    const plan = planImport(rows, { products, categories, at: clock.now() });
    if (dryRun) return plan.outcome;
    await this.batch.makeHandlesUnique(tx, plan.suggested, handles);
    await this.batch.insert(tx, plan.created);
    await this.batch.update(tx, plan.changed);
    return plan.outcome;
  }
}
