import type { RowFault } from './import-report';

export interface TableOptions {
  /** Text of a cell that stands for an absent value, such as `NULL`; an empty cell always does. */
  nullToken?: string;
  /** Default: found from the header, one of `,` `;` tab `|`. CSV alone. */
  delimiter?: string;
  /**
   * What to do with a row that has more cells than the header: `refuse` it (default), or `rejoin` the cells that begin
   * with a space to the cell before them, which mends text whose comma was never quoted ("Rua do Paço, 67"). CSV alone.
   */
  surplus?: 'refuse' | 'rejoin';
  /** Name of the worksheet; default: the first one that is shown. Workbooks alone. */
  worksheet?: string;
}

/** Why a cell has no value, such as a formula that was never computed. */
export interface CellFault {
  code: string;
  reason: string;
}

/** A row as read: cells by header name, absent values null; or what is wrong with it. */
export type TableRow =
  | {
      line: number;
      cells: Record<string, string | null>;
      /** Cells without a value that can be read, by header name; they are null among `cells`. */
      wrong?: Record<string, CellFault>;
      fault?: undefined;
    }
  | { line: number; cells?: undefined; wrong?: undefined; fault: RowFault };

/** Rows of a table from outside, whatever its format; read once, from the first to the last. */
export interface TableReader extends AsyncIterable<TableRow> {
  readonly header: readonly string[];
  /** Rows that were mended by `surplus: 'rejoin'`. */
  readonly rejoined: number;
  /** Stops reading and closes the source. */
  close(): void;
}

/** Columns that a table may have. */
export const MOST_COLUMNS = 1_000;

/** The value of a cell's text: trimmed, null where it is absent, without the apostrophe that `neutralise` put in front. */
export function cellValue(cell: string, nullToken: string | undefined): string | null {
  const text = cell.trim();
  if (text === '' || text === nullToken) return null;
  return /^'+[=+\-@\t\r]/.test(text) ? text.slice(1) : text;
}
