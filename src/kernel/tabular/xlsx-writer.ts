import { PassThrough, Readable } from 'node:stream';
import { clock } from '../clock/clock';
import type { CsvCell } from './csv-writer';
import { letters } from './xlsx-reader';

export const XLSX_TYPE = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';

const HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';
const MAIN = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main';
const REL = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
const PACKAGE = 'http://schemas.openxmlformats.org/package/2006';

const CONTENT_TYPES = `${HEAD}<Types xmlns="${PACKAGE}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="${XLSX_TYPE}.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/><Override PartName="/xl/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/></Types>`;
const ROOT = `${HEAD}<Relationships xmlns="${PACKAGE}/relationships"><Relationship Id="rId1" Type="${REL}/officeDocument" Target="xl/workbook.xml"/></Relationships>`;
const BOOK_RELATIONS = `${HEAD}<Relationships xmlns="${PACKAGE}/relationships"><Relationship Id="rId1" Type="${REL}/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="${REL}/styles" Target="styles.xml"/></Relationships>`;
/** Styles of cells: 0 plain, 1 the header, 2 text that a spreadsheet must not take for a formula. */
const STYLES = `${HEAD}<styleSheet xmlns="${MAIN}"><fonts count="2"><font><sz val="11"/><name val="Calibri"/></font><font><b/><sz val="11"/><name val="Calibri"/></font></fonts><fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills><borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders><cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs><cellXfs count="3"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/><xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/><xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" quotePrefix="1" applyNumberFormat="1"/></cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>`;

const book = (name: string): string =>
  `${HEAD}<workbook xmlns="${MAIN}" xmlns:r="${REL}"><sheets><sheet name="${escaped(name)}" sheetId="1" r:id="rId1"/></sheets></workbook>`;

/** Texts of XML; what it cannot hold goes as `_x0001_` (ECMA-376 part 1, 22.9.2.19), and so does a text that looks like that. */
function escaped(text: string): string {
  return text
    .replace(/_(?=x[0-9A-Fa-f]{4}_)/g, '_x005F_')
    .replace(
      /[\u0000-\u0008\u000b\u000c\u000d\u000e-\u001f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g,
      (mark) => `_x${mark.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}_`,
    )
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

function cell(value: CsvCell, at: number, line: number, style?: number): string {
  if (value === null || value === undefined || value === '') return '';
  const place = `${letters(at)}${line}`;
  if (typeof value === 'number') return `<c r="${place}"><v>${value}</v></c>`;
  if (typeof value === 'boolean') return `<c r="${place}" t="b"><v>${value ? 1 : 0}</v></c>`;
  // A reader takes an apostrophe off that stands before a formula: one that belongs to the text gets another.
  const text = /^'+[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  const guarded = style ?? (/^[=+\-@\t\r]/.test(text) ? 2 : undefined);
  return `<c r="${place}"${guarded ? ` s="${guarded}"` : ''} t="inlineStr"><is><t xml:space="preserve">${escaped(text)}</t></is></c>`;
}

const row = (cells: readonly CsvCell[], line: number, style?: number): string =>
  `<row r="${line}">${cells.map((value, at) => cell(value, at, line, style)).join('')}</row>`;

async function* sheet(
  header: readonly string[],
  batches: AsyncIterable<readonly (readonly CsvCell[])[]>,
): AsyncGenerator<string> {
  const last = `${letters(header.length - 1)}1`;
  yield `${HEAD}<worksheet xmlns="${MAIN}"><sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews><cols><col min="1" max="${header.length}" width="18" customWidth="1"/></cols><sheetData>`;
  yield row(header, 1, 1);
  let line = 1;
  for await (const rows of batches) {
    let text = '';
    for (const cells of rows) text += row(cells, ++line);
    if (text !== '') yield text;
  }
  yield `</sheetData><autoFilter ref="A1:${last.replace(/1$/, String(line))}"/></worksheet>`;
}

/**
 * A workbook of one sheet in pieces (ECMA-376, .xlsx), packed while the rows come. A text that a spreadsheet would
 * compute stays a text: its cell is marked as one (`quotePrefix`), which also holds when somebody edits the cell.
 */
export async function* xlsxFile(
  header: readonly string[],
  batches: AsyncIterable<readonly (readonly CsvCell[])[]>,
  name: string,
): AsyncGenerator<Buffer> {
  const { ZipFile } = await import('yazl');
  const zip = new ZipFile();
  const output = new PassThrough();
  const rows = Readable.from(sheet(header, batches), { objectMode: false });
  const fail = (error: Error): void => void output.destroy(error);
  rows.once('error', fail);
  zip.once('error', fail);
  zip.outputStream.pipe(output);
  const options = { mtime: clock.now() };
  for (const [part, text] of [
    ['[Content_Types].xml', CONTENT_TYPES],
    ['_rels/.rels', ROOT],
    ['xl/workbook.xml', book(name)],
    ['xl/_rels/workbook.xml.rels', BOOK_RELATIONS],
    ['xl/styles.xml', STYLES],
  ])
    zip.addBuffer(Buffer.from(text), part, options);
  zip.addReadStream(rows, 'xl/worksheets/sheet1.xml', options);
  zip.end();
  try {
    yield* output as AsyncIterable<Buffer>;
  } finally {
    rows.destroy();
    output.destroy();
  }
}
