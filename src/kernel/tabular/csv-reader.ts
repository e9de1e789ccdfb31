import { Readable, pipeline } from 'node:stream';
import { parse } from 'csv-parse';
import { invalid } from '../errors/app-error';
import { quoted } from './convert';
import { cellValue, MOST_COLUMNS, type TableOptions, type TableReader, type TableRow } from './table-reader';

export type CsvOptions = TableOptions;
export type CsvRow = TableRow;

/** Characters that a row may have; beyond it a quote was left open somewhere. */
const MOST_ROW_CHARACTERS = 1_000_000;
/** What the decoder says of bytes that are no text. */
const NOT_TEXT = 'ERR_ENCODING_INVALID_ENCODED_DATA';
const notText = () => invalid('tabular.not-text', 'The file is not UTF-8 text.', { hint: 'Save it as CSV UTF-8.' });
const DELIMITERS = [',', ';', '\t', '|'];

/**
 * Reads a CSV text as a stream: a byte order mark, CRLF or CR line ends, `;` or tab instead of a comma, quoted line
 * breaks and stray quotes are all understood. Line numbers are those an editor shows.
 */
export class CsvReader implements TableReader {
  /** Rows that were mended by `surplus: 'rejoin'`. */
  rejoined = 0;

  private constructor(
    readonly header: readonly string[],
    readonly delimiter: string,
    private readonly records: AsyncIterator<Parsed>,
    private readonly input: Readable,
    private readonly options: CsvOptions,
  ) {}

  /**
   * Reads the header.
   * @throws AppError invalid `tabular.not-text`, `tabular.no-header`, `tabular.duplicate-column`,
   * `tabular.too-many-columns`.
   */
  static async open(input: Readable, options: CsvOptions = {}): Promise<CsvReader> {
    const text = textOf(input);
    const head = await upToFirstLine(text);
    const delimiter = options.delimiter ?? mostFrequent(head.trimStart().split('\n', 1)[0]);
    const parser = parse({
      delimiter,
      info: true,
      relax_quotes: true,
      relax_column_count: true,
      skip_empty_lines: true,
      max_record_size: MOST_ROW_CHARACTERS,
    });
    // A failure of the source reaches the reader as the failure of the parser.
    pipeline(Readable.from(chain(head, text)), parser, () => undefined);
    const records = (parser as AsyncIterable<Parsed>)[Symbol.asyncIterator]();
    const first = await records.next().catch((error: unknown) => {
      throw (error as { code?: string }).code === NOT_TEXT ? notText() : error;
    });
    if (first.done) throw invalid('tabular.no-header', 'The file is empty: its first line must name the columns.');
    const header = first.value.record.map((name) => name.trim());
    const twice = header.find((name, index) => header.indexOf(name) !== index);
    if (twice !== undefined) {
      input.destroy();
      throw invalid('tabular.duplicate-column', `The header names the column ${quoted(twice)} twice.`);
    }
    if (header.length > MOST_COLUMNS) {
      input.destroy();
      throw invalid(
        'tabular.too-many-columns',
        `The file has ${header.length} columns; at most ${MOST_COLUMNS} are read.`,
      );
    }
    return new CsvReader(header, delimiter, records, input, options);
  }

