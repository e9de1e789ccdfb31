import { BOLD, pdfOf, REGULAR } from '../../../kernel/documents/pdf';
import { formatAmount } from '../../../kernel/money/money';
import type { CreditNoteDocument, CreditReason } from '../domain/credit-note';
import type { InvoiceDocument, InvoiceTax } from '../domain/invoice';

const LEFT = 50;
const RIGHT = 545;
const BOTTOM = 760;
const GREY = '#6b7280';
const BLACK = '#111827';

interface Column {
  title: string;
  x: number;
  width: number;
  align: 'left' | 'right';
}
const INVOICE_COLUMNS: Column[] = [
  { title: 'Item', x: LEFT, width: 220, align: 'left' },
  { title: 'Qty', x: 275, width: 45, align: 'right' },
  { title: 'Price', x: 325, width: 70, align: 'right' },
  { title: 'Discount', x: 400, width: 65, align: 'right' },
  { title: 'Amount', x: 470, width: 75, align: 'right' },
];
const CREDIT_COLUMNS: Column[] = [
  { title: 'Item', x: LEFT, width: 330, align: 'left' },
  { title: 'Qty', x: 385, width: 45, align: 'right' },
  { title: 'Amount', x: 440, width: 105, align: 'right' },
];

/** A document of this shop: what stands on its head, in its table and beneath it. */
export interface Paper {
  title: string;
  number: string;
  seller: InvoiceDocument['seller'];
  buyer: InvoiceDocument['buyer'];
  /** What stands above the buyer. */
  addressed: string;
  facts: [name: string, value: string | null][];
  columns: Column[];
  rows: string[][];
  sums: [name: string, value: string][];
  total: [name: string, value: string];
  /** Beneath the total, a line each. */
  remarks: string[];
}

/** A4, as many pages as its lines need, page numbers, totals kept together. */
export function paperPdf(paper: Paper): Promise<Buffer> {
  const info = { Title: `${paper.title} ${paper.number}`, Author: paper.seller.name };
  return pdfOf({ info, bufferPages: true }, (pdf) => {
    head(pdf, paper);
    const { color } = paper.seller;
    let y = tableHead(pdf, pdf.y + 18, paper.columns, color);
    for (const cells of paper.rows) {
      const height = pdf.fontSize(9).heightOfString(cells[0], { width: paper.columns[0].width }) + 8;
      if (y + height > BOTTOM) {
        pdf.addPage();
        y = tableHead(pdf, LEFT, paper.columns, color);
      }
      paper.columns.forEach(({ x, width, align }, index) => pdf.text(cells[index], x, y + 4, { width, align }));
      y += height;
      pdf.moveTo(LEFT, y).lineTo(RIGHT, y).lineWidth(0.5).strokeColor('#e5e7eb').stroke();
    }
    totals(pdf, paper, y);
    foot(pdf, paper);
  });
}

/** An invoice as a PDF. */
export function invoicePdf(invoice: InvoiceDocument): Promise<Buffer> {
  const money = amountsIn(invoice.currency);
  const sums: Paper['sums'] = [['Subtotal', money(invoice.subtotal)]];
  if (invoice.discount > 0) sums.push(['Discounts', `−${money(invoice.discount)}`]);
  sums.push(['Shipping', money(invoice.shipping)]);
  sums.push(...taxRows(invoice.taxes, invoice.tax, invoice.taxIncluded, money));
  return paperPdf({
    title: 'Invoice',
    number: invoice.number,
    seller: invoice.seller,
    buyer: invoice.buyer,
    addressed: 'Billed and shipped to',
    facts: [
      ['Number', invoice.number],
      ['Date', day(invoice.issuedAt)],
      ['Order', invoice.orderNumber],
      ['Ordered', day(invoice.orderedAt)],
      ['Paid', day(invoice.paidAt)],
    ],
    columns: INVOICE_COLUMNS,
    rows: invoice.lines.map((line) => [
      itemOf(line),
      String(line.quantity),
      money(line.unitPrice),
      line.discount === 0 ? '' : `−${money(line.discount)}`,
      money(line.total),
    ]),
    sums,
    total: ['Total', `${money(invoice.total)} ${invoice.currency}`],
    remarks: settlementOf(invoice, money),
  });
}

const WHY: Record<CreditReason, string> = {
  refund: 'A part of what was paid went back.',
  lines_cancelled: 'These pieces were given up before they left.',
  return: 'These goods came back.',
  cancelled: 'The order was cancelled.',
  uncollected: 'This part of the order was never charged.',
};

/** A credit note as a PDF. */
export function creditNotePdf(note: CreditNoteDocument): Promise<Buffer> {
  const money = amountsIn(note.currency);
  return paperPdf({
    title: 'Credit note',
    number: note.number,
    seller: note.seller,
    buyer: note.buyer,
    addressed: 'Credited to',
    facts: [
      ['Number', note.number],
      ['Date', day(note.issuedAt)],
      ['Invoice', note.invoiceNumber],
      ['Invoiced', day(note.invoicedAt)],
      ['Order', note.orderNumber],
    ],
    columns: CREDIT_COLUMNS,
    rows: note.lines.map((line) => [
      itemOf(line),
      line.quantity === null ? '' : String(line.quantity),
      money(line.total),
    ]),
    sums: [['Net', money(note.net)], ...taxRows(note.taxes, note.tax, false, money)],
    total: ['Credited', `${money(note.total)} ${note.currency}`],
    remarks: [WHY[note.reason], `Corrects invoice ${note.invoiceNumber}.`],
  });
}

