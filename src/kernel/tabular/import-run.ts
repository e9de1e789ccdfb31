import { AppError } from '../errors/app-error';
import { quoted } from './convert';
import type { FieldSet } from './fields';
import { type Numbered, type RowFault } from './import-report';
import type { Sheet } from './profile';
import { SheetReader, type SheetSource } from './sheet-reader';
import type { EntityImporter, EntityOutcome, EntityRow, ImportFiles } from './importer';

/** Faults that a report holds: a wholly wrong file is told of, and costs no memory. */
const MOST_FAULTS = 10_000;
/** Rows that one transaction writes. */
const BATCH = 500;

/** What became of one file. */
export interface SheetReport {
  entity: string;
  file: string;
  /** Rows read, refused ones included. */
  rows: number;
  created: number;
  updated: number;
  unchanged: number;
  refused: number;
  /** Further counts, such as order lines. */
  further: Record<string, number>;
}

export interface RunReport {
  sheets: SheetReport[];
  faults: RowFault[];
  warnings: string[];
  /** Faults beyond those that `faults` holds. */
  furtherFaults: number;
  /** False: nothing was written, because this was a dry run or something was refused. */
  written: boolean;
}

/** Where a run stands. `rows` are read of the file, `total` is known once it was read. */
export interface RunProgress {
  phase: 'check' | 'write';
  file: string;
  rows: number;
  total?: number;
}

interface Children {
  byKey: Map<string, { rows: Numbered<object>[]; wrong: number[] }>;
  reader: { columnOf(field: string): string };
  file: string;
}

/**
 * One import: a first pass over all files judges every row and writes nothing; only when none is refused, or the rest is
 * wanted, a second pass writes batch by batch. A repeated or resumed run changes only what is different.
 */
export class ImportRun {
  private readonly report: RunReport = { sheets: [], faults: [], furtherFaults: 0, warnings: [], written: false };
  /** Lines refused by the first pass, by file. */
  private readonly refused = new Map<string, Set<number>>();

  constructor(
    private readonly files: ImportFiles,
    private readonly importers: Readonly<Record<string, EntityImporter>>,
    /** Told after each batch; what it throws ends the run. */
    private readonly onProgress: (progress: RunProgress) => void | Promise<void> = () => undefined,
  ) {}

  async execute(options: { dryRun: boolean; acceptPartial: boolean }): Promise<RunReport> {
    const { report } = this;
    for (const sheet of this.files.sheets) report.sheets.push(await this.pass(sheet, true));
    const stop = report.faults.length > 0 && !options.acceptPartial;
    const order = this.files.sheets.flatMap((sheet) => [sheet.file, sheet.children?.file ?? sheet.file]);
    if (!options.dryRun && !stop) {
      report.written = true;
      const checked = report.sheets;
      report.sheets = [];
      for (const [index, sheet] of this.files.sheets.entries()) {
        if (this.unreadable(sheet)) report.sheets.push(checked[index]);
        else report.sheets.push(await this.pass(sheet, false, checked[index]));
      }
    }
    report.faults.sort((a, b) => order.indexOf(a.file!) - order.indexOf(b.file!) || a.line - b.line);
    return report;
  }

  private unreadable = (sheet: Sheet): boolean => this.refused.get(sheet.file)?.has(1) ?? false;

