import { paperPdf, type Paper, type PaperColumn } from '../../../kernel/documents/paper';
import { printAmount } from '../../../kernel/money/money';
import { postalLines } from '../../../kernel/text/postal-address';
import type { CreditNoteDocument, CreditReason } from '../domain/credit-note';
import type { InvoiceDocument, InvoiceTax } from '../domain/invoice';

/** Columns of goods with their prices. */
export const INVOICE_COLUMNS: PaperColumn[] = [
  { title: 'Item' },
  { title: 'Qty', width: 45, align: 'right' },
  { title: 'Price', width: 70, align: 'right' },
  { title: 'Discount', width: 65, align: 'right' },
  { title: 'Amount', width: 75, align: 'right' },
];
const CREDIT_COLUMNS: PaperColumn[] = [
  { title: 'Item' },
  { title: 'Qty', width: 45, align: 'right' },
  { title: 'Amount', width: 105, align: 'right' },
];

/** An invoice as a PDF. */
export function invoicePdf(invoice: InvoiceDocument): Promise<Buffer> {
  const money = amountsIn(invoice.currency);
  const sums: [string, string][] = [['Subtotal', money(invoice.subtotal)]];
  if (invoice.discount > 0) sums.push(['Discounts', `−${money(invoice.discount)}`]);
  sums.push(['Shipping', money(invoice.shipping)]);
  sums.push(...taxRows(invoice.taxes, invoice.tax, invoice.taxIncluded, money));
  return paperPdf({
    title: 'Invoice',
    number: invoice.number,
    from: letterhead(invoice.seller),
    to: { label: 'Billed and shipped to', lines: addressLines(invoice.buyer) },
    facts: [
      ['Number', invoice.number],
      ['Date', day(invoice.issuedAt)],
      ['Order', invoice.orderNumber],
      ['Ordered', day(invoice.orderedAt)],
      ['Paid', day(invoice.paidAt)],
    ],
    tables: [
      {
        columns: INVOICE_COLUMNS,
        rows: invoice.lines.map((line) => [
          itemOf(line),
          String(line.quantity),
          money(line.unitPrice),
          line.discount === 0 ? '' : `−${money(line.discount)}`,
          money(line.total),
        ]),
      },
    ],
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
    from: letterhead(note.seller),
    to: { label: 'Credited to', lines: addressLines(note.buyer) },
    facts: [
      ['Number', note.number],
      ['Date', day(note.issuedAt)],
      ['Invoice', note.invoiceNumber],
      ['Invoiced', day(note.invoicedAt)],
      ['Order', note.orderNumber],
    ],
    tables: [
      {
        columns: CREDIT_COLUMNS,
        rows: note.lines.map((line) => [
          itemOf(line),
          line.quantity === null ? '' : String(line.quantity),
          money(line.total),
        ]),
      },
    ],
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

/** Who a document is from. */
export const letterhead = ({ name, color, address, taxId, footer }: InvoiceDocument['seller']): Paper['from'] => ({
  name,
  color,
  lines: [address, taxId && `Tax ID ${taxId}`],
  footer,
});

/** Whom a document is for, a line each. */
export function addressLines({ name, email, address }: InvoiceDocument['buyer']): string[] {
  const lines = address ? postalLines({ ...address, name: address.name || name }) : [name];
  return [...lines, email].filter((line): line is string => Boolean(line));
}

const amountsIn =
  (currency: string) =>
  (amount: number): string =>
    printAmount({ amount, currency });
const itemOf = ({ name, sku }: { name: string; sku: string }): string => (sku === '' ? name : `${name}\n${sku}`);
const day = (at: string | null): string | null => at?.slice(0, 10) ?? null;