/** What of an invoice is settled, and how; invoices of before there were credit notes say what was paid. */
function settlementOf({ paid, credited, total }: InvoiceDocument, money: (amount: number) => string): string[] {
  if (!paid) return [];
  const back = credited?.amount ?? 0;
  const due = total - paid.amount - back;
  const lines = [`Paid: ${money(paid.amount)}`];
  if (back > 0) lines.push(`Credited by credit note: ${money(back)}`);
  return [...lines, `Amount due: ${money(due)}`];
}

function taxRows(
  taxes: readonly InvoiceTax[],
  tax: number,
  included: boolean,
  money: (amount: number) => string,
): [string, string][] {
  const name = included ? 'Tax included' : 'Tax';
  if (taxes.length === 0) return [[name, money(tax)]];
  return taxes.map(({ label, amount, base }) => [
    `${name} ${label}${base === undefined ? '' : ` on ${money(base)}`}`,
    money(amount),
  ]);
}

function head(pdf: PDFKit.PDFDocument, { seller, buyer, title, facts, addressed }: Paper): void {
  pdf.rect(0, 0, 595, 6).fill(seller.color);
  pdf.fillColor(BLACK).font(BOLD).fontSize(16).text(seller.name, LEFT, 50, { width: 270 });
  pdf.font(REGULAR).fontSize(9).fillColor(GREY);
  if (seller.address) pdf.text(seller.address, { width: 270 });
  if (seller.taxId) pdf.text(`Tax ID ${seller.taxId}`, { width: 270 });
  const below = pdf.y;
  pdf.font(BOLD).fontSize(20).fillColor(BLACK).text(title, 345, 46, { width: 200, align: 'right' });
  let y = 76;
  for (const [name, value] of facts) {
    if (value === null) continue;
    pdf.font(REGULAR).fontSize(9).fillColor(GREY).text(name, 345, y, { width: 80 });
    pdf.fillColor(BLACK).text(value, 425, y, { width: 120, align: 'right' });
    y = Math.max(pdf.y, y + 13);
  }
  const top = Math.max(below, y) + 22;
  pdf.font(REGULAR).fontSize(8).fillColor(GREY).text(addressed, LEFT, top);
  pdf.fontSize(10).fillColor(BLACK);
  for (const line of addressLines(buyer)) pdf.text(line, LEFT, pdf.y + 1, { width: 300 });
}

function addressLines({ name, email, address }: InvoiceDocument['buyer']): string[] {
  const town = [address?.postalCode, address?.city].filter(Boolean).join(' ');
  const lines = [address?.name ?? name, address?.line1, address?.line2, town, address?.region, address?.country, email];
  return lines.filter((line): line is string => Boolean(line));
}

function tableHead(pdf: PDFKit.PDFDocument, y: number, columns: readonly Column[], color: string): number {
  pdf.font(BOLD).fontSize(9).fillColor(BLACK);
  for (const { title, x, width, align } of columns) pdf.text(title, x, y, { width, align });
  pdf
    .moveTo(LEFT, y + 15)
    .lineTo(RIGHT, y + 15)
    .lineWidth(1)
    .strokeColor(color)
    .stroke();
  pdf.font(REGULAR);
  return y + 17;
}

function totals(pdf: PDFKit.PDFDocument, { sums, total, remarks, seller }: Paper, from: number): void {
  let y = from + 10;
  // What belongs together stays on one page.
  if (y + (sums.length + remarks.length) * 15 + 40 > BOTTOM) {
    pdf.addPage();
    y = LEFT;
  }
  for (const [name, value] of sums) {
    pdf.font(REGULAR).fontSize(9).fillColor(GREY).text(name, 200, y, { width: 250, align: 'right' });
    pdf.fillColor(BLACK).text(value, 455, y, { width: 90, align: 'right' });
    y += 15;
  }
  pdf.moveTo(330, y).lineTo(RIGHT, y).lineWidth(1).strokeColor(seller.color).stroke();
  pdf
    .font(BOLD)
    .fontSize(12)
    .text(total[0], 280, y + 6, { width: 130, align: 'right' });
  pdf.text(total[1], 415, y + 6, { width: 130, align: 'right' });
  y += 28;
  pdf.font(REGULAR).fontSize(9).fillColor(GREY);
  for (const remark of remarks) {
    pdf.text(remark, 200, y, { width: 345, align: 'right' });
    y += 13;
  }
}

function foot(pdf: PDFKit.PDFDocument, { seller, number }: Paper): void {
  const { start, count } = pdf.bufferedPageRange();
  for (let page = start; page < start + count; page += 1) {
    pdf.switchToPage(page);
    // Text below the margin would begin a new page.
    pdf.page.margins.bottom = 0;
    pdf.font(REGULAR).fontSize(8).fillColor(GREY);
    if (seller.footer) pdf.text(seller.footer, LEFT, 785, { width: 400, height: 24, ellipsis: true });
    pdf.text(`${number} · ${page - start + 1} / ${count}`, 400, 800, { width: 145, align: 'right' });
  }
}

const amountsIn =
  (currency: string) =>
  (amount: number): string =>
    formatAmount({ amount, currency });
const itemOf = ({ name, sku }: { name: string; sku: string }): string => (sku === '' ? name : `${name}\n${sku}`);
const day = (at: string | null): string | null => at?.slice(0, 10) ?? null;
