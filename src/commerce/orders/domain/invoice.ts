import type { Money } from '../../../kernel/money/money';
import type { Order, ShippingAddress } from './order';
import { lineName } from './order-line';

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
  /** Small print: bank, register, conditions. */
  footer?: string | null;
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
  /** Sums of tax by rate, e.g. `{ label: '21 %', amount: 1050 }`. */
  taxes: { label: string; amount: number }[];
  tax: number;
  total: number;
  paid: Money | null;
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
    taxes: order.taxes.map(({ name, basisPoints, amount }) => ({ label: `${name} ${basisPoints / 100} %`, amount })),
    tax: order.taxTotal,
    total: order.total,
    paid: order.paidAt === null ? null : money(order.total),
  };
}
