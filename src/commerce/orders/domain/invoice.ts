import type { Money } from '../../../kernel/money/money';
import type { Order } from './order';
import type { ShippingAddress } from './new-order';
import { lineName } from './order-line';
import type { TaxSum } from './tax';

/** Who sends invoices, as its customers and tax office know it. */
export interface Invoicing {
  /** Registered name; default the shop's. */
  sellerName?: string | null;
  /** Lines of the registered address. */
  sellerAddress?: string | null;
  /** Tax or VAT number. */
  taxId?: string | null;
  /** What invoice numbers begin with; default `INV-`. */
  numberPrefix?: string | null;
  /** What credit notes' numbers begin with; default `CN-`. */
  creditNotePrefix?: string | null;
  /** Small print: bank, register, conditions. */
  footer?: string | null;
}

/** What a tax comes to on a document, e.g. `{ label: 'VAT 21 %', amount: 1050 }`. Minor units. */
export interface InvoiceTax {
  label: string;
  amount: number;
  /** Absent on documents of before this was kept. */
  basisPoints?: number;
  base?: number;
}

/** Everything that an invoice says: a copy, so that it reads the same for ever. Amounts in minor units. */
export interface InvoiceDocument {
  number: string;
  /** RFC 3339. */
  issuedAt: string;
  orderNumber: string;
  /** RFC 3339. */
  orderedAt: string | null;
  paidAt: string | null;
  seller: { name: string; address: string | null; taxId: string | null; footer: string | null; color: string };
  buyer: { name: string | null; email: string | null; address: ShippingAddress | null };
  currency: string;
  taxIncluded: boolean;
  lines: {
    sku: string;
    name: string;
    quantity: number;
    unitPrice: number;
    discount: number;
    total: number;
    tax: number;
  }[];
  subtotal: number;
  discount: number;
  shipping: number;
  taxes: InvoiceTax[];
  tax: number;
  total: number;
  /** What was paid and did not go back when the invoice was issued. */
  paid: Money | null;
  /** What credit notes issued with the invoice take off it; absent on invoices of before there were any. */
  credited?: Money;
}

/** What an invoice of an order says. */
export function invoiceOf(
  order: Order,
  issue: { number: string; at: Date; seller: InvoiceDocument['seller'] },
): InvoiceDocument {
  const money = (amount: number): Money => ({ amount, currency: order.currency });
  return {
    number: issue.number,
    issuedAt: issue.at.toISOString(),
    orderNumber: order.number,
    orderedAt: order.placedAt?.toISOString() ?? null,
    paidAt: order.paidAt?.toISOString() ?? null,
    seller: issue.seller,
    buyer: { name: order.customerName, email: order.email, address: order.shippingAddress },
    currency: order.currency,
    taxIncluded: order.taxIncluded,
    lines: order.lines.map((line) => ({
      sku: line.sku,
      name: lineName(line),
      quantity: line.quantity,
      unitPrice: line.unitPrice,
      discount: line.unitPrice * line.quantity - line.total,
      total: line.total,
      tax: line.tax,
    })),
    subtotal: order.subtotal,
    discount: order.discountTotal,
    shipping: order.shippingTotal,
    taxes: order.taxes.map((tax) => ({
      label: labelOf(tax),
      basisPoints: tax.basisPoints,
      base: tax.base,
      amount: tax.amount,
    })),
    tax: order.taxTotal,
    total: order.total,
    paid: order.paidAt === null ? null : money(order.due + order.exchangedTotal),
    credited: money(order.total - order.due - order.exchangedTotal),
  };
}

/** What a tax is called on a document. */
export const labelOf = ({ name, basisPoints }: Pick<TaxSum, 'name' | 'basisPoints'>): string =>
  `${name} ${basisPoints / 100} %`;
