import type { Readable } from 'node:stream';
import type { CommandBus } from '@nestjs/cqrs';
import { invalid } from '../../../kernel/errors/app-error';
import type { RowOf } from '../../../kernel/tabular/fields';
import type { EntityImporter, EntityOutcome, EntityRow, ImportFiles } from '../../../kernel/tabular/importer';
import { openTable } from '../../../kernel/tabular/open-table';
import { plainProfile, type Profile } from '../../../kernel/tabular/profile';
import { ProductImportMemory } from '../contracts/import-memory';
import { ImportProductsCommand, PRODUCT_FIELDS, type ProductRow } from '../contracts/import-products';

/**
 * The files of an import of products: the first has the rows, whatever the mapping calls it; the others are what it joins.
 * Without a mapping the columns are called as an export calls them.
 * @throws AppError invalid `catalog.no-product-sheet`, and `tabular.*` where the first file is no table
 */
export async function productFiles(
  names: readonly string[],
  mapping: Profile | null | undefined,
  open: (name: string) => Promise<Readable | null>,
): Promise<ImportFiles> {
  const profile = mapping ?? (await plain(names[0], open));
  const sheet = profile.sheets.find((it) => it.entity === 'products');
  if (!sheet) throw invalid('catalog.no-product-sheet', 'The mapping has no sheet whose entity is "products".');
  return { profile, sheets: [names.includes(sheet.file) ? sheet : { ...sheet, file: names[0] }], open };
}

async function plain(name: string, open: (name: string) => Promise<Readable | null>): Promise<Profile> {
  const reader = await openTable((await open(name))!);
  reader.close();
  return plainProfile('products', PRODUCT_FIELDS, reader.header, name);
}

/** Takes product rows batch by batch, each in a transaction of its own; one a run. */
export class ProductSheetImporter implements EntityImporter {
  readonly entity = 'products';
  readonly fields = PRODUCT_FIELDS;
  readonly keys = ['sku'];
  private readonly memory = new ProductImportMemory();

  constructor(protected readonly commands: CommandBus) {}

  async take(rows: EntityRow[], dryRun: boolean, document: string): Promise<EntityOutcome> {
    const products: ProductRow[] = rows.map(({ row }) => row as RowOf<typeof PRODUCT_FIELDS> & { line: number });
    const command = new ImportProductsCommand({ rows: products, dryRun, document, memory: this.memory });
    const { stock, stockChanged, ...outcome } = await this.commands.execute(command);
    return { ...outcome, further: { stock, stockChanged } };
  }
}
