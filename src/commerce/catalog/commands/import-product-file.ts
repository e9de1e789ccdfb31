import { Readable } from 'node:stream';
import { Command, CommandBus, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { invalid } from '../../../kernel/errors/app-error';
import { CsvReader } from '../../../kernel/tabular/csv-reader';
import type { RowOf } from '../../../kernel/tabular/fields';
import { changesOf, ImportRun } from '../../../kernel/tabular/import-run';
import type { EntityImporter, EntityOutcome, EntityRow } from '../../../kernel/tabular/importer';
import type { RowFault } from '../../../kernel/tabular/import-report';
import { plainProfile, type Profile } from '../../../kernel/tabular/profile';
import { ImportProductsCommand, PRODUCT_FIELDS } from '../contracts/import-products';
import { importRefused } from '../domain/catalog.errors';

/** What an import did, or on a dry run would do. */
export interface ImportReportView {
  dryRun: boolean;
  /** False: nothing was written. */
  written: boolean;
  /** Rows and stock counts that are different now. */
  changes: number;
  rows: number;
  created: number;
  updated: number;
  unchanged: number;
  refused: number;
  faults: RowFault[];
  warnings: string[];
}

/** An uploaded file; held in memory, as the upload limit allows. */
export interface UploadedFile {
  name: string;
  content: string | Buffer;
}

/**
 * Imports products from CSV: the first file, with the others as what a mapping joins. Every row is judged before one is
 * written; rows are then written in batches of 500, each in a transaction.
 * @throws AppError unprocessable `catalog.import-refused` with the faults, when rows are refused and the rest is not wanted
 */
export class ImportProductFileCommand extends Command<ImportReportView> {
  constructor(
    readonly request: { files: UploadedFile[]; profile?: Profile; dryRun?: boolean; acceptPartial?: boolean },
  ) {
    super();
  }
}

@CommandHandler(ImportProductFileCommand)
export class ImportProductFileHandler implements ICommandHandler<ImportProductFileCommand> {
  constructor(private readonly commands: CommandBus) {}

  async execute({ request }: ImportProductFileCommand): Promise<ImportReportView> {
    const { files, dryRun = false, acceptPartial = false } = request;
    const open = async (name: string): Promise<Readable | null> => {
      const file = files.find((it) => it.name === name);
      return file ? Readable.from([Buffer.from(file.content as string)]) : null;
    };
    const profile = request.profile ?? (await this.plain(files[0], open));
    const sheet = profile.sheets.find((it) => it.entity === 'products');
    if (!sheet) throw invalid('catalog.no-product-sheet', 'The mapping has no sheet whose entity is "products".');
    const sheets = [files.some((it) => it.name === sheet.file) ? sheet : { ...sheet, file: files[0].name }];
    const run = new ImportRun({ profile, sheets, open }, { products: new Importer(this.commands) });
    const report = await run.execute({ dryRun, acceptPartial });
    const [{ rows, created, updated, unchanged, refused }] = report.sheets;
    const { faults, warnings, written } = report;
    const view = {
      dryRun,
      written,
      changes: changesOf(report),
      rows,
      created,
      updated,
      unchanged,
      refused,
      faults,
      warnings,
    };
    if (faults.length > 0 && !dryRun && !acceptPartial) throw importRefused(view);
    return view;
  }

  /** Without a mapping the columns are called as an export calls them. */
  private async plain(file: UploadedFile, open: (name: string) => Promise<Readable | null>): Promise<Profile> {
    const reader = await CsvReader.open((await open(file.name))!);
    reader.close();
    return plainProfile('products', PRODUCT_FIELDS, reader.header, file.name);
  }
}

class Importer implements EntityImporter {
  readonly entity = 'products';
  readonly fields = PRODUCT_FIELDS;
  readonly keys = ['sku'];

  constructor(private readonly commands: CommandBus) {}

  async take(rows: EntityRow<object>[], dryRun: boolean, document: string): Promise<EntityOutcome> {
    const products = rows.map(({ row }) => row as RowOf<typeof PRODUCT_FIELDS> & { line: number });
    const command = new ImportProductsCommand({ rows: products, dryRun, document });
    const { stock, stockChanged, ...outcome } = await this.commands.execute(command);
    return { ...outcome, further: { stock, stockChanged } };
  }
}
