import type { CommandBus } from '@nestjs/cqrs';
import { ProductImportMemory } from '../../commerce/catalog/contracts/import-memory';
import { ImportProductsCommand, PRODUCT_FIELDS } from '../../commerce/catalog/contracts/import-products';
import type { RowOf } from '../../kernel/tabular/fields';
import type { EntityImporter, EntityOutcome, EntityRow } from '../../kernel/tabular/importer';
import type { RunKnowledge } from './run-knowledge';

/** Products with their counted stock, through the contract of catalog; one a run. */
export class ProductImporter implements EntityImporter {
  readonly entity = 'products';
  readonly fields = PRODUCT_FIELDS;
  readonly keys = ['sku'];
  private readonly memory = new ProductImportMemory();

  constructor(
    private readonly commands: CommandBus,
    private readonly knowledge: RunKnowledge,
  ) {}

  async take(
    rows: EntityRow<RowOf<typeof PRODUCT_FIELDS>>[],
    dryRun: boolean,
    document: string,
  ): Promise<EntityOutcome> {
    const products = rows.map(({ row }) => row);
    const command = new ImportProductsCommand({ rows: products, dryRun, document, memory: this.memory });
    const { stock, stockChanged, ...outcome } = await this.commands.execute(command);
    const refused = new Set(outcome.faults.map((fault) => fault.line));
    for (const row of products) {
      if (refused.has(row.line)) continue;
      const { name: productName, variantName = null, category: categoryName = null } = row;
      this.knowledge.skus.set(row.sku, { productName, variantName, categoryName });
    }
    return { ...outcome, further: { stock, stockChanged } };
  }
}
