import { isRedacted } from '../telemetry/redaction';

/** Written instead of a value that is personal or secret. */
export const MASKED = '***';
/** Rows and fields of one command that are told; more are only counted. */
export const MOST_CHANGES = 40;
const MOST_FIELDS = 40;

export type Scalar = string | number | boolean | null;

/** One row that a command wrote through the store. */
export interface Change {
  entity: string;
  id: string | null;
  op: 'insert' | 'update' | 'delete';
  /** By column: before and after, masked. Absent where only the row is told. */
  fields?: Record<string, { from?: Scalar; to?: Scalar }>;
}

/** A column's value for comparison and masking. */
export interface ChangedColumn {
  column: string;
  from?: unknown;
  to?: unknown;
}

/** Tags of columns (`pii:email`, `secret`), by `schema.table.column`. */
const tags = new Map<string, string>();

/** Tells which columns are tagged; from the comments that migrations give them. */
export function tagColumns(found: Iterable<{ column: string; tag: string }>): void {
  for (const { column, tag } of found) tags.set(column, tag);
}

/** Columns whose values name or reach a person, whatever the table. */
const PERSONAL =
  /(?:^|_)(?:e?mail|phone|name|address|street|line1|line2|city|postal_code|ip|agent|birth\w*|note|text|body)$/;
const SECRET = /(?:hash|secret|token|salt|pepper|code|_enc|sealed|key|password|signature)$/;
/** Words as programs write them: states, codes, numbers, ids. Sentences and addresses are not. */
const PLAIN = /^[A-Za-z0-9_.:#/+*-]{1,64}$/;

/** A value as the trail shows it: numbers, flags, times and plain words; all else is masked. */
export function masked(table: string, column: string, value: unknown): Scalar {
  if (value === null || value === undefined) return null;
  if (typeof value === 'boolean') return value;
  if (tags.has(`${table}.${column}`) || SECRET.test(column) || PERSONAL.test(column) || isRedacted(column))
    return MASKED;
  if (typeof value === 'number') return Number.isSafeInteger(value) ? value : String(value);
  if (value instanceof Date) return value.toISOString();
  if (typeof value === 'string') return PLAIN.test(value) ? value : MASKED;
  if (Array.isArray(value) && value.length <= 50 && value.every((item) => typeof item === 'string' && PLAIN.test(item)))
    return value.join(' ');
  return MASKED;
}

/** The change of one row. */
export function changeOf(
  table: string,
  entity: string,
  op: Change['op'],
  id: unknown,
  columns: readonly ChangedColumn[],
): Change {
  const fields: NonNullable<Change['fields']> = {};
  for (const { column, from, to } of columns.slice(0, MOST_FIELDS)) {
    if (column === 'tenant_id' || column === 'id' || column === 'version') continue;
    fields[column] = {
      ...(op === 'insert' ? {} : { from: masked(table, column, from) }),
      ...(op === 'delete' ? {} : { to: masked(table, column, to) }),
    };
  }
  return {
    entity,
    id: typeof id === 'string' ? id : null,
    op,
    ...(Object.keys(fields).length > 0 ? { fields } : {}),
  };
}
