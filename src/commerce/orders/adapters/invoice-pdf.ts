import { BOLD, pdfOf, REGULAR } from '../../../kernel/documents/pdf';
import { formatAmount } from '../../../kernel/money/money';
import type { InvoiceDocument } from '../domain/invoice';

const LEFT = 50;
const RIGHT = 545;
const BOTTOM = 760;
const GREY = '#6b7280';

interface Column {
  title: string;
  x: number;
  width: number;
  align: 'left' | 'right';
}
const COLUMNS: Column[] = [
  { title: 'Item', x: LEFT, width: 220, align: 'left' },
  { title: 'Qty', x: 275, width: 45, align: 'right' },
  { title: 'Price', x: 325, width: 70, align: 'right' },
  { title: 'Discount', x: 400, width: 65, align: 'right' },
  { title: 'Amount', x: 470, width: 75, align: 'right' },
];

/** An invoice as a PDF: A4, as many pages as its lines need, page numbers, totals kept together. */
export function invoicePdf(invoice: InvoiceDocument): Promise<Buffer> {
  const info = { Title: `Invoice ${invoice.number}`, Author: invoice.seller.name };
  return pdfOf({ info, bufferPages: true }, (pdf) => {
    const money = (amount: number): string => `${formatAmount({ amount, currency: invoice.currency })}`;
    head(pdf, invoice);
    let y = tableHead(pdf, pdf.y + 18, invoice.seller.color);
    for (const line of invoice.lines) {
      const name = line.sku === '' ? line.name : `${line.name}\n${line.sku}`;
      const height = pdf.fontSize(9).heightOfString(name, { width: COLUMNS[0].width }) + 8;
      if (y + height > BOTTOM) {
        pdf.addPage();
        y = tableHead(pdf, LEFT, invoice.seller.color);
      }
      const cells = [
        name,
        String(line.quantity),
        money(line.unitPrice),
        line.discount === 0 ? '' : `−${money(line.discount)}`,
        money(line.total),
      ];
      COLUMNS.forEach(({ x, width, align }, index) => pdf.text(cells[index], x, y + 4, { width, align }));
      y += height;
      pdf.moveTo(LEFT, y).lineTo(RIGHT, y).lineWidth(0.5).strokeColor('#e5e7eb').stroke();
    }
    totals(pdf, invoice, y, money);
    foot(pdf, invoice);
  });
}

function head(pdf: PDFKit.PDFDocument, { seller, buyer, ...invoice }: InvoiceDocument): void {
  pdf.rect(0, 0, 595, 6).fill(seller.color);
  pdf.fillColor('#111827').font(BOLD).fontSize(16).text(seller.name, LEFT, 50, { width: 270 });
  pdf.font(REGULAR).fontSize(9).fillColor(GREY);
  if (seller.address) pdf.text(seller.address, { width: 270 });
  if (seller.taxId) pdf.text(`Tax ID ${seller.taxId}`, { width: 270 });
  const below = pdf.y;
  const facts: [string, string | null][] = [
    ['Number', invoice.number],
    ['Date', day(invoice.issuedAt)],
    ['Order', invoice.orderNumber],
    ['Ordered', day(invoice.orderedAt)],
    ['Paid', day(invoice.paidAt)],
  ];
  pdf.font(BOLD).fontSize(20).fillColor('#111827').text('Invoice', 345, 46, { width: 200, align: 'right' });
  let y = 76;
  for (const [name, value] of facts) {
    if (value === null) continue;
    pdf.font(REGULAR).fontSize(9).fillColor(GREY).text(name, 345, y, { width: 80 });
    pdf.fillColor('#111827').text(value, 425, y, { width: 120, align: 'right' });
    y = Math.max(pdf.y, y + 13);
  }
  const top = Math.max(below, y) + 22;
  pdf.font(REGULAR).fontSize(8).fillColor(GREY).text('Billed and shipped to', LEFT, top);
  pdf.fontSize(10).fillColor('#111827');
  for (const line of addressLines(buyer)) pdf.text(line, LEFT, pdf.y + 1, { width: 300 });
}

function addressLines({ name, email, address }: InvoiceDocument['buyer']): string[] {
  const town = [address?.postalCode, address?.city].filter(Boolean).join(' ');
  const lines = [address?.name ?? name, address?.line1, address?.line2, town, address?.region, address?.country, email];
  return lines.filter((line): line is string => Boolean(line));
}

function tableHead(pdf: PDFKit.PDFDocument, y: number, color: string): number {
  pdf.font(BOLD).fontSize(9).fillColor('#111827');
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

function totals(
  pdf: PDFKit.PDFDocument,
  invoice: InvoiceDocument,
  from: number,
  money: (amount: number) => string,
): void {
  const rows: [string, string][] = [['Subtotal', money(invoice.subtotal)]];
  if (invoice.discount > 0) rows.push(['Discounts', `−${money(invoice.discount)}`]);
  rows.push(['Shipping', money(invoice.shipping)]);
  const tax = invoice.taxIncluded ? 'Tax included' : 'Tax';
  if (invoice.taxes.length === 0) rows.push([tax, money(invoice.tax)]);
  for (const { label, amount } of invoice.taxes) rows.push([`${tax} ${label}`, money(amount)]);
  let y = from + 10;
  // What belongs together stays on one page.
  if (y + rows.length * 15 + 40 > BOTTOM) {
    pdf.addPage();
    y = LEFT;
  }
  for (const [name, value] of rows) {
    pdf.font(REGULAR).fontSize(9).fillColor(GREY).text(name, 300, y, { width: 150, align: 'right' });
    pdf.fillColor('#111827').text(value, 455, y, { width: 90, align: 'right' });
    y += 15;
  }
  pdf.moveTo(330, y).lineTo(RIGHT, y).lineWidth(1).strokeColor(invoice.seller.color).stroke();
  pdf
    .font(BOLD)
    .fontSize(12)
    .text('Total', 300, y + 6, { width: 130, align: 'right' });
  pdf.text(`${money(invoice.total)} ${invoice.currency}`, 435, y + 6, { width: 110, align: 'right' });
  pdf.font(REGULAR).fontSize(9).fillColor(GREY);
  if (invoice.paid) pdf.text('Paid, nothing is due.', 300, y + 26, { width: 245, align: 'right' });
}

function foot(pdf: PDFKit.PDFDocument, invoice: InvoiceDocument): void {
  const { start, count } = pdf.bufferedPageRange();
  for (let page = start; page < start + count; page += 1) {
    pdf.switchToPage(page);
    // Text below the margin would begin a new page.
    pdf.page.margins.bottom = 0;
    pdf.font(REGULAR).fontSize(8).fillColor(GREY);
    if (invoice.seller.footer) pdf.text(invoice.seller.footer, LEFT, 785, { width: 400, height: 24, ellipsis: true });
    pdf.text(`${invoice.number} · ${page - start + 1} / ${count}`, 400, 800, { width: 145, align: 'right' });
  }
}

const day = (at: string | null): string | null => at?.slice(0, 10) ?? null;
