import { stringify } from 'csv-stringify/sync';

export type CsvCell = string | number | boolean | null | undefined;

/**
 * Keeps a spreadsheet from computing a text: one that begins like a formula gets an apostrophe in front, which
 * the readers take off again. Source: OWASP, "CSV Injection". Numbers are not touched, also where they are written as text.
 */
export const neutralise = (text: string): string =>
  /^'*[=+\-@\t\r]/.test(text) && !/^-\d+(?:\.\d+)?$/.test(text) ? `'${text}` : text;

/** Lines of CSV (RFC 4180, CRLF) for these rows. */
export const csvLines = (rows: readonly (readonly CsvCell[])[]): string =>
  stringify(
    rows.map((row) =>
      row.map((cell) =>
        typeof cell === 'string' ? neutralise(cell) : typeof cell === 'boolean' ? String(cell) : (cell ?? ''),
      ),
    ),
    { record_delimiter: '\r\n' },
  );

/** A file of CSV in pieces: a byte order mark (so that spreadsheets read UTF-8), the header, then each batch of rows. */
export async function* csvFile(
  header: readonly string[],
  batches: AsyncIterable<readonly (readonly CsvCell[])[]>,
): AsyncGenerator<string> {
  yield `\uFEFF${csvLines([header])}`;
  for await (const rows of batches) if (rows.length > 0) yield csvLines(rows);
}

/** Formats that tables are written in. */
export const TABLE_FORMATS = ['csv', 'xlsx'] as const;
export type TableFormat = (typeof TABLE_FORMATS)[number];
