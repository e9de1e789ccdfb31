import { CommandBus, CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import { clock } from '../../../kernel/clock/clock';
import type { Transaction } from '../../../kernel/database/transaction';
import { TableSizes } from '../../../kernel/database/table-sizes';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { AppError } from '../../../kernel/errors/app-error';
import { ResourceLimits } from '../../../kernel/limits/resource-limits';
import type { ImportOutcome, RowFault } from '../../../kernel/tabular/import-report';
import { RefusedCountsQuery } from '../../inventory/contracts/refused-counts';
import { SetStockCommand } from '../../inventory/contracts/set-stock';
import { ProductImportMemory } from '../contracts/import-memory';
import { ImportProductsCommand, type ImportProductsOutcome, type ProductRow } from '../contracts/import-products';
import { CategoryRepository } from '../data/category.repository';
import { ProductBatch } from '../data/product-batch';
import { planImport } from '../domain/import-plan';

@CommandHandler(ImportProductsCommand)
export class ImportProductsHandler implements ICommandHandler<ImportProductsCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
    private readonly batch: ProductBatch,
    private readonly categories: CategoryRepository,
    private readonly limits: ResourceLimits,
    private readonly sizes: TableSizes,
  ) {}

  async execute({ request }: ImportProductsCommand): Promise<ImportProductsOutcome> {
    const { rows, dryRun = false } = request;
    if (rows.length === 0) return { created: 0, updated: 0, unchanged: 0, faults: [], stock: 0, stockChanged: 0 };
    const batch = {
      dryRun,
      document: request.document ?? 'import',
      memory: request.memory ?? new ProductImportMemory(),
    };
    return this.uow.run(async (tx) => {
      const uncounted = await this.refusedCounts(rows);
      const outcome = await this.products(tx, without(rows, uncounted), batch);
      const faults = [...uncounted, ...outcome.faults].sort((a, b) => a.line - b.line);
      const counted = without(rows, faults).filter((row) => row.onHand != null);
      const stockChanged = dryRun ? 0 : await this.setStock(tx, counted, batch.document, faults);
      if (!dryRun) this.sizes.wrote(tx, Math.max(outcome.created, stockChanged));
      return { ...outcome, faults, stock: counted.length, stockChanged };
    });
  }

  /** Rows whose count inventory would not take: nothing of them is written. */
  private async refusedCounts(rows: readonly ProductRow[]): Promise<RowFault[]> {
    const lines = rows.flatMap(({ sku, onHand }) => (onHand == null ? [] : [{ sku, onHand }]));
    const found = lines.length > 0 ? await this.queries.execute(new RefusedCountsQuery({ lines })) : [];
    const bySku = new Map(found.map((each) => [each.sku, each]));
    return rows.flatMap(({ sku, line, onHand }) => {
      const refused = onHand == null ? undefined : bySku.get(sku);
      return refused ? [faultOf(line, refused.code, refused.detail)] : [];
    });
  }

  private async products(
    tx: Transaction,
    rows: ProductRow[],
    { dryRun, document, memory }: Batch,
  ): Promise<ImportOutcome> {
    const names = new Set(rows.map((row) => row.category).filter((name) => name != null));
    const categories = await this.categories.byPaths(tx, names, !dryRun);
    const handles = rows.map((row) => row.handle).filter((handle) => handle != null);
    const skus = rows.map((row) => row.sku);
    const products = await this.batch.load(tx, skus, handles, !dryRun);
    const lookAhead = dryRun ? { allowance: await this.limits.roomFor(tx, 'products') } : undefined;
    const plan = planImport(rows, { products, categories, at: clock.now(), memory, document, lookAhead });
    if (dryRun) return plan.outcome;
    await this.limits.assertWithin(tx, 'products', plan.created.length);
    await this.batch.makeHandlesUnique(tx, plan.suggested, [
      ...handles,
      ...plan.suggested.map(({ handle }) => handle).filter((handle) => memory.isWished(handle)),
    ]);
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
      faults.push(faultOf(rows[0].line, error.code, error.detail));
      return 0;
    }
  }
}

/** How a batch is taken. */
interface Batch {
  dryRun: boolean;
  document: string;
  memory: ProductImportMemory;
}

const faultOf = (line: number, code: string, reason: string): RowFault => ({
  line,
  column: 'onHand',
  code: code.slice(code.indexOf('.') + 1),
  reason,
});

function without(rows: readonly ProductRow[], faults: readonly RowFault[]): ProductRow[] {
  const refused = new Set(faults.map(({ line }) => line));
  return rows.filter(({ line }) => !refused.has(line));
}