  /** Stops reading and closes the source. */
  close(): void {
    this.input.destroy();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<CsvRow> {
    let lastLine = 1;
    try {
      for (;;) {
        let next: IteratorResult<Parsed>;
        try {
          next = await this.records.next();
        } catch (error) {
          yield brokenEnd(error, lastLine + 1);
          return;
        }
        if (next.done) return;
        const { record, info } = next.value;
        lastLine = info.lines;
        const line = info.lines - record.reduce((sum, cell) => sum + count(cell, '\n'), 0);
        if (record.every((cell) => cell.trim() === '')) continue;
        yield this.row(line, record);
      }
    } finally {
      this.close();
    }
  }

  private row(line: number, record: string[]): CsvRow {
    const cells = record.length > this.header.length ? this.rejoin(record) : record;
    if (cells.length !== this.header.length) {
      const reason = `The row has ${record.length} cells where the header names ${this.header.length} columns.`;
      return { line, fault: { line, column: '*', code: 'column-count', reason } };
    }
    // A column may have any name, `__proto__` too.
    const named = Object.create(null) as Record<string, string | null>;
    for (let i = 0; i < cells.length; i++) named[this.header[i]] = cellValue(cells[i], this.options.nullToken);
    return { line, cells: named };
  }

  private rejoin(record: string[]): string[] {
    if (this.options.surplus !== 'rejoin') return record;
    const joined: string[] = [];
    for (const cell of record) {
      if (cell.startsWith(' ') && joined.length > 0) joined[joined.length - 1] += this.delimiter + cell;
      else joined.push(cell);
    }
    if (joined.length !== this.header.length) return record;
    this.rejoined += 1;
    return joined;
  }
}

interface Parsed {
  record: string[];
  info: { lines: number };
}

function brokenEnd(error: unknown, line: number): CsvRow {
  const code = (error as { code?: string }).code;
  const known: Record<string, [string, string]> = {
    CSV_QUOTE_NOT_CLOSED: ['unclosed-quote', 'A quote is opened here and never closed'],
    CSV_MAX_RECORD_SIZE: ['row-too-long', 'The row is longer than a row can be; a quote may be open'],
    [NOT_TEXT]: ['not-text', 'The file is not UTF-8 text from here on'],
  };
  const [word, reason] = known[code ?? ''] ?? [];
  if (!word) throw error;
  return { line, fault: { line, column: '*', code: word, reason: `${reason}: the rest of the file was not read.` } };
}

/** Decodes UTF-8 (or UTF-16 with a byte order mark), drops the mark and turns CRLF and CR into LF. */
async function* textOf(input: Readable): AsyncGenerator<string> {
  let decoder: TextDecoder | undefined;
  let carriage = '';
  for await (const chunk of input as AsyncIterable<Buffer | string>) {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    decoder ??= new TextDecoder(encodingOf(bytes), { fatal: true });
    const text = carriage + decoder.decode(bytes, { stream: true });
    // A CR at the end may be the first half of a CRLF.
    carriage = text.endsWith('\r') ? '\r' : '';
    const lines = (carriage ? text.slice(0, -1) : text).replace(/\r\n?/g, '\n');
    if (lines !== '') yield lines;
  }
  const rest = (carriage + (decoder?.decode() ?? '')).replace(/\r\n?/g, '\n');
  if (rest !== '') yield rest;
}

const encodingOf = (bytes: Buffer): string =>
  bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf-16le' : bytes[0] === 0xfe && bytes[1] === 0xff ? 'utf-16be' : 'utf-8';

/** Text up to the end of the first line that has something on it. @throws AppError invalid `tabular.not-text`. */
async function upToFirstLine(text: AsyncGenerator<string>): Promise<string> {
  let seen = '';
  try {
    while (!/\S[^\n]*\n/.test(seen) && seen.length < MOST_ROW_CHARACTERS) {
      const next = await text.next();
      if (next.done) break;
      seen += next.value;
    }
  } catch (error) {
    throw (error as { code?: string }).code === NOT_TEXT ? notText() : error;
  }
  return seen;
}

async function* chain(head: string, rest: AsyncGenerator<string>): AsyncGenerator<string> {
  if (head !== '') yield head;
  yield* rest;
}

function mostFrequent(header: string): string {
  const bare = header.replace(/"[^"]*"/g, '');
  return DELIMITERS.reduce((best, mark) => (count(bare, mark) > count(bare, best) ? mark : best), ',');
}

function count(text: string, part: string): number {
  let found = 0;
  for (let at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + part.length)) found += 1;
  return found;
}
