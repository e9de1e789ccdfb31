import type { Readable } from 'node:stream';
import { convert, quoted, Unconvertible, type ConvertOptions } from './convert';
import type { FieldSet, RowOf } from './fields';
import type { Numbered, RowFault } from './import-report';
import { openTable } from './open-table';
import {
  isJoined,
  PLAIN,
  placeholders,
  sourceColumns,
  type ColumnSource,
  type Join,
  type Profile,
  type SheetPart,
} from './profile';
import type { TableOptions, TableReader, TableRow } from './table-reader';

/** Opens a file of the import by name; null when there is none. Called again for a second pass. */
export type OpenFile = (name: string) => Promise<Readable | null>;

/** A typed row, or what is wrong with it. `key` is the value of the join column where one was asked for. */
export type SheetRow<F extends FieldSet> =
  | { line: number; key: string | null; row: Numbered<RowOf<F>>; faults?: undefined }
  | { line: number; key: string | null; row?: undefined; faults: RowFault[] };

/** Names that a warning lists. */
const MOST_NAMED = 5;

type Cells = Record<string, string | null>;
interface LoadedJoin {
  column: string;
  /** Null: the file is not there, so that its columns are not given. */
  rows: Map<string, Cells> | null;
}

export interface SheetSource<F extends FieldSet> {
  profile: Profile;
  part: SheetPart;
  fields: F;
  open: OpenFile;
  /** A column whose value is handed out beside each row, to tie children to their parents. */
  keyColumn?: string;
}

/** Reads one file through a mapping profile into typed rows; a wrong cell becomes a fault with line, column and reason. */
export class SheetReader<F extends FieldSet> {
  /** Faults of the file itself: a column that the mapping needs is missing, a field that no importer knows. */
  readonly headerFaults: RowFault[] = [];
  readonly warnings: string[] = [];

  private constructor(
    private readonly source: SheetSource<F>,
    private readonly table: TableReader,
    private readonly joins: Map<string, LoadedJoin>,
  ) {}

  /** Opens a sheet's file and loads what it joins. Null when the file is not there. */
  static async open<F extends FieldSet>(source: SheetSource<F>): Promise<SheetReader<F> | null> {
    const input = await source.open(source.part.file);
    if (!input) return null;
    const table = await openTable(input, tableOptions(source.profile, source.part.worksheet));
    const joins = new Map<string, LoadedJoin>();
    const reader = new SheetReader(source, table, joins);
    for (const [name, join] of Object.entries(source.part.joins ?? {})) {
      const rows = await loadJoin(source, join);
      if (!rows)
        reader.warnings.push(`${join.file} is not there: what ${source.part.file} takes from it is left as it is.`);
      joins.set(name, { column: join.column, rows });
    }
    reader.checkHeader();
    reader.warnOfUnused();
    return reader;
  }

  /** Rows mended on the way (see `surplus`). */
  get rejoined(): number {
    return this.table.rejoined;
  }

  /** Name, in the file, of the column that a field is taken from. */
  columnOf(field: string): string {
    const from = this.source.part.columns[field];
    const name = from === undefined ? undefined : placeholders(from)[0];
    if (name === undefined) return field;
    return isJoined(this.source.part, name) ? this.source.part.joins![name.slice(0, name.indexOf('.'))].column : name;
  }

