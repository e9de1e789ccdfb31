import { invalid, type FieldError } from '../errors/app-error';
import type { FieldSet } from './fields';
import type * as ProfileSchema from './profile-schema';
import type { ColumnSource, Join, Profile, Sheet, SheetPart } from './profile-schema';

export type { ColumnSource, Join, Profile, Sheet, SheetPart };

/** With its library a megabyte of code, which most processes never need. */
// eslint-disable-next-line @typescript-eslint/no-require-imports -- read without waiting, and late
const schema = () => (require('./profile-schema') as typeof ProfileSchema).profile;

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
  const result = schema().safeParse(value);
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
