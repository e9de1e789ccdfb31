import { AppError, invalid } from '../errors/app-error';
import { quoted } from './convert';
import {
  cellValue,
  MOST_COLUMNS,
  type CellFault,
  type TableOptions,
  type TableReader,
  type TableRow,
} from './table-reader';
import { notAWorkbook, WorkbookArchive } from './workbook-archive';
import { readParts, type WorkbookParts } from './xlsx-parts';
import { decodeXstring, scanXml } from './xml-scan';

interface SheetCell {
  /** Text of the value; null where the cell is empty. */
  text: string | null;
  fault?: CellFault;
}
interface SheetRow {
  line: number;
  /** By number of the column, counted from 0. */
  cells: Map<number, SheetCell>;
}

/** Characters of one cell; a spreadsheet keeps 32,767 at most. */
const MOST_CELL_CHARACTERS = 100_000;
const DAY_MS = 86_400_000;
/** 1970-01-01 as a spreadsheet counts days from 1900. */
const EPOCH_DAY = 25_569;
/** 9999-12-31. */
const LAST_DAY = 2_958_466;
/** A number of sixteen digits: spreadsheets keep fifteen. */
const MORE_THAN_KEPT = 1e15;

/**
 * Reads one sheet of a workbook (ECMA-376, .xlsx) as a stream: rows come while the sheet is unpacked, only its shared
 * strings stay in memory. Lines are those that a spreadsheet shows. Formulas are not computed: the value that the
 * spreadsheet stored with them counts. Dates come as RFC 3339 without a zone, numbers with at most 15 digits, as shown; longer
 * ones, such as numbers of cards, are a fault of their cell.
 */
export class XlsxReader implements TableReader {
  readonly rejoined = 0;

  private constructor(
    readonly header: readonly string[],
    private readonly columns: ReadonlyMap<number, string>,
    private readonly rows: AsyncGenerator<SheetRow>,
    private readonly end: () => void,
    private readonly options: TableOptions,
  ) {}

  /**
   * Opens the workbook and reads the first row that is not empty, the header.
   * @throws AppError invalid `tabular.not-a-workbook`, `tabular.workbook-too-large`, `tabular.no-such-worksheet`,
   * `tabular.no-header`, `tabular.duplicate-column`, `tabular.too-many-columns`
   */
  static async open(file: string, options: TableOptions = {}): Promise<XlsxReader> {
    const archive = await WorkbookArchive.open(file);
    const end = (): void => archive.close();
    try {
      const parts = await readParts(archive, options.worksheet);
      const rows = sheetRows(archive, parts);
      const first = await rows.next();
      if (first.done) throw invalid('tabular.no-header', 'The sheet is empty: its first row must name the columns.');
      const columns = headerOf(first.value);
      return new XlsxReader([...columns.values()], columns, rows, end, options);
    } catch (error) {
      end();
      throw error;
    }
  }

  close(): void {
    void this.rows.return(undefined).catch(() => undefined);
    this.end();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<TableRow> {
    let line = 1;
    try {
      for (;;) {
        let next: IteratorResult<SheetRow>;
        try {
          next = await this.rows.next();
        } catch (error) {
          if (!(error instanceof AppError)) throw error;
          const fault = { line: line + 1, column: '*', code: 'broken-workbook', reason: error.detail };
          yield { line: line + 1, fault };
          return;
        }
        if (next.done) return;
        line = next.value.line;
        yield this.row(next.value);
      }
    } finally {
      this.close();
    }
  }

  private row({ line, cells }: SheetRow): TableRow {
    const named: Record<string, string | null> = {};
    let wrong: Record<string, CellFault> | undefined;
    for (const name of this.header) named[name] = null;
    for (const [at, { text, fault }] of cells) {
      const name = this.columns.get(at);
      if (name === undefined) {
        if (text === null || text.trim() === '') continue;
        const reason = `The cell ${letters(at)}${line} has a value, and the header has no name for its column.`;
        return { line, fault: { line, column: letters(at), code: 'column-count', reason } };
      }
      if (fault) (wrong ??= {})[name] = fault;
      else if (text !== null) named[name] = cellValue(text, this.options.nullToken);
    }
    return { line, cells: named, ...(wrong ? { wrong } : {}) };
  }
}

/** Names of the columns by their number. */
function headerOf({ cells }: SheetRow): Map<number, string> {
  const columns = new Map<number, string>();
  for (const [at, { text }] of [...cells].sort(([a], [b]) => a - b)) {
    const name = text?.trim() ?? '';
    if (name === '') continue;
    if ([...columns.values()].includes(name))
      throw invalid('tabular.duplicate-column', `The header names the column ${quoted(name)} twice.`);
    columns.set(at, name);
  }
  if (columns.size > MOST_COLUMNS)
    throw invalid(
      'tabular.too-many-columns',
      `The sheet has ${columns.size} columns; at most ${MOST_COLUMNS} are read.`,
    );
  return columns;
}

/** Rows of the sheet that have a value. */
async function* sheetRows(archive: WorkbookArchive, parts: WorkbookParts): AsyncGenerator<SheetRow> {
  const ready: SheetRow[] = [];
  const gatherer = new Gatherer(parts, ready);
  for await (const _ of scanXml(archive.text(parts.sheet), gatherer)) {
    yield* ready;
    ready.length = 0;
  }
}

/** Gathers cells to rows while the sheet's XML passes. */
class Gatherer {
  private row: SheetRow | null = null;
  private line = 0;
  private at = -1;
  private type = 'n';
  private style = 0;
  private formula = false;
  private value: string | null = null;
  private listening = false;
  private phonetic = 0;

