import { IANAZone } from 'luxon';
import { z } from 'zod';

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

/** A mapping profile as it is written down. */
export const profile = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9-]*$/),
  description: z.string().optional(),
  nullToken: z.string().optional(),
  delimiter: z.string().length(1).optional(),
  surplus: z.enum(['refuse', 'rejoin']).optional(),
  /** Decimal mark of numbers. */
  decimal: z.enum(['.', ',']).optional(),
  /** How days are written whose year comes last, such as `28.02.2026` or `02/28/2026`; default: days are `2026-02-28`. */
  dateOrder: z.enum(['dmy', 'mdy']).optional(),
  /** Time zone of times that name none (IANA, such as `Europe/Vienna`); default UTC. */
  timeZone: z
    .string()
    .refine((zone) => IANAZone.isValidZone(zone), { message: 'is not a time zone such as Europe/Vienna' })
    .optional(),
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
