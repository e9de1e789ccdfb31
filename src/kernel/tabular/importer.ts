import type { Readable } from 'node:stream';
import type { FieldSet } from './fields';
import type { ImportOutcome, Numbered, RowFault } from './import-report';
import type { Profile, Sheet } from './profile';

/** A row of a sheet with the rows of its second file, if it has one. Typed by the importer's field sets. */
export interface EntityRow<Row extends object = object, Child extends object = object> {
  row: Numbered<Row>;
  children: Numbered<Child>[];
}

/** A fault in the words of the importer: `column` is a field, of the children's file where `child` says so. */
export type EntityFault = RowFault & { child?: boolean };

export interface EntityOutcome extends Omit<ImportOutcome, 'faults'> {
  faults: EntityFault[];
  /** Further counts by name, such as `lines`; those whose name ends in `Changed` count as changes. */
  further: Record<string, number>;
}

/**
 * A field that tells rows apart, or one that does together with others: `of` makes the key, null where a row has none. Rows of one key
 * that say the same by `said` are taken once; without it none may share a key.
 */
export type ImportKey = string | { field: string; of(row: object): string | null; said?(row: object): string };

/** Takes the rows of one kind, batch by batch. */
export interface EntityImporter {
  readonly entity: string;
  readonly fields: FieldSet;
  readonly childFields?: FieldSet;
  /** What no two rows of the files may share. */
  readonly keys: readonly ImportKey[];
  /** Writes a batch in one transaction; with `dryRun` only reads and says what would happen. `document` names the source. */
  take(rows: EntityRow[], dryRun: boolean, document: string): Promise<EntityOutcome>;
}

/** The files that an import reads, and the sheets of the profile that they belong to. */
export interface ImportFiles {
  profile: Profile;
  sheets: Sheet[];
  /** Opens a file by name; null when it is not there. Called again for the second pass. */
  open(name: string): Promise<Readable | null>;
}
