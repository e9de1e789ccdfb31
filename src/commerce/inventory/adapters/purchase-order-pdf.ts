import { BOLD, pdfOf, REGULAR } from '../../../kernel/documents/pdf';
import { formatAmount } from '../../../kernel/money/money';
import type { PurchaseOrderView } from '../domain/purchase-order-view';
import type { SupplierContact } from '../domain/supplier';

const LEFT = 50;
const RIGHT = 545;
const BOTTOM = 770;
const GREY = '#6b7280';
const INK = '#111827';

interface Column {
  title: string;
  x: number;
  width: number;
  align: 'left' | 'right';
}
const COLUMNS: Column[] = [
  { title: 'Article', x: LEFT, width: 190, align: 'left' },
  { title: 'Your number', x: 245, width: 90, align: 'left' },
  { title: 'Pieces', x: 340, width: 50, align: 'right' },
  { title: 'Price', x: 395, width: 65, align: 'right' },
  { title: 'Amount', x: 465, width: 80, align: 'right' },
];

/** What an order to a supplier says on paper. */
export interface PurchaseOrderPaper {
  order: PurchaseOrderView;
  supplier: { name: string; address: string | null; contacts: readonly SupplierContact[] };
  buyer: { name: string; color: string; contact: string | null };
  /** Name of the location where the goods are to arrive. */
  place: string;
}

/** A purchase order as a PDF: A4, as many pages as its lines need; a draft and what was called off say so. */
export function purchaseOrderPdf(paper: PurchaseOrderPaper): Promise<Buffer> {
  const { order, buyer } = paper;
  return pdfOf({ info: { Title: `Purchase order ${order.number}`, Author: buyer.name }, bufferPages: true }, (pdf) => {
    head(pdf, paper);
    let y = tableHead(pdf, pdf.y + 18, buyer.color);
    for (const line of order.lines) {
      const name = [line.name, line.sku, line.expectedAt && `Expected ${day(line.expectedAt)}`]
        .filter(Boolean)
        .join('\n');
      const height = pdf.fontSize(9).heightOfString(name, { width: COLUMNS[0].width }) + 8;
      if (y + height > BOTTOM) {
        pdf.addPage();
        y = tableHead(pdf, LEFT, buyer.color);
      }
      const price = formatAmount(line.unitCost);
      const cells = [name, line.supplierSku ?? '', String(line.quantity), price, formatAmount(line.total)];
      COLUMNS.forEach(({ x, width, align }, index) => pdf.text(cells[index], x, y + 4, { width, align }));
      y += height;
      pdf.moveTo(LEFT, y).lineTo(RIGHT, y).lineWidth(0.5).strokeColor('#e5e7eb').stroke();
    }
    foot(pdf, paper, y);
    numberPages(pdf, order.number);
  });
}

function head(pdf: PDFKit.PDFDocument, { order, supplier, buyer, place }: PurchaseOrderPaper): void {
  pdf.rect(0, 0, 595, 6).fill(buyer.color);
  pdf.fillColor(INK).font(BOLD).fontSize(16).text(buyer.name, LEFT, 50, { width: 270 });
  pdf.font(REGULAR).fontSize(9).fillColor(GREY);
  if (buyer.contact) pdf.text(buyer.contact, { width: 270 });
  const below = pdf.y;
  const title = order.status === 'draft' ? 'Draft order' : 'Purchase order';
  pdf.font(BOLD).fontSize(18).fillColor(INK).text(title, 325, 46, { width: 220, align: 'right' });
  const ended = order.status === 'cancelled' ? 'Cancelled' : order.status === 'closed_short' ? 'Closed' : null;
  const facts: [string, string | null][] = [
    ['Number', order.number],
    ['Ordered', order.orderedAt && day(order.orderedAt)],
    ['Expected', order.expectedAt && day(order.expectedAt)],
    ['Your reference', order.reference],
    ['Deliver to', place],
    [ended ?? '', ended && order.endedAt && day(order.endedAt)],
  ];
  let y = 76;
  for (const [name, value] of facts) {
    if (!value) continue;
    pdf.font(REGULAR).fontSize(9).fillColor(GREY).text(name, 325, y, { width: 90 });
    pdf.fillColor(INK).text(value, 415, y, { width: 130, align: 'right' });
    y = Math.max(pdf.y, y + 13);
  }
  pdf
    .font(REGULAR)
    .fontSize(8)
    .fillColor(GREY)
    .text('To', LEFT, Math.max(below, y) + 22);
  pdf
    .font(BOLD)
    .fontSize(10)
    .fillColor(INK)
    .text(supplier.name, LEFT, pdf.y + 1, { width: 300 });
  pdf.font(REGULAR);
  const contact = supplier.contacts[0];
  const lines = [...(supplier.address?.split('\n') ?? []), contact?.name, contact?.email, contact?.phone];
  for (const line of lines) if (line) pdf.text(line, LEFT, pdf.y + 1, { width: 300 });
}

function tableHead(pdf: PDFKit.PDFDocument, y: number, color: string): number {
  pdf.font(BOLD).fontSize(9).fillColor(INK);
  for (const { title, x, width, align } of COLUMNS) pdf.text(title, x, y, { width, align });
  pdf
    .moveTo(LEFT, y + 15)
    .lineTo(RIGHT, y + 15)
    .lineWidth(1)
    .strokeColor(color)
    .stroke();
  pdf.font(REGULAR);
  return y + 17;
}

function foot(pdf: PDFKit.PDFDocument, { order }: PurchaseOrderPaper, from: number): void {
  pdf.font(REGULAR).fontSize(9);
  const note = order.note ?? '';
  const height = 40 + pdf.heightOfString(note, { width: RIGHT - LEFT });
  let y = from + 12;
  if (y + height > BOTTOM) {
    pdf.addPage();
    y = LEFT;
  }
  pdf.font(BOLD).fontSize(12).fillColor(INK).text('Total', 300, y, { width: 130, align: 'right' });
  pdf.text(`${formatAmount(order.total)} ${order.total.currency}`, 435, y, { width: 110, align: 'right' });
  if (note)
    pdf
      .font(REGULAR)
      .fontSize(9)
      .text(note, LEFT, y + 30, { width: RIGHT - LEFT });
}

function numberPages(pdf: PDFKit.PDFDocument, number: string): void {
  const { start, count } = pdf.bufferedPageRange();
  for (let page = start; page < start + count; page += 1) {
    pdf.switchToPage(page);
    // Text below the margin would begin a new page.
    pdf.page.margins.bottom = 0;
    pdf.font(REGULAR).fontSize(8).fillColor(GREY);
    pdf.text(`${number} · ${page - start + 1} / ${count}`, 400, 800, { width: 145, align: 'right' });
  }
}

const day = (at: string): string => at.slice(0, 10);
