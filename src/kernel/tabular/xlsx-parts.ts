import { invalid } from '../errors/app-error';
import { notAWorkbook, type WorkbookArchive } from './workbook-archive';
import { decodeXstring, readXml } from './xml-scan';

/** Characters of all shared strings together: they stay in memory while the sheet is read. */
const MOST_SHARED_CHARACTERS = 48 * 1024 ** 2;
/** Built-in number formats that show a date or time (ECMA-376 part 1, 18.8.30, and those of East Asia). */
const isBuiltInDate = (id: number): boolean =>
  (id >= 14 && id <= 22) || (id >= 27 && id <= 36) || (id >= 45 && id <= 47) || (id >= 50 && id <= 58);

/** What is needed of a workbook to read one of its sheets. */
export interface WorkbookParts {
  /** Path of the sheet's part within the archive. */
  sheet: string;
  /** Days are counted from 1904 instead of 1900. */
  from1904: boolean;
  sharedStrings: string[];
  /** By style of a cell: whether its number is a date. */
  dates: boolean[];
}

/**
 * Reads everything of a workbook but the rows.
 * @throws AppError invalid `tabular.not-a-workbook`, `tabular.no-such-worksheet`, `tabular.workbook-too-large`
 */
export async function readParts(archive: WorkbookArchive, worksheet: string | undefined): Promise<WorkbookParts> {
  const root = await relations(archive, '_rels/.rels', '');
  const book = [...root.values()].find(({ type }) => type.endsWith('/officeDocument'))?.target ?? 'xl/workbook.xml';
  const folder = book.slice(0, book.lastIndexOf('/') + 1);
  const { sheets, from1904 } = await readBook(archive, book);
  const chosen = worksheet === undefined ? sheets.find((it) => it.shown) : sheets.find((it) => it.name === worksheet);
  if (!chosen) throw noSuchWorksheet(worksheet, sheets);
  const known = await relations(archive, `${folder}_rels/${book.slice(folder.length)}.rels`, folder);
  const sheet = known.get(chosen.relation)?.target;
  if (!sheet) throw notAWorkbook('The workbook is damaged: it does not say where its sheet is.');
  const part = (kind: string): string | undefined =>
    [...known.values()].find(({ type, target }) => type.endsWith(`/${kind}`) && archive.has(target))?.target;
  const [strings, styles] = [part('sharedStrings'), part('styles')];
  return {
    sheet,
    from1904,
    sharedStrings: strings ? await readSharedStrings(archive, strings) : [],
    dates: styles ? await readDates(archive, styles) : [],
  };
}

const noSuchWorksheet = (worksheet: string | undefined, sheets: { name: string; shown: boolean }[]) =>
  invalid(
    'tabular.no-such-worksheet',
    worksheet === undefined ? 'The workbook shows no sheet.' : `The workbook has no sheet "${worksheet}".`,
    {
      hint: `Its sheets: ${
        sheets
          .slice(0, 20)
          .map((it) => it.name)
          .join(', ') || 'none'
      }.`,
    },
  );

interface Relation {
  type: string;
  target: string;
}

async function relations(archive: WorkbookArchive, part: string, folder: string): Promise<Map<string, Relation>> {
  const found = new Map<string, Relation>();
  if (!archive.has(part)) return found;
  await readXml(archive.text(part), {
    open(name, { Id, Type, Target, TargetMode }) {
      if (name !== 'Relationship' || TargetMode === 'External' || !Id || !Target) return;
      found.set(Id, { type: Type ?? '', target: resolved(folder, Target) });
    },
  });
  return found;
}

/** A target that begins with a slash counts from the package's root, any other from the folder of its source. */
function resolved(folder: string, target: string): string {
  const path: string[] = [];
  for (const step of (target.startsWith('/') ? target : folder + target).split('/')) {
    if (step === '..') path.pop();
    else if (step !== '' && step !== '.') path.push(step);
  }
  return path.join('/');
}

async function readBook(archive: WorkbookArchive, part: string) {
  const sheets: { name: string; relation: string; shown: boolean }[] = [];
  let from1904 = false;
  await readXml(archive.text(part), {
    open(name, attributes) {
      if (name === 'workbookPr') from1904 = ['1', 'true'].includes(attributes.date1904);
      if (name !== 'sheet') return;
      const relation = Object.entries(attributes).find(([key]) => key.endsWith(':id'))?.[1] ?? '';
      sheets.push({ name: attributes.name ?? '', relation, shown: (attributes.state ?? 'visible') === 'visible' });
    },
  });
  return { sheets, from1904 };
}

async function readSharedStrings(archive: WorkbookArchive, part: string): Promise<string[]> {
  const strings: string[] = [];
  let current = '';
  let inText = false;
  let phonetic = 0;
  let characters = 0;
  await readXml(archive.text(part), {
    open(name) {
      if (name === 'si') current = '';
      else if (name === 'rPh') phonetic += 1;
      else if (name === 't') inText = phonetic === 0;
    },
    text(text) {
      if (!inText) return;
      characters += text.length;
      if (characters > MOST_SHARED_CHARACTERS)
        throw invalid('tabular.workbook-too-large', 'The texts of the workbook are more than can be read here.', {
          hint: 'Save the sheet as CSV, or split it.',
        });
      current += text;
    },
    close(name) {
      if (name === 't') inText = false;
      else if (name === 'rPh') phonetic -= 1;
      else if (name === 'si') strings.push(decodeXstring(current));
    },
  });
  return strings;
}

async function readDates(archive: WorkbookArchive, part: string): Promise<boolean[]> {
  const codes = new Map<number, string>();
  const formats: number[] = [];
  let inCells = false;
  await readXml(archive.text(part), {
    open(name, { numFmtId, formatCode }) {
      if (name === 'numFmt') codes.set(Number(numFmtId), formatCode ?? '');
      else if (name === 'cellXfs') inCells = true;
      else if (name === 'xf' && inCells) formats.push(Number(numFmtId ?? 0));
    },
    close(name) {
      if (name === 'cellXfs') inCells = false;
    },
  });
  return formats.map((id) => isBuiltInDate(id) || isDateFormat(codes.get(id) ?? ''));
}

/** A format code that shows a part of a date: texts in quotes, escapes, colours and conditions are no parts. */
export const isDateFormat = (code: string): boolean =>
  /[dmyhs]/i.test(code.replace(/"[^"]*"|\\.|_.|\*./g, '').replace(/\[(?!h+\]|m+\]|s+\])[^\]]*\]/gi, ''));
