import { Readable } from 'node:stream';
import { Command, CommandBus, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { RowOf } from '../../../kernel/tabular/fields';
import type { RowFault } from '../../../kernel/tabular/import-report';
import { ImportRun } from '../../../kernel/tabular/import-run';
import type { EntityImporter, EntityOutcome, EntityRow, ImportFiles } from '../../../kernel/tabular/importer';
import { openTable } from '../../../kernel/tabular/open-table';
import { plainProfile, type Profile } from '../../../kernel/tabular/profile';
import type { UploadedFile } from '../../../kernel/tabular/upload-form';
import { CUSTOMER_FIELDS, ImportCustomersCommand } from '../contracts/import-customers';
import { emailKey } from '../domain/customer';
import { importRefused, noCustomerSheet } from '../domain/customers.errors';

/** What an import did, or on a dry run would do. */
export interface ImportReportView {
  dryRun: boolean;
  /** False: nothing was written. */
  written: boolean;
  /** Customers that are different now. */
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
 * Imports customers from CSV or a workbook: the first file, with the others as what a mapping joins. Every row is judged before
 * one is written; rows are then written in batches of 500, each in a transaction.
 * @throws AppError unprocessable `customers.import-refused` with the faults, when rows are refused and the rest is not
 *   wanted; conflict `customers.import-overtaken`; invalid `customers.no-customer-sheet`, and `tabular.*` for what is no table
 */
export class ImportCustomerFileCommand extends Command<ImportReportView> {
  constructor(
    readonly request: {
      files: UploadedFile[];
      /** A mapping that came with the files. */
      profile?: Profile;
      dryRun?: boolean;
      acceptPartial?: boolean;
    },
  ) {
    super();
  }
}

@CommandHandler(ImportCustomerFileCommand)
export class ImportCustomerFileHandler implements ICommandHandler<ImportCustomerFileCommand> {
  constructor(private readonly commands: CommandBus) {}

  async execute({ request }: ImportCustomerFileCommand): Promise<ImportReportView> {
    const { dryRun = false, acceptPartial = false } = request;
    const run = new ImportRun(await filesOf(request), { customers: new CustomerSheetImporter(this.commands) });
    const report = await run.execute({ dryRun, acceptPartial });
    const [{ rows, created, updated, unchanged, refused }] = report.sheets;
    const { faults, warnings, written } = report;
    const counts = { changes: created + updated, rows, created, updated, unchanged, refused };
    const view = { dryRun, written, ...counts, faults, warnings };
    // What turned up only while others were written leaves those written: the report says which.
    if (faults.length > 0 && !dryRun && !acceptPartial && !written) throw importRefused(view);
    return view;
  }
}

/** The files of an import, of which the first has the rows; without a mapping its columns are called as an export calls them. */
async function filesOf({ files, profile }: ImportCustomerFileCommand['request']): Promise<ImportFiles> {
  const open = (name: string): Promise<Readable | null> => {
    const file = files.find((it) => it.name === name);
    return Promise.resolve(file ? Readable.from([Buffer.from(file.content as string)]) : null);
  };
  const [{ name }] = files;
  const mapping = profile ?? (await plain(name, open));
  const sheet = mapping.sheets.find((it) => it.entity === 'customers');
  if (!sheet) throw noCustomerSheet();
  const known = files.some((it) => it.name === sheet.file);
  return { profile: mapping, sheets: [known ? sheet : { ...sheet, file: name }], open };
}

async function plain(name: string, open: (name: string) => Promise<Readable | null>): Promise<Profile> {
  const reader = await openTable((await open(name))!);
  reader.close();
  return plainProfile('customers', CUSTOMER_FIELDS, reader.header, name);
}

/** What is no address is said of its row, with the reason. */
function emailKeyOf(email: string | null | undefined): string | null {
  try {
    return email ? emailKey(email) : null;
  } catch {
    return null;
  }
}

/** Takes rows batch by batch, each in a transaction of its own. */
class CustomerSheetImporter implements EntityImporter {
  readonly entity = 'customers';
  readonly fields = CUSTOMER_FIELDS;
  readonly keys = [
    'externalRef',
    // As customers are told apart by it, whatever the batch.
    { field: 'email', of: (row: object) => emailKeyOf((row as { email?: string | null }).email) },
  ];

  constructor(private readonly commands: CommandBus) {}

  async take(rows: EntityRow<RowOf<typeof CUSTOMER_FIELDS>>[], dryRun: boolean): Promise<EntityOutcome> {
    const customers = rows.map(({ row }) => row);
    return { ...(await this.commands.execute(new ImportCustomersCommand({ rows: customers, dryRun }))), further: {} };
  }
}
