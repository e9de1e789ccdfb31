import { z } from 'zod';
import { invalid, type FieldError } from '../errors/app-error';
import type { FieldSet } from './fields';

const valueMap = z.record(z.string(), z.string().nullable());

/** Where the value of a field comes from; a plain string is short for `{ from }`. */
const source = z.union([
  z.string().min(1),
  z
    .strictObject({
      /** A column of the file, or `join.column` of a joined file. */
      from: z.string().min(1).optional(),
      /** Text with `{column}` placeholders; absent as soon as one of them is. */
      template: z.string().min(1).optional(),
      /** The same value for every row. */
      value: z.string().optional(),
      /** Values of the file and what they mean here, or the name of such a map; others pass unchanged, null clears. */
      map: z.union([z.string(), valueMap]).optional(),
    })
    .refine((it) => [it.from, it.template, it.value].filter((way) => way !== undefined).length === 1, {
      message: 'needs exactly one of "from", "template" and "value"',
    }),
]);

const columns = z.record(z.string(), source);

/** Another file whose row is looked up by one column: `column` here equals `key` there. */
const join = z.strictObject({
  file: z.string().min(1),
  column: z.string().min(1),
  key: z.string().min(1),
  /** Sheet of a workbook; default: the first one that is shown. */
  worksheet: z.string().min(1).optional(),
});

const sheet = z.strictObject({
  /** Name of the importer that takes the rows. */
  entity: z.string().min(1),
  file: z.string().min(1),
  /** Sheet of a workbook; default: the first one that is shown. */
  worksheet: z.string().min(1).optional(),
  columns,
  joins: z.record(z.string(), join).optional(),
  /** Rows of a second file that belong to a row of this one. */
  children: join.extend({ columns, joins: z.record(z.string(), join).optional() }).optional(),
});

const profile = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9-]*$/),
  description: z.string().optional(),
  nullToken: z.string().optional(),
  delimiter: z.string().length(1).optional(),
  surplus: z.enum(['refuse', 'rejoin']).optional(),
  /** Decimal mark of numbers. */
  decimal: z.enum(['.', ',']).optional(),
  /** Currency of amounts whose row names none. */
  currency: z.string().length(3).optional(),
  /** Maps of values that several columns use. */
  maps: z.record(z.string(), valueMap).optional(),
  sheets: z.array(sheet).min(1),
});

export type ColumnSource = z.infer<typeof source>;
export type Join = z.infer<typeof join>;
export type Sheet = z.infer<typeof sheet>;
/** How the files of one foreign system are read: file names, columns and meanings, never the data. */
export type Profile = z.infer<typeof profile>;
/** One file as a reader needs it: a sheet, or the children of one. */
export type SheetPart = Pick<Sheet, 'file' | 'worksheet' | 'columns' | 'joins'>;

/** Reads a mapping profile. @throws AppError invalid `tabular.bad-profile` with one error per fault. */
export function parseProfile(json: string): Profile {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    throw invalid('tabular.bad-profile', 'The mapping profile is not JSON.');
  }
  return profileOf(value);
}

/** The profile that a value is. @throws AppError invalid `tabular.bad-profile` with one error per fault. */
export function profileOf(value: unknown): Profile {
  const result = profile.safeParse(value);
  const faults = result.success
    ? unknownMaps(result.data)
    : result.error.issues.map((issue) => ({
        pointer: `/${issue.path.join('/')}`,
        code: issue.code as string,
        detail: issue.message,
      }));
  if (result.success && faults.length === 0) return result.data;
  throw invalid('tabular.bad-profile', `The mapping profile is wrong: ${faults[0].pointer} ${faults[0].detail}.`, {
    errors: faults,
  });
}

function unknownMaps({ maps = {}, sheets }: Profile): FieldError[] {
  const faults: FieldError[] = [];
  sheets.forEach(({ columns: own, children }, index) => {
    for (const [field, from] of [...Object.entries(own), ...Object.entries(children?.columns ?? {})]) {
      if (typeof from === 'string' || typeof from.map !== 'string' || Object.hasOwn(maps, from.map)) continue;
      faults.push({
        pointer: `/sheets/${index}/columns/${field}`,
        code: 'unknown_map',
        detail: `names a map that is not there`,
      });
    }
  });
  return faults;
}

/** Name of the mapping that is none. */
export const PLAIN = 'plain';

/** The profile of files whose columns are called as the fields are: what an export writes, an import reads. */
export function plainProfile(entity: string, fields: FieldSet, header: readonly string[], file = 'file'): Profile {
  const columns = Object.fromEntries(
    Object.keys(fields).flatMap((name) => (header.includes(name) ? [[name, name]] : [])),
  );
  return { name: PLAIN, sheets: [{ entity, file, columns }] };
}

/** Columns of the file itself (not of joined ones) that a sheet reads. */
export function sourceColumns(part: SheetPart, joinColumn?: string): string[] {
  const own = Object.values(part.columns)
    .flatMap(placeholders)
    .filter((name) => !isJoined(part, name));
  const keys = Object.values(part.joins ?? {}).map((it) => it.column);
  return [...new Set([...own, ...keys, ...(joinColumn ? [joinColumn] : [])])];
}

/** Columns that one source names. */
export function placeholders(of: ColumnSource): string[] {
  if (typeof of === 'string') return [of];
  if (of.from !== undefined) return [of.from];
  return of.template === undefined ? [] : [...of.template.matchAll(/\{([^{}]+)\}/g)].map((match) => match[1]);
}

/** True when `name` is `join.column` of one of the part's joins. */
export const isJoined = (part: SheetPart, name: string): boolean =>
  name.includes('.') && Object.hasOwn(part.joins ?? {}, name.slice(0, name.indexOf('.')));