  constructor(
    private readonly parts: WorkbookParts,
    private readonly ready: SheetRow[],
  ) {}

  open(name: string, attributes: Record<string, string>): void {
    switch (name) {
      case 'row': {
        const said = Number(attributes.r);
        this.line = Number.isSafeInteger(said) && said > this.line ? said : this.line + 1;
        this.row = { line: this.line, cells: new Map() };
        this.at = -1;
        return;
      }
      case 'c':
        this.at = columnOf(attributes.r) ?? this.at + 1;
        this.type = attributes.t ?? 'n';
        this.style = Number(attributes.s ?? 0);
        this.formula = false;
        this.value = null;
        return;
      case 'f':
        this.formula = true;
        return;
      case 'rPh':
        this.phonetic += 1;
        return;
      case 'v':
      case 't':
        this.listening = this.phonetic === 0;
        if (this.listening) this.value ??= '';
    }
  }

  text(text: string): void {
    if (!this.listening) return;
    if (this.value!.length > MOST_CELL_CHARACTERS) throw notAWorkbook('A cell of the workbook is too long.');
    this.value += text;
  }

  close(name: string): void {
    if (name === 'v' || name === 't') this.listening = false;
    else if (name === 'rPh') this.phonetic -= 1;
    else if (name === 'c') this.endCell();
    else if (name === 'row') {
      if (this.row && this.row.cells.size > 0) this.ready.push(this.row);
      this.row = null;
    }
  }

  private endCell(): void {
    if (!this.row) return;
    const place = `${letters(this.at)}${this.line}`;
    if (this.value === null || this.value === '') {
      if (!this.formula) return;
      const reason = `The cell ${place} is a formula that was never computed: put its value there.`;
      this.row.cells.set(this.at, { text: null, fault: { code: 'formula-without-value', reason } });
      return;
    }
    const cell = this.read(this.value, place);
    if (cell.fault || cell.text?.trim()) this.row.cells.set(this.at, cell);
  }

  private read(value: string, place: string): SheetCell {
    switch (this.type) {
      case 's': {
        const text = this.parts.sharedStrings[Number(value)];
        if (text !== undefined) return { text };
        return {
          text: null,
          fault: { code: 'broken-cell', reason: `The cell ${place} names a text that is not there.` },
        };
      }
      case 'e':
        return { text: null, fault: { code: 'cell-error', reason: `The cell ${place} holds the error ${value}.` } };
      case 'b':
        return { text: value === '1' ? 'true' : 'false' };
      case 'n': {
        if (this.parts.dates[this.style]) return { text: dayText(value, this.parts.from1904) };
        if (!(Math.abs(Number(value)) >= MORE_THAN_KEPT)) return { text: plainNumber(value) };
        const reason = `The cell ${place} has more digits than a spreadsheet keeps: store it as text.`;
        return { text: null, fault: { code: 'too-many-digits', reason } };
      }
      default:
        // str, inlineStr and d (ISO 8601)
        return { text: decodeXstring(value) };
    }
  }
}

/** 0 for A; null where there is no reference. */
function columnOf(reference: string | undefined): number | null {
  const name = /^[A-Z]{1,3}/.exec(reference ?? '')?.[0];
  if (!name) return null;
  return [...name].reduce((sum, letter) => sum * 26 + letter.charCodeAt(0) - 64, 0) - 1;
}

/** `A` for 0. */
export function letters(at: number): string {
  const rest = Math.floor(at / 26);
  return (rest > 0 ? letters(rest - 1) : '') + String.fromCharCode(65 + (at % 26));
}

/** A binary fraction as the spreadsheet shows it (15 significant digits), never with an exponent. */
export function plainNumber(value: string): string {
  const number = Number(Number(value).toPrecision(15));
  if (!Number.isFinite(number)) return value;
  const text = String(number);
  if (!text.includes('e')) return text;
  return Math.abs(number) < 1 ? number.toFixed(20).replace(/\.?0+$/, '') : BigInt(number).toString();
}

/** Days since 1900 (or 1904) as a date, with its time where it has one. */
export function dayText(value: string, from1904: boolean): string {
  const days = Number(value) + (from1904 ? 1_462 : 0);
  if (!(days >= 0 && days < LAST_DAY)) return value;
  // The day 60, 29 February 1900, never was; what lies before it is counted one too few.
  const at = new Date(Math.round((days - EPOCH_DAY + (days < 60 ? 1 : 0)) * (DAY_MS / 1000)) * 1000).toISOString();
  return Number.isInteger(days) ? at.slice(0, 10) : at.slice(0, 19).replace('T', ' ');
}
