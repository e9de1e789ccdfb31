import { csvFile, type CsvCell, type TableFormat } from './csv-writer';
import { xlsxFile, XLSX_TYPE } from './xlsx-writer';

/** Media types of the formats. */
export const TABLE_TYPES: Record<TableFormat, string> = { csv: 'text/csv; charset=utf-8', xlsx: XLSX_TYPE };

/** Rows as a file in pieces; `name` is the sheet's where the format has one. */
export const tableFile = (
  format: TableFormat,
  header: readonly string[],
  batches: AsyncIterable<readonly (readonly CsvCell[])[]>,
  name: string,
): AsyncIterable<string | Buffer> => (format === 'xlsx' ? xlsxFile(header, batches, name) : csvFile(header, batches));