  private async pass(sheet: Sheet, dryRun: boolean, checked?: SheetReport): Promise<SheetReport> {
    const importer = this.importers[sheet.entity];
    const result: SheetReport = {
      entity: sheet.entity,
      file: sheet.file,
      rows: 0,
      created: 0,
      updated: 0,
      unchanged: 0,
      refused: 0,
      further: {},
    };
    const reader = await this.openSheet(sheet.file, dryRun, {
      part: sheet,
      fields: importer.fields,
      keyColumn: sheet.children?.column,
    });
    if (!reader) return result;
    if (dryRun) this.report.warnings.push(...reader.warnings);
    const children = await this.loadChildren(sheet, importer, dryRun);
    if (reader.headerFaults.length > 0) {
      this.refuse(sheet.file, reader.headerFaults, dryRun);
      reader.close();
      return result;
    }
    const skip = this.refused.get(sheet.file) ?? new Set<number>();
    const seen = new Map<string, { line: number; said: string | null }>();
    const wrong = new Set<number>(skip);
    let batch: EntityRow[] = [];
    const write = async (rows: EntityRow[], read: number): Promise<void> => {
      if (rows.length > 0) this.add(result, await this.take(sheet, importer, reader, children, rows, dryRun, wrong));
      await this.onProgress({
        phase: dryRun ? 'check' : 'write',
        file: sheet.file,
        rows: read,
        total: checked?.rows,
      });
    };
    // One batch is on its way while the next one is read; never two at once.
    let onItsWay = Promise.resolve();
    const flush = async (): Promise<void> => {
      await onItsWay;
      onItsWay = write(batch, result.rows);
      // What is wrong with it is said where it is waited for.
      onItsWay.catch(() => undefined);
      batch = [];
    };
    try {
      for await (const read of reader) {
        result.rows += 1;
        const owned = read.key === null ? undefined : children?.byKey.get(read.key);
        if (owned && read.key !== null) children!.byKey.delete(read.key);
        if (!dryRun && skip.has(read.line)) continue;
        const faults = read.faults ?? this.duplicates(importer, reader, read.row, seen);
        if (faults === null) {
          result.unchanged += 1;
          continue;
        }
        if (owned?.wrong.length)
          faults.push(wrongLines(read.line, sheet.children!.column, children!.file, owned.wrong));
        if (faults.length > 0) {
          this.refuse(sheet.file, faults, true);
          wrong.add(read.line);
          continue;
        }
        batch.push({ row: read.row!, children: owned?.rows ?? [] });
        if (batch.length === BATCH) await flush();
      }
      await flush();
    } finally {
      // Also where the reading failed: a run is over when nothing of it is on its way.
      await onItsWay;
    }
    if (dryRun && children) this.orphans(children, sheet);
    if (dryRun && reader.rejoined > 0) {
      this.report.warnings.push(`${sheet.file}: ${reader.rejoined} rows had a comma without quotes; they were mended.`);
    }
    result.refused = wrong.size;
    return result;
  }

  /** Null when the file cannot be read as a table; that is said as a fault of its first line. */
  private async openSheet(
    file: string,
    dryRun: boolean,
    source: Pick<SheetSource<FieldSet>, 'part' | 'fields' | 'keyColumn'>,
  ): Promise<SheetReader<FieldSet> | null> {
    const { profile, open } = this.files;
    try {
      const reader = await SheetReader.open({ ...source, profile, open });
      if (!reader)
        this.refuse(file, [{ line: 1, column: '*', code: 'missing-file', reason: 'The file is not there.' }], dryRun);
      return reader;
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      const code = error.code.slice(error.code.indexOf('.') + 1);
      this.refuse(file, [{ line: 1, column: '*', code, reason: error.detail }], dryRun);
      return null;
    }
  }

  /** Sends a batch on and puts its faults in the words of the file. */
  private async take(
    sheet: Sheet,
    importer: EntityImporter,
    reader: { columnOf(field: string): string },
    children: Children | null,
    batch: EntityRow[],
    dryRun: boolean,
    wrong: Set<number>,
  ): Promise<EntityOutcome> {
    const outcome = await importer.take(batch, dryRun, `import:${sheet.file}`);
    const parentOf = new Map(batch.flatMap((it) => it.children.map((child) => [child.line, it.row.line] as const)));
    for (const { child, ...fault } of outcome.faults) {
      const from = child ? children!.reader : reader;
      const told = { ...fault, column: fault.column === '*' ? '*' : from.columnOf(fault.column) };
      this.refuse(child ? children!.file : sheet.file, [told], true);
      const parent = child ? parentOf.get(fault.line) : fault.line;
      if (parent === undefined) continue;
      wrong.add(parent);
      this.remember(sheet.file, parent);
    }
    return outcome;
  }

