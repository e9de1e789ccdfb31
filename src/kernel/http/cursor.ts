import { AppError } from '../errors/app-error';
import { isUuid } from '../ids/ids';

/** SQL types that a list can be sorted by. */
export type SortType = 'timestamptz' | 'date' | 'text' | 'uuid' | 'int' | 'bigint' | 'numeric' | 'boolean';

/** Where a page ended: the sort keys of its last row as SQL text, and the row's id. */
export interface CursorPosition {
  values: (string | null)[];
  id: string;
}

const VERSION = 1;

const VALUE: Record<SortType, RegExp> = {
  timestamptz: /^\d{4,6}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{6}Z$/,
  date: /^\d{4,6}-\d{2}-\d{2}$/,

  text: /^[^\u0000]{0,1000}$/,
  uuid: /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
  int: /^-?\d{1,10}$/,
  bigint: /^-?\d{1,19}$/,
  numeric: /^-?\d{1,40}(?:\.\d{1,40})?$/,
  boolean: /^(?:true|false)$/,
};

/** SQL that gives a sort key as the text a cursor carries: times in microseconds, never a JS Date. */
export const cursorText = (sql: string, type: SortType): string =>
  type === 'timestamptz' ? `to_char((${sql}) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')` : `(${sql})::text`;

const refused = (code: string, detail: string): AppError =>
  new AppError(code, 'invalid', detail, {
    hint: 'Start again without a cursor; a cursor continues the list that it came from and nothing else.',
    errors: [{ pointer: 'cursor', code: code.split('.')[1], detail }],
  });

/** The opaque cursor of a position in the list that `binding` (hash of sort and filter) names. */
export const encodeCursor = (binding: string, position: CursorPosition): string =>
  Buffer.from(JSON.stringify([VERSION, binding, position.values, position.id])).toString('base64url');

/**
 * The position that a cursor names.
 * @throws AppError 400 `pagination.cursor-invalid` for what is no cursor of ours, `pagination.cursor-mismatch` for
 *   one of another sort or filter.
 */
export function decodeCursor(cursor: string, binding: string, types: readonly SortType[]): CursorPosition {
  let parsed: unknown;
  try {
    parsed = JSON.parse(Buffer.from(cursor, 'base64url').toString());
  } catch {
    parsed = null;
  }
  const invalid = (): AppError => refused('pagination.cursor-invalid', 'This is no cursor of this list.');
  if (!Array.isArray(parsed) || parsed.length !== 4 || parsed[0] !== VERSION) throw invalid();
  const [, bound, values, id] = parsed as [number, unknown, unknown, unknown];
  if (bound !== binding) {
    throw refused('pagination.cursor-mismatch', 'The cursor belongs to another sort or filter than this request.');
  }
  const fits =
    isUuid(id) &&
    Array.isArray(values) &&
    values.length === types.length &&
    values.every((value, i) => value === null || (typeof value === 'string' && VALUE[types[i]].test(value)));
  if (!fits) throw invalid();
  return { values: values as (string | null)[], id };
}
