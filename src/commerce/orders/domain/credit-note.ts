import { allocate, multiply, type Money } from '../../../kernel/money/money';
import { labelOf, type InvoiceDocument, type InvoiceTax } from './invoice';
import type { Order } from './order';
import { lineName } from './order-line';
import type { TaxSum } from './tax';

/** Why an invoice is corrected. */
export type CreditReason = 'refund' | 'lines_cancelled' | 'return' | 'cancelled' | 'uncollected';

/** Everything that a credit note says (EN 16931, type code 381): a copy. Amounts in minor units, positive. */
export interface CreditNoteDocument {
  number: string;
  /** RFC 3339. */
  issuedAt: string;
  reason: CreditReason;
  /** The invoice that it corrects (BT-25 and BT-26). */
  invoiceNumber: string;
  invoicedAt: string;
  orderNumber: string;
  seller: InvoiceDocument['seller'];
  buyer: InvoiceDocument['buyer'];
  currency: string;
  /** Lines with what the shopper paid for them, tax included. */
  lines: { sku: string; name: string; quantity: number | null; total: number }[];
  net: number;
  taxes: InvoiceTax[];
  tax: number;
  total: number;
}

/** What is credited: how much, and where it is known for which goods. Minor units, tax included. */
export interface Credit {
  amount: number;
  reason: CreditReason;
  lines: readonly { lineId: string; quantity: number; amount: number }[];
}

/** What bears the same taxes. */
interface Bearer {
  taxes: readonly TaxSum[];
  amount: number;
}

/**
 * What a credit note says. Where the goods are known their own taxes are credited, else the taxes of the whole order in
 * proportion. No tax is credited beyond what was invoiced of it, and the note with which all is credited takes the rest,
 * so that all notes of an invoice add up to it, tax by tax.
 * @param before the notes that there are
 */
export function creditNoteOf(
  order: Order,
  invoice: InvoiceDocument,
  credit: Credit,
  before: readonly CreditNoteDocument[],
  issue: { number: string; at: Date },
): CreditNoteDocument {
  const whole = before.length === 0 && credit.amount === order.total;
  const { lines, bearers } = whole ? allOf(order) : bodyOf(order, credit);
  const credited = before.reduce((sum, note) => sum + note.total, 0);
  const last = credited + credit.amount >= order.total;
  const wanted = new Map<TaxSum, number>();
  for (const bearer of bearers)
    for (const { tax, amount } of taxWithin(bearer, order.currency)) wanted.set(tax, (wanted.get(tax) ?? 0) + amount);
  const taxes = order.taxes.map((tax): InvoiceTax => {
    const label = labelOf(tax);
    const left = tax.amount - sumOf(before, label);
    return {
      label,
      basisPoints: tax.basisPoints,
      amount: Math.max(0, last ? left : Math.min(left, wanted.get(tax) ?? 0)),
    };
  });
  const tax = taxes.reduce((sum, { amount }) => sum + amount, 0);
  return {
    number: issue.number,
    issuedAt: issue.at.toISOString(),
    reason: credit.reason,
    invoiceNumber: invoice.number,
    invoicedAt: invoice.issuedAt,
    orderNumber: order.number,
    seller: invoice.seller,
    buyer: invoice.buyer,
    currency: order.currency,
    lines,
    net: credit.amount - tax,
    taxes: taxes.filter(({ amount }) => amount > 0),
    tax,
    total: credit.amount,
  };
}

const sumOf = (notes: readonly CreditNoteDocument[], label: string): number =>
  notes.reduce((sum, note) => sum + (note.taxes.find((tax) => tax.label === label)?.amount ?? 0), 0);

/** The lines of the note, and what of its amount bears which taxes. */
function bodyOf(order: Order, { amount, lines }: Credit): { lines: CreditNoteDocument['lines']; bearers: Bearer[] } {
  const goods = lines.map((line) => ({ ...line, sold: order.line(line.lineId) }));
  const worth = goods.reduce((sum, line) => sum + line.amount, 0);
  const rest = amount - worth;
  const freight = order.payableShipping;
  // What goes back besides the goods is their freight, or a sum that somebody named.
  if (goods.length === 0 || rest < 0 || (rest > 0 && rest !== freight))
    return {
      lines: [{ sku: '', name: `Refund for order ${order.number}`, quantity: null, total: amount }],
      bearers: proportionally(order, amount),
    };
  const body = goods.map(({ sold, quantity, amount: total }) => ({
    sku: sold.sku,
    name: lineName(sold),
    quantity,
    total,
  }));
  const bearers = goods.map(({ sold, amount: part }) => ({
    taxes: taxesOf(order.taxes, sold.taxCategory, sold.tax > 0),
    amount: part,
  }));
  if (rest > 0) {
    body.push({ sku: '', name: 'Shipping', quantity: 1, total: rest });
    bearers.push({ taxes: order.taxes.filter((tax) => (tax.shipping ?? 0) > 0), amount: rest });
  }
  return { lines: body, bearers };
}

/** Everything that was invoiced. */
function allOf(order: Order): { lines: CreditNoteDocument['lines']; bearers: Bearer[] } {
  const goods = order.lines.map((line) => ({
    lineId: line.id,
    quantity: line.quantity,
    amount: order.payableOf(line),
  }));
  return bodyOf(order, { amount: order.total, reason: 'refund', lines: goods });
}

/** An amount spread over everything that the order is made of, by what it cost. */
function proportionally(order: Order, amount: number): Bearer[] {
  const parts: Bearer[] = order.lines.map((line) => ({
    taxes: taxesOf(order.taxes, line.taxCategory, line.tax > 0),
    amount: order.payableOf(line),
  }));
  parts.push({ taxes: order.taxes.filter((tax) => (tax.shipping ?? 0) > 0), amount: order.payableShipping });
  const bearing = parts.filter((part) => part.amount > 0);
  if (bearing.length === 0) return [];
  const shares = allocate(
    { amount, currency: order.currency },
    bearing.map((part) => part.amount),
  );
  return bearing.map(({ taxes }, index) => ({ taxes, amount: shares[index].amount }));
}

/** Which taxes a category bears; orders of before that was kept have all their taxes on whatever is taxed. */
function taxesOf(taxes: readonly TaxSum[], category: string | null, taxed: boolean): TaxSum[] {
  if (!taxed) return [];
  return taxes.filter(({ categories }) => !categories || (category !== null && categories.includes(category)));
}

/** The taxes that an amount holds, each on the net. */
function taxWithin({ taxes, amount }: Bearer, currency: string): { tax: TaxSum; amount: number }[] {
  const rate = taxes.reduce((sum, { basisPoints }) => sum + basisPoints, 0);
  if (rate === 0) return [];
  const held: Money = multiply({ amount, currency }, { numerator: BigInt(rate), denominator: BigInt(10_000 + rate) });
  const parts = allocate(
    held,
    taxes.map(({ basisPoints }) => basisPoints),
  );
  return taxes.map((tax, index) => ({ tax, amount: parts[index].amount }));
}