  /** Null: the file said the very same before. */
  private duplicates(
    importer: EntityImporter,
    reader: { columnOf(field: string): string },
    row: object,
    seen: Map<string, { line: number; said: string | null }>,
  ): RowFault[] | null {
    const { line } = row as { line: number };
    for (const one of importer.keys) {
      const field = typeof one === 'string' ? one : one.field;
      const value = typeof one === 'string' ? (row as Record<string, unknown>)[one] : one.of(row);
      if (value == null) continue;
      const key = `${field}:${String(value)}`;
      const said = typeof one === 'string' ? null : (one.said?.(row) ?? null);
      const first = seen.get(key);
      if (first !== undefined) {
        if (said !== null && first.said === said) return null;
        return [
          {
            line,
            column: reader.columnOf(field),
            code: 'duplicate',
            reason: `Line ${first.line} has the same ${reader.columnOf(field)}.`,
          },
        ];
      }
      seen.set(key, { line, said });
    }
    return [];
  }

  private async loadChildren(sheet: Sheet, importer: EntityImporter, dryRun: boolean): Promise<Children | null> {
    if (!sheet.children || !importer.childFields) return null;
    const part = sheet.children;
    const reader = await this.openSheet(part.file, dryRun, { part, fields: importer.childFields, keyColumn: part.key });
    if (!reader) return { byKey: new Map(), reader: { columnOf: (field) => field }, file: part.file };
    this.refuse(part.file, reader.headerFaults, dryRun);
    const byKey: Children['byKey'] = new Map();
    if (reader.headerFaults.length > 0) reader.close();
    else {
      for await (const { key, row, faults, line } of reader) {
        if (faults) this.refuse(part.file, faults, dryRun);
        if (key === null) continue;
        const owned = byKey.get(key) ?? { rows: [], wrong: [] };
        if (row) owned.rows.push(row as Numbered<object>);
        else owned.wrong.push(line);
        byKey.set(key, owned);
      }
    }
    return { byKey, reader, file: part.file };
  }

  /** Rows of the second file whose key no row of the first has. */
  private orphans({ byKey, file }: Children, sheet: Sheet): void {
    for (const [key, { rows }] of byKey) {
      const faults = rows.map(({ line }) => ({
        line,
        column: sheet.children!.key,
        code: 'unknown-reference',
        reason: `${quoted(key)} is not in ${sheet.file}.`,
      }));
      this.refuse(file, faults, true);
    }
  }

  private refuse(file: string, faults: RowFault[], tell: boolean): void {
    for (const fault of faults) {
      this.remember(file, fault.line);
      if (!tell) continue;
      if (this.report.faults.length < MOST_FAULTS) this.report.faults.push({ ...fault, file });
      else this.report.furtherFaults += 1;
    }
  }

  private remember(file: string, line: number): void {
    const lines = this.refused.get(file) ?? new Set<number>();
    lines.add(line);
    this.refused.set(file, lines);
  }

  private add(result: SheetReport, outcome: EntityOutcome): void {
    result.created += outcome.created;
    result.updated += outcome.updated;
    result.unchanged += outcome.unchanged;
    for (const [name, count] of Object.entries(outcome.further))
      result.further[name] = (result.further[name] ?? 0) + count;
  }
}

const wrongLines = (line: number, column: string, file: string, lines: number[]): RowFault => ({
  line,
  column,
  code: 'wrong-lines',
  reason: `Left out because of ${file}, line ${lines.slice(0, 3).join(', ')}${lines.length > 3 ? ', ...' : ''}.`,
});

/** Rows and further counts that are different now (on a dry run: would be). */
export const changesOf = (report: RunReport): number =>
  report.sheets.reduce((sum, it) => {
    const further = Object.entries(it.further).filter(([name]) => name.endsWith('Changed'));
    return sum + it.created + it.updated + further.reduce((all, [, count]) => all + count, 0);
  }, 0);
