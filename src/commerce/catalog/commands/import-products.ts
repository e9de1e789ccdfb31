import { CommandBus, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { clock } from '../../../kernel/clock/clock';
import type { Transaction } from '../../../kernel/database/transaction';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { AppError } from '../../../kernel/errors/app-error';
import { ResourceLimits } from '../../../kernel/limits/resource-limits';
import type { ImportOutcome, RowFault } from '../../../kernel/tabular/import-report';
import { SetStockCommand } from '../../inventory/contracts/set-stock';
import { ImportProductsCommand, type ImportProductsOutcome, type ProductRow } from '../contracts/import-products';
import { CategoryRepository } from '../data/category.repository';
import { ProductBatch } from '../data/product-batch';
import { planImport } from '../domain/import-plan';

@CommandHandler(ImportProductsCommand)
export class ImportProductsHandler implements ICommandHandler<ImportProductsCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly commands: CommandBus,
    private readonly batch: ProductBatch,
    private readonly categories: CategoryRepository,
    private readonly limits: ResourceLimits,
  ) {}

  async execute({ request }: ImportProductsCommand): Promise<ImportProductsOutcome> {
    const { rows, dryRun = false, document = 'import' } = request;
    if (rows.length === 0) return { created: 0, updated: 0, unchanged: 0, faults: [], stock: 0, stockChanged: 0 };
    return this.uow.run(async (tx) => {
      const outcome = await this.products(tx, rows, dryRun);
      const refused = new Set(outcome.faults.map((fault) => fault.line));
      const counted = rows.filter((row) => row.onHand != null && !refused.has(row.line));
      const stockChanged = dryRun ? 0 : await this.setStock(tx, counted, document, outcome.faults);
      return { ...outcome, stock: counted.length, stockChanged };
    });
  }

  private async products(tx: Transaction, rows: ProductRow[], dryRun: boolean): Promise<ImportOutcome> {
    const names = new Set(rows.map((row) => row.category).filter((name) => name != null));
    const categories = await this.categories.byPaths(tx, names, !dryRun);
    const handles = rows.map((row) => row.handle).filter((handle) => handle != null);
    const skus = rows.map((row) => row.sku);
    const products = await this.batch.load(tx, skus, handles, !dryRun);
    const plan = planImport(rows, { products, categories, at: clock.now() });
    if (dryRun) return plan.outcome;
    await this.limits.assertWithin(tx, 'products', plan.created.length);
    await this.batch.makeHandlesUnique(tx, plan.suggested, handles);
    await this.batch.insert(tx, plan.created);
    await this.batch.update(tx, plan.changed);
    return plan.outcome;
  }

  /**
   * All counts at once; where inventory refuses, half by half down to the rows that it is about.
   * @returns how many counts were different
   */
  private async setStock(tx: Transaction, rows: ProductRow[], document: string, faults: RowFault[]): Promise<number> {
    if (rows.length === 0) return 0;
    const lines = rows.map(({ sku, onHand, reorderLevel, incoming }) => ({
      sku,
      onHand: onHand!,
      ...(reorderLevel == null ? {} : { reorderLevel }),
      ...(incoming == null ? {} : { incoming }),
    }));
    try {
      const set = new SetStockCommand({ lines, reason: 'import', document });
      const { created, updated } = await tx.savepoint(() => this.commands.execute(set));
      return created + updated;
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      if (rows.length > 1) {
        const middle = rows.length >> 1;
        const first = await this.setStock(tx, rows.slice(0, middle), document, faults);
        return first + (await this.setStock(tx, rows.slice(middle), document, faults));
      }
      const code = error.code.slice(error.code.indexOf('.') + 1);
      faults.push({ line: rows[0].line, column: 'onHand', code, reason: error.detail });
      return 0;
    }
  }
}
