import type { QualifiedAttribute, SAXParser } from 'sax';
import { notAWorkbook } from './workbook-archive';

/** What a scan is told; names come without their namespace prefix. */
export interface XmlEars {
  open(name: string, attributes: Record<string, string>): void;
  text?(text: string): void;
  close?(name: string): void;
}

const localName = (name: string): string => name.slice(name.indexOf(':') + 1);

/**
 * Feeds XML to `ears` piece by piece, and yields after each piece, so that what was gathered can be handed on. Document
 * type declarations are refused, so that nothing expands; entities are the five of XML and numbers.
 * @throws AppError invalid `tabular.not-a-workbook`
 */
export async function* scanXml(pieces: AsyncIterable<string>, ears: XmlEars): AsyncGenerator<void> {
  const { parser: makeParser } = await import('sax');
  const parser: SAXParser = makeParser(true, { position: false });
  let wrong = false;
  parser.onerror = () => {
    wrong = true;
  };
  parser.ondoctype = parser.onerror as () => void;
  parser.onopentag = ({ name, attributes }) =>
    ears.open(localName(name), attributes as Record<string, string> & Record<string, QualifiedAttribute>);
  if (ears.text) parser.ontext = parser.oncdata = (text) => ears.text!(text);
  if (ears.close) parser.onclosetag = (name) => ears.close!(localName(name));
  for await (const piece of pieces) {
    if (piece === '') continue;
    parser.write(piece);
    if (wrong) throw notAWorkbook('The workbook is damaged: its XML is not well formed.');
    yield;
  }
  parser.close();
  if (wrong) throw notAWorkbook('The workbook is damaged: its XML ends too early.');
  yield;
}

/** Feeds a whole part to `ears`. */
export async function readXml(pieces: AsyncIterable<string>, ears: XmlEars): Promise<void> {
  for await (const _ of scanXml(pieces, ears));
}

/** Characters that XML cannot hold are written as `_x0001_` (ECMA-376 part 1, 22.9.2.19, ST_Xstring). */
export const decodeXstring = (text: string): string =>
  text.includes('_x')
    ? text.replace(/_x([0-9A-Fa-f]{4})_/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)))
    : text;
