import { readable, type Element } from '../domain/gs1';

const MILLIMETRE = 72 / 25.4;

/** Draws a label: the bars with what they say beneath, as a picture, or on a page of 100 × 50 mm with the facts in words. */
export async function drawLabel(
  elements: readonly Element[],
  facts: { sku: string; lotNumber: string | null; expiresAt: Date | null },
  format: 'png' | 'pdf',
): Promise<Buffer> {
  const bars = await drawBars(elements);
  return format === 'png' ? bars : drawPage(bars, facts);
}

async function drawBars(elements: readonly Element[]): Promise<Buffer> {
  // The writer draws megabytes of symbologies: loaded when the first label is.
  const { toBuffer } = await import('bwip-js');
  // A lot without GTIN is marked by the shop's own number, which GS1's check of pairs does not know.
  return toBuffer({
    bcid: 'gs1-128',
    text: readable(elements),
    dontlint: !elements.some(({ ai }) => ai === '01'),
    scale: 3,
    height: 14,
    includetext: true,
    textxalign: 'center',
    backgroundcolor: 'FFFFFF',
    // Ten modules of quiet on both sides, as GS1 asks.
    paddingwidth: 10,
    paddingheight: 4,
    textyoffset: -2,
  } as Parameters<typeof toBuffer>[0]);
}

async function drawPage(
  bars: Buffer,
  facts: { sku: string; lotNumber: string | null; expiresAt: Date | null },
): Promise<Buffer> {
  const { default: PdfDocument } = await import('pdfkit');
  const document = new PdfDocument({
    size: [100 * MILLIMETRE, 50 * MILLIMETRE],
    margin: 4 * MILLIMETRE,
    info: { Title: facts.sku },
  });
  const chunks: Buffer[] = [];
  document.on('data', (chunk: Buffer) => chunks.push(chunk));
  const ended = new Promise<void>((resolve, reject) => document.on('end', resolve).on('error', reject));
  document.fontSize(14).text(facts.sku, { lineBreak: false, ellipsis: true });
  const words = [
    facts.lotNumber && `Lot ${facts.lotNumber}`,
    facts.expiresAt && `Expires ${facts.expiresAt.toISOString().slice(0, 10)}`,
  ].filter(Boolean);
  document.fontSize(9).text(words.join('   '), 4 * MILLIMETRE, 12 * MILLIMETRE);
  document.image(bars, 4 * MILLIMETRE, 18 * MILLIMETRE, {
    fit: [92 * MILLIMETRE, 28 * MILLIMETRE],
    align: 'center',
    valign: 'center',
  });
  document.end();
  await ended;
  return Buffer.concat(chunks);
}
