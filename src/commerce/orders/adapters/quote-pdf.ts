import { paperPdf } from '../../../kernel/documents/paper';
import { printAmount, type Money } from '../../../kernel/money/money';
import type { InvoiceDocument } from '../domain/invoice';
import type { QuoteView } from '../domain/quote-view';
import { addressLines, INVOICE_COLUMNS, letterhead } from './invoice-pdf';

/** A quote as a PDF. */
export function quotePdf({ quote, seller }: { quote: QuoteView; seller: InvoiceDocument['seller'] }): Promise<Buffer> {
  const { shippingAddress: address, email } = quote;
  const { currency } = quote.total;
  const off = ({ amount }: Money): string => (amount === 0 ? '' : `−${printAmount({ amount, currency })}`);
  const sums: [string, string][] = [['Subtotal', printAmount(quote.subtotal)]];
  if (quote.discountTotal.amount > 0) sums.push(['Discount', off(quote.discountTotal)]);
  sums.push(['Shipping', printAmount(quote.shippingTotal)]);
  if (quote.taxTotal.amount > 0) sums.push([quote.taxIncluded ? 'Taxes in it' : 'Taxes', printAmount(quote.taxTotal)]);
  return paperPdf({
    title: 'Offer',
    number: quote.number,
    from: letterhead(seller),
    to: { label: 'For', lines: addressLines({ name: address.name, email, address }) },
    facts: [
      ['Number', quote.number],
      ['Date', (quote.sentAt ?? quote.createdAt).slice(0, 10)],
      ['Holds until', quote.validUntil?.slice(0, 10) ?? `${quote.validDays} days from its sending`],
    ],
    tables: [
      {
        columns: INVOICE_COLUMNS,
        rows: quote.lines.map((line) => [
          `${line.name}\n${line.sku}`,
          String(line.quantity),
          printAmount(line.unitPrice),
          off(line.discount),
          printAmount(line.total),
        ]),
      },
    ],
    sums,
    total: ['Total', `${printAmount(quote.total)} ${currency}`],
    remarks: quote.note ? [quote.note] : [],
  });
}
