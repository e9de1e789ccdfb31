import { Readable } from 'node:stream';
import { Command, CommandBus, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { invalid } from '../../../kernel/errors/app-error';
import { changesOf, ImportRun } from '../../../kernel/tabular/import-run';
import type { RowFault } from '../../../kernel/tabular/import-report';
import type { EntityImporter, EntityOutcome, EntityRow } from '../../../kernel/tabular/importer';
import { openTable } from '../../../kernel/tabular/open-table';
import { plainProfile, type Profile } from '../../../kernel/tabular/profile';
import { ImportPlacesCommand, PLACE_FIELDS, type PlaceRow } from '../contracts/import-places';
import { keyOf } from './import-places';
import { importRefused } from '../domain/places.errors';

/** What an import did, or on a dry run would do. */
export interface PlaceImportReport {
  dryRun: boolean;
  /** False: nothing was written. */
  written: boolean;
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
 * Imports places from CSV or a workbook, by columns that are called as the fields are or by a mapping. Every row is
 * judged before one is written; rows are then written in batches, each in a transaction.
 * @throws AppError unprocessable `location.import-refused` with the faults, when rows are refused and the rest is not wanted
 */
export class ImportPlaceFileCommand extends Command<PlaceImportReport> {
  constructor(
    readonly request: {
      file: string | Buffer;
      mapping?: Profile;
      dryRun?: boolean;
      acceptPartial?: boolean;
    },
  ) {
    super();
  }
}

/** Takes place rows batch by batch, each in a transaction of its own. */
export class PlaceSheetImporter implements EntityImporter {
  readonly entity = 'places';
  readonly fields = PLACE_FIELDS;
  readonly keys = [{ field: 'externalId', of: (row: object) => keyOf(row as PlaceRow) }];

  constructor(private readonly commands: CommandBus) {}

  async take(rows: EntityRow[], dryRun: boolean): Promise<EntityOutcome> {
    const places = rows.map(({ row }) => row as PlaceRow);
    return { ...(await this.commands.execute(new ImportPlacesCommand({ rows: places, dryRun }))), further: {} };
  }
}

const FILE = 'places';

@CommandHandler(ImportPlaceFileCommand)
export class ImportPlaceFileHandler implements ICommandHandler<ImportPlaceFileCommand> {
  constructor(private readonly commands: CommandBus) {}

  async execute({ request }: ImportPlaceFileCommand): Promise<PlaceImportReport> {
    const { file, mapping, dryRun = false, acceptPartial = false } = request;
    const content = typeof file === 'string' ? Buffer.from(file) : file;
    const open = (): Promise<Readable> => Promise.resolve(Readable.from([content]));
    const profile = mapping ?? (await plain(await open()));
    const sheet = profile.sheets.find(({ entity }) => entity === 'places');
    if (!sheet) throw invalid('location.no-place-sheet', 'The mapping has no sheet whose entity is "places".');
    const input = { profile, sheets: [{ ...sheet, file: FILE }], open };
    const run = new ImportRun(input, { places: new PlaceSheetImporter(this.commands) });
    const report = await run.execute({ dryRun, acceptPartial });
    const [{ rows, created, updated, unchanged, refused }] = report.sheets;
    const { faults, warnings, written } = report;
    const changes = changesOf(report);
    const view = { dryRun, written, changes, rows, created, updated, unchanged, refused, faults, warnings };
    if (faults.length > 0 && !dryRun && !acceptPartial) throw importRefused(view);
    return view;
  }
}

async function plain(file: Readable): Promise<Profile> {
  const reader = await openTable(file);
  reader.close();
  return plainProfile('places', PLACE_FIELDS, reader.header, FILE);
}