  close(): void {
    this.table.close();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<SheetRow<F>> {
    for await (const read of this.table) yield this.convertRow(read);
  }

  private convertRow(read: TableRow): SheetRow<F> {
    const { line } = read;
    if (read.fault) return { line, key: null, faults: [read.fault] };
    const { profile, part, fields, keyColumn } = this.source;
    const key = keyColumn ? read.cells[keyColumn] : null;
    const faults: RowFault[] = [];
    const cells = this.join(read.cells, line, faults);
    const row: Record<string, unknown> = { line };
    const options: ConvertOptions = {
      currency: profile.currency,
      decimal: profile.decimal,
      timeZone: profile.timeZone,
      dateOrder: profile.dateOrder,
    };
    // The currency goes first: the amounts of the row are read in it.
    const names = Object.keys(fields).sort(
      (a, b) => Number(fields[b].type === 'currency') - Number(fields[a].type === 'currency'),
    );
    for (const name of names) {
      const spec = fields[name];
      const from = part.columns[name];
      const unreadable = read.wrong && from !== undefined && placeholders(from).find((it) => read.wrong![it]);
      if (unreadable) {
        const { code, reason } = read.wrong![unreadable];
        faults.push({ line, column: unreadable, code, reason });
        continue;
      }
      let text = from === undefined ? undefined : resolve(from, cells, profile);
      if (text == null && spec.type === 'currency') text = profile.currency;
      if (text === undefined && !spec.required) continue;
      if (text == null) {
        row[name] = null;
        const joinFailed = faults.some((fault) => fault.column === this.columnOf(name));
        if (spec.required && !joinFailed) faults.push(this.fault(line, name, 'required', 'A value is needed here.'));
        continue;
      }
      try {
        row[name] = convert(text, spec, options, name);
        if (spec.type === 'currency') options.currency = row[name] as string;
      } catch (error) {
        if (!(error instanceof Unconvertible)) throw error;
        // A wrong currency is said once, not again with every amount of the row.
        const said = error.code === 'no-currency' && faults.length > 0;
        if (!said) faults.push(this.fault(line, name, error.code, error.reason));
      }
    }
    return faults.length > 0 ? { line, key, faults } : { line, key, row: row as Numbered<RowOf<F>> };
  }

  private fault(line: number, field: string, code: string, reason: string): RowFault {
    return { line, column: this.columnOf(field), code, reason };
  }

  /** The row's cells with those of joined rows as `join.column`; an absent file leaves them undefined. */
  private join(cells: Cells, line: number, faults: RowFault[]): Cells {
    if (this.joins.size === 0) return cells;
    const all = Object.assign(Object.create(null) as Cells, cells);
    for (const [name, { column, rows }] of this.joins) {
      if (!rows) continue;
      const key = cells[column];
      const found = key === null ? undefined : rows.get(key);
      if (key !== null && !found) {
        const { file } = this.source.part.joins![name];
        faults.push({ line, column, code: 'unknown-reference', reason: `${quoted(key)} is not in ${file}.` });
      }
      const columns = found ?? (rows.values().next().value as Cells | undefined) ?? {};
      for (const joined of Object.keys(columns)) all[`${name}.${joined}`] = found ? found[joined] : null;
    }
    return all;
  }

  /** Without a mapping, a column that no field is called like is a slip of the pen, or meant for somebody else. */
  private warnOfUnused(): void {
    const { profile, part } = this.source;
    if (profile.name !== PLAIN) return;
    const used = new Set(sourceColumns(part));
    const unused = this.table.header.filter((name) => name !== '' && !used.has(name));
    if (unused.length === 0) return;
    const more = unused.length > MOST_NAMED ? ` and ${unused.length - MOST_NAMED} more` : '';
    this.warnings.push(
      `${part.file}: no field is called like the columns ${unused.slice(0, MOST_NAMED).map(quoted).join(', ')}${more}; they were not read.`,
    );
  }

  private checkHeader(): void {
    const { part, fields, keyColumn, profile } = this.source;
    for (const column of sourceColumns(part, keyColumn)) {
      if (!this.table.header.includes(column)) {
        this.headerFaults.push({
          line: 1,
          column,
          code: 'missing-column',
          reason: `The file has no column "${column}".`,
        });
      }
    }
    for (const field of Object.keys(part.columns)) {
      if (!Object.hasOwn(fields, field)) {
        this.headerFaults.push({
          line: 1,
          column: field,
          code: 'unknown-field',
          reason: `The mapping fills "${field}", which this import does not know.`,
        });
      }
    }
    for (const [field, spec] of Object.entries(fields)) {
      const given = part.columns[field] !== undefined || (spec.type === 'currency' && profile.currency !== undefined);
      if (spec.required && !given) {
        this.headerFaults.push({
          line: 1,
          column: field,
          code: 'missing-column',
          reason: `Nothing fills "${field}", which is needed.`,
        });
      }
    }
  }
}

const tableOptions = ({ nullToken, delimiter, surplus }: Profile, worksheet?: string): TableOptions => ({
  nullToken,
  delimiter,
  surplus,
  worksheet,
});

function resolve(source: ColumnSource, cells: Cells, { maps }: Profile): string | null | undefined {
  if (typeof source === 'string') return cells[source];
  let text: string | null | undefined;
  if (source.from !== undefined) text = cells[source.from];
  else if (source.value !== undefined) text = source.value;
  else {
    const values = placeholders(source).map((name) => cells[name]);
    if (values.some((value) => value == null)) return values.some((value) => value === undefined) ? undefined : null;
    text = source.template!.replace(/\{([^{}]+)\}/g, (_, name: string) => cells[name]!);
  }
  const map = typeof source.map === 'string' ? maps?.[source.map] : source.map;
  return text != null && map && Object.hasOwn(map, text) ? map[text] : text;
}

async function loadJoin<F extends FieldSet>(
  source: SheetSource<F>,
  { file, key, worksheet }: Join,
): Promise<Map<string, Cells> | null> {
  const input = await source.open(file);
  if (!input) return null;
  const rows = new Map<string, Cells>();
  for await (const { cells } of await openTable(input, tableOptions(source.profile, worksheet))) {
    const value = cells?.[key];
    if (cells && value) rows.set(value, cells);
  }
  return rows;
}
