import { createReadStream } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Readable } from 'node:stream';
import type { FieldSet } from '../../kernel/tabular/fields';
import type { ImportFiles } from '../../kernel/tabular/importer';
import { openTable } from '../../kernel/tabular/open-table';
import { parseProfile, plainProfile, sourceColumns, type Profile, type Sheet } from '../../kernel/tabular/profile';
import { EXIT, ExitError } from '../../start/exit';
import { UsageError } from '../context';

/** Mapping profiles that come with the product: `profiles/` beside `dist/` or `src/`. */
const PROFILES = [path.resolve(__dirname, '../../../profiles'), path.resolve(__dirname, '../../../../profiles')];

/** A profile by name, or from a JSON file: those of the product come before those that the shop keeps. @throws UsageError naming the known ones */
export async function loadProfile(
  nameOrFile: string,
  ofShop: (name: string) => Promise<Profile | null> = async () => null,
): Promise<Profile> {
  if (/[./\\]/.test(nameOrFile)) {
    const text = await readFile(nameOrFile, 'utf8').catch(() => {
      throw new UsageError(`There is no profile file ${nameOrFile}.`);
    });
    return parseProfile(text);
  }
  const known: string[] = [];
  for (const folder of PROFILES) {
    const files = await readdir(folder).catch(() => [] as string[]);
    if (files.includes(`${nameOrFile}.json`))
      return parseProfile(await readFile(path.join(folder, `${nameOrFile}.json`), 'utf8'));
    known.push(...files.filter((file) => file.endsWith('.json')).map((file) => file.slice(0, -5)));
  }
  const saved = await ofShop(nameOrFile);
  if (saved) return saved;
  throw new UsageError(
    `There is no profile "${nameOrFile}"; known: ${known.join(', ') || 'none'}. A path to a JSON file works too.`,
  );
}

/** What a folder or file holds. */
export interface FoundFiles extends ImportFiles {
  /** Files of the profile that are not in the folder. */
  absent: string[];
}

/**
 * Finds what `target` (a folder or one file) holds. One file belongs to the sheet that is called like it, else to the one
 * whose columns its header has; files that it joins are looked for beside it.
 */
export async function findFiles(
  target: string,
  profile: Profile | null,
  fieldsOf: Readonly<Record<string, FieldSet>>,
): Promise<FoundFiles> {
  const info = await stat(target).catch(() => null);
  if (!info) throw new UsageError(`There is no file or folder ${target}.`);
  const folder = info.isDirectory() ? target : path.dirname(target);
  const names = info.isDirectory() ? await readdir(folder) : [path.basename(target)];
  const chosen = profile ?? (await plain(folder, names, fieldsOf));
  let sheets = chosen.sheets.filter((sheet) => names.includes(sheet.file));
  if (!info.isDirectory() && sheets.length === 0) sheets = [await byHeader(target, chosen)];
  if (sheets.length === 0) {
    throw new ExitError(EXIT.failed, `None of ${chosen.sheets.map((sheet) => sheet.file).join(', ')} is in ${folder}.`);
  }
  return {
    profile: chosen,
    sheets,
    absent: info.isDirectory() ? chosen.sheets.map((it) => it.file).filter((file) => !names.includes(file)) : [],
    open: (name) => open(path.join(folder, path.basename(name))),
  };
}

async function open(file: string): Promise<Readable | null> {
  const info = await stat(file).catch(() => null);
  return info?.isFile() ? createReadStream(file) : null;
}

async function headerOf(file: string, profile?: Profile): Promise<readonly string[]> {
  const reader = await openTable(createReadStream(file), {
    delimiter: profile?.delimiter,
    worksheet: profile?.sheets[0].worksheet,
  });
  reader.close();
  return reader.header;
}

async function byHeader(file: string, profile: Profile): Promise<Sheet> {
  const header = await headerOf(file, profile);
  const fits = profile.sheets.filter((sheet) =>
    sourceColumns(sheet, sheet.children?.column).every((column) => header.includes(column)),
  );
  if (fits.length === 1) return { ...fits[0], file: path.basename(file) };
  throw new ExitError(
    EXIT.failed,
    `${path.basename(file)} is none of the profile's files (${profile.sheets.map((sheet) => sheet.file).join(', ')}), and its header fits ${fits.length === 0 ? 'none' : 'several'} of them.`,
  );
}

/** Without a profile, files are called like what they hold and columns like fields, as an export writes them. */
async function plain(folder: string, names: string[], fieldsOf: Readonly<Record<string, FieldSet>>): Promise<Profile> {
  const sheets: Sheet[] = [];
  for (const [entity, fields] of Object.entries(fieldsOf)) {
    const file = names.find((name) => new RegExp(`^${entity}\\b.*\\.(csv|xlsx)$`, 'i').test(name));
    if (!file) continue;
    const header = await headerOf(path.join(folder, file));
    sheets.push(...plainProfile(entity, fields, header, file).sheets);
  }
  if (sheets.length === 0) {
    throw new UsageError(
      `Say what the files are with --profile, or call them ${Object.keys(fieldsOf)
        .map((it) => `${it}.csv`)
        .join(', ')}.`,
    );
  }
  return { name: 'plain', sheets };
}
