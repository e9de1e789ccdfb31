import { inflateSync } from 'node:zlib';

interface PdfObject {
  head: string;
  stream: string;
}

/** The objects of a file that pdfkit wrote, by their number; streams inflated. */
function objectsOf(file: Buffer): Map<string, PdfObject> {
  const text = file.toString('latin1');
  const found = new Map<string, PdfObject>();
  for (const { 1: number, 2: body } of text.matchAll(/(?:^|\n)(\d+) 0 obj\n([^]*?)\nendobj/g)) {
    const [head, raw] = body.split(/\nstream\n/);
    const bytes = Buffer.from(raw?.replace(/\nendstream$/, '') ?? '', 'latin1');
    const packed = raw !== undefined && head.includes('/FlateDecode');
    found.set(number, { head, stream: packed ? inflateSync(bytes).toString('latin1') : (raw ?? '') });
  }
  return found;
}

/** Characters by glyph number, of a font's ToUnicode map. */
function glyphsOf(cmap: string): Map<string, string> {
  const glyphs = new Map<string, string>();
  for (const { 1: ranges } of cmap.matchAll(/beginbfrange([^]*?)endbfrange/g))
    for (const { 1: from, 2: list } of ranges.matchAll(/<([0-9a-f]+)> <[0-9a-f]+> \[([^\]]*)\]/gi))
      [...list.matchAll(/<([0-9a-f]*)>/gi)].forEach(({ 1: hex }, at) => {
        const characters = Buffer.from(hex, 'hex').swap16().toString('utf16le');
        glyphs.set((parseInt(from, 16) + at).toString(16).padStart(4, '0'), characters);
      });
  return glyphs;
}

/**
 * What a document of `pdfOf` says: each piece of text as it was written, in the order of writing. It reads what pdfkit
 * writes with embedded fonts, no other PDF.
 */
export function textsOf(file: Buffer): string[] {
  const objects = objectsOf(file);
  const reference = (head: string, name: string): PdfObject | undefined =>
    objects.get(new RegExp(`/${name} (\\d+) 0 R`).exec(head)?.[1] ?? '');
  const fonts = new Map<string, Map<string, string>>();
  for (const { head } of objects.values())
    for (const { 1: name, 2: number } of head.matchAll(/\/(F\d+) (\d+) 0 R/g))
      fonts.set(name, glyphsOf(reference(objects.get(number)?.head ?? '', 'ToUnicode')?.stream ?? ''));
  const texts: string[] = [];
  for (const { head, stream } of objects.values()) {
    if (head.includes('/ToUnicode') || !stream.includes(' Tf')) continue;
    let font: Map<string, string> | undefined;
    for (const { 1: name, 2: pieces } of stream.matchAll(/\/(F\d+) [\d.]+ Tf|\[([^\]]*)\] TJ/g)) {
      if (name) font = fonts.get(name);
      else {
        const hex = [...pieces.matchAll(/<([0-9a-f]*)>/gi)].map((piece) => piece[1].toLowerCase()).join('');
        texts.push((hex.match(/.{4}/g) ?? []).map((glyph) => font?.get(glyph) ?? '\uFFFD').join(''));
      }
    }
  }
  return texts;
}
