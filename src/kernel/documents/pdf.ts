import { dirname, join } from 'node:path';

/** Names of the fonts that every document has: DejaVu Sans, for Latin, Greek and Cyrillic script. */
export const REGULAR = 'regular';
export const BOLD = 'bold';

let loaded: { new (options?: PDFKit.PDFDocumentOptions): PDFKit.PDFDocument } | undefined;

/**
 * Makes a PDF in memory. The library is loaded with the first document; fonts are embedded as far as they are used.
 * @param draw writes on the document; it has one page, and the font `REGULAR`. Long ones let others work in between.
 * @returns the bytes of the file
 */
export async function pdfOf(
  options: PDFKit.PDFDocumentOptions,
  draw: (document: PDFKit.PDFDocument) => void | Promise<void>,
): Promise<Buffer> {
  // Every process would pay for it otherwise, though few ever write a document.
  loaded ??= (await import('pdfkit')).default;
  const fonts = join(dirname(require.resolve('dejavu-fonts-ttf/package.json')), 'ttf');
  const document = new loaded({ size: 'A4', margin: 50, ...options });
  const chunks: Buffer[] = [];
  const done = new Promise<Buffer>((resolve, reject) => {
    document.on('data', (chunk: Buffer) => chunks.push(chunk));
    document.on('end', () => resolve(Buffer.concat(chunks)));
    document.on('error', reject);
  });
  document.registerFont(REGULAR, join(fonts, 'DejaVuSans.ttf'));
  document.registerFont(BOLD, join(fonts, 'DejaVuSans-Bold.ttf'));
  document.font(REGULAR);
  await draw(document);
  document.end();
  return done;
}
