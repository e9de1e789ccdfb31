import type { Money } from '../../../kernel/money/money';
import type { QuoteRecord, QuoteState } from './customer-quote';
import type { ShippingAddress } from './new-order';
import { lineDiscount, lineName } from './order-line';

/** A quote as clients see it. */
export interface QuoteView {
  id: string;
  number: string;
  status: QuoteState;
  email: string;
  shippingAddress: Required<ShippingAddress>;
  lines: { sku: string; name: string; quantity: number; unitPrice: Money; discount: Money; total: Money; tax: Money }[];
  subtotal: Money;
  discountTotal: Money;
  shippingTotal: Money;
  taxTotal: Money;
  taxIncluded: boolean;
  total: Money;
  note: string | null;
  validDays: number;
  validUntil: string | null;
  /** The order that it became. */
  orderId: string | null;
  declineReason: string | null;
  createdAt: string;
  sentAt: string | null;
  decidedAt: string | null;
  version: number;
}

/** The view of a quote; a whitelist. */
export function quoteViewOf(quote: QuoteRecord): QuoteView {
  const { currency, content, shippingAddress: address } = quote;
  const { lines, figures } = content;
  const money = (amount: number): Money => ({ amount, currency });
  const at = (date: Date | null): string | null => date?.toISOString() ?? null;
  return {
    id: quote.id,
    number: quote.number,
    status: quote.status,
    email: quote.email,
    shippingAddress: {
      name: address.name,
      line1: address.line1,
      line2: address.line2 ?? null,
      city: address.city,
      region: address.region ?? null,
      postalCode: address.postalCode ?? null,
      country: address.country,
    },
    lines: lines.map((line) => ({
      sku: line.sku,
      name: lineName(line),
      quantity: line.quantity,
      unitPrice: money(line.unitPrice),
      discount: money(lineDiscount(line)),
      total: money(line.total),
      tax: money(line.tax),
    })),
    subtotal: money(figures.subtotal),
    discountTotal: money(figures.discountTotal),
    shippingTotal: money(figures.shippingTotal),
    taxTotal: money(figures.taxTotal),
    taxIncluded: figures.taxIncluded,
    total: money(quote.total),
    note: quote.note,
    validDays: quote.validDays,
    validUntil: at(quote.validUntil),
    orderId: quote.orderId,
    declineReason: quote.declineReason,
    createdAt: quote.createdAt.toISOString(),
    sentAt: at(quote.sentAt),
    decidedAt: at(quote.decidedAt),
    version: quote.version,
  };
}
