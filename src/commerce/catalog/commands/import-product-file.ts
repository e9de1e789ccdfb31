import { Readable } from 'node:stream';
import { Command, CommandBus, CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import { changesOf, ImportRun } from '../../../kernel/tabular/import-run';
import type { RowFault } from '../../../kernel/tabular/import-report';
import type { Profile } from '../../../kernel/tabular/profile';
import type { UploadedFile } from '../../../kernel/tabular/upload-form';
import { ImportProfileQuery } from '../contracts/import-profiles';
import { importRefused } from '../domain/catalog.errors';
import { productFiles, ProductSheetImporter } from './product-sheets';

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

/**
 * Imports products from CSV or a workbook: the first file, with the others as what a mapping joins. Every row is judged before one is
 * written; rows are then written in batches of 500, each in a transaction.
 * @throws AppError unprocessable `catalog.import-refused` with the faults, when rows are refused and the rest is not wanted
 */
export class ImportProductFileCommand extends Command<ImportReportView> {
  constructor(
    readonly request: {
      files: UploadedFile[];
      /** A mapping that came with the files. */
      profile?: Profile;
      /** Name of a saved mapping. */
      profileName?: string;
      dryRun?: boolean;
      acceptPartial?: boolean;
    },
  ) {
    super();
  }
}

@CommandHandler(ImportProductFileCommand)
export class ImportProductFileHandler implements ICommandHandler<ImportProductFileCommand> {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  async execute({ request }: ImportProductFileCommand): Promise<ImportReportView> {
    const { files, dryRun = false, acceptPartial = false } = request;
    const open = async (name: string): Promise<Readable | null> => {
      const file = files.find((it) => it.name === name);
      return file ? Readable.from([Buffer.from(file.content as string)]) : null;
    };
    const saved =
      request.profileName && (await this.queries.execute(new ImportProfileQuery({ name: request.profileName })));
    const input = await productFiles(
      files.map((it) => it.name),
      request.profile ?? (saved ? saved.mapping : null),
      open,
    );
    const run = new ImportRun(input, { products: new ProductSheetImporter(this.commands) });
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
    // What turned up only while others were written leaves those written: the report says which.
    if (faults.length > 0 && !dryRun && !acceptPartial && !written) throw importRefused(view);
    return view;
  }
}
