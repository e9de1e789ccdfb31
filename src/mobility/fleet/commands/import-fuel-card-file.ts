import { Readable } from 'node:stream';
import { Command, CommandBus, CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import { currentContext } from '../../../kernel/context/request-context';
import type { RowFault } from '../../../kernel/tabular/import-report';
import { ImportRun } from '../../../kernel/tabular/import-run';
import type { EntityImporter, EntityOutcome, EntityRow, ImportFiles } from '../../../kernel/tabular/importer';
import { openTable } from '../../../kernel/tabular/open-table';
import { plainProfile, type Profile } from '../../../kernel/tabular/profile';
import type { UploadedFile } from '../../../kernel/tabular/upload-form';
import { TimeZoneQuery } from '../../../access/organizations/contracts/time-zone';
import { CARD_ROW_FIELDS, digestOf, NO_FUEL, providerKeyOf, rowKeyOf, type CardFileRow } from '../domain/fuel-card';
import { cardImportRefused, noCardSheet } from '../domain/fuel-card.errors';
import { ImportFuelCardRowsCommand } from './import-fuel-card-rows';

const ENTITY = 'fuel-card-rows';

/** What an import did, or on a dry run would do. */
export interface CardImportReport {
  dryRun: boolean;
  /** False: nothing was written. */
  written: boolean;
  rows: number;
  created: number;
  unchanged: number;
  /** Rows of what is no fuel. */
  leftOut: number;
  refused: number;
  faults: RowFault[];
  warnings: string[];
}

/**
 * Imports transactions of fuel cards from a provider's CSV or workbook, by a mapping or by columns that are called as fields. Times
 * without a zone are of the mapping's time zone, else of the organization's. Every row is judged before one is written; rows are
 * then written in batches of 500, each in a transaction, and given what they are. What the file says twice word for word is taken
 * once. Doing it again changes nothing.
 * @throws AppError unprocessable `fleet.card-import-refused` with the faults, when rows are refused and the rest is not wanted;
 *   invalid `fleet.no-card-sheet`, and `tabular.*` for what is no table
 */
export class ImportFuelCardFileCommand extends Command<CardImportReport> {
  constructor(
    readonly request: { files: UploadedFile[]; profile?: Profile; dryRun?: boolean; acceptPartial?: boolean },
  ) {
    super();
  }
}

@CommandHandler(ImportFuelCardFileCommand)
export class ImportFuelCardFileHandler implements ICommandHandler<ImportFuelCardFileCommand> {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  async execute({ request }: ImportFuelCardFileCommand): Promise<CardImportReport> {
    const { dryRun = false, acceptPartial = false } = request;
    const timeZone = await this.queries.execute(new TimeZoneQuery(currentContext().tenantId!));
    const run = new ImportRun(await filesOf(request, timeZone), { [ENTITY]: new CardSheetImporter(this.commands) });
    const { sheets, faults, warnings, written } = await run.execute({ dryRun, acceptPartial });
    const [{ rows, created, unchanged, refused, further }] = sheets;
    const counts = { rows, created, unchanged, leftOut: further.leftOut ?? 0, refused };
    const report = { dryRun, written, ...counts, faults, warnings };
    // What turned up only while others were written leaves those written: the report says which.
    if (faults.length > 0 && !dryRun && !acceptPartial && !written) throw cardImportRefused(report);
    return report;
  }
}

/** The files of an import, of which the first has the rows. */
async function filesOf(
  { files, profile }: ImportFuelCardFileCommand['request'],
  timeZone: string,
): Promise<ImportFiles> {
  const open = (name: string): Promise<Readable | null> => {
    const file = files.find((it) => it.name === name);
    return Promise.resolve(file ? Readable.from([Buffer.from(file.content as string)]) : null);
  };
  const [{ name }] = files;
  const mapping = { timeZone, ...(profile ?? (await plain(name, open))) };
  const sheet = mapping.sheets.find((it) => it.entity === ENTITY);
  if (!sheet) throw noCardSheet();
  const known = files.some((it) => it.name === sheet.file);
  return { profile: mapping, sheets: [known ? sheet : { ...sheet, file: name }], open };
}

async function plain(name: string, open: (name: string) => Promise<Readable | null>): Promise<Profile> {
  const reader = await openTable((await open(name))!);
  reader.close();
  return plainProfile(ENTITY, CARD_ROW_FIELDS, reader.header, name);
}

const keyOf = (row: CardFileRow): string | null =>
  row.fuelType === NO_FUEL ? null : `${providerKeyOf(row.provider)}\n${rowKeyOf(row)}`;

/** Takes rows batch by batch, each in a transaction of its own. */
class CardSheetImporter implements EntityImporter {
  readonly entity = ENTITY;
  readonly fields = CARD_ROW_FIELDS;
  readonly keys = [
    {
      field: 'transaction',
      // A receipt has one number for all its lines: what is no fuel has no key.
      of: (row: object) => keyOf(row as CardFileRow),
      said: (row: object) => digestOf(row as CardFileRow),
    },
  ];

  constructor(private readonly commands: CommandBus) {}

  async take(rows: EntityRow<CardFileRow>[], dryRun: boolean): Promise<EntityOutcome> {
    const command = new ImportFuelCardRowsCommand({ rows: rows.map(({ row }) => row), dryRun });
    const { leftOut, ...outcome } = await this.commands.execute(command);
    return { ...outcome, further: { leftOut } };
  }
}
