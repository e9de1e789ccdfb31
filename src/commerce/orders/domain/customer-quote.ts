import type { ShippingAddress } from './new-order';
import type { NewLine } from './order-line';
import type { Figures } from './price-calculation';
import { quoteEnded, quoteTransitionRefused } from './quotes.errors';

export type QuoteState = 'draft' | 'sent' | 'accepted' | 'declined' | 'expired' | 'withdrawn';

/** The one table of allowed edges of a quote; a trigger holds the same ones, and a test tries every pair. */
export const QUOTE_EDGES: Record<QuoteState, readonly QuoteState[]> = {
  draft: ['sent', 'withdrawn'],
  /** Sent again it stays so, with a new link and a new time. */
  sent: ['accepted', 'declined', 'expired', 'withdrawn'],
  accepted: [],
  declined: [],
  expired: [],
  withdrawn: [],
};

/** What a quote offers: a copy, so that it stays what was offered. Minor units. */
export interface QuoteContent {
  lines: NewLine[];
  figures: Omit<Figures, 'lines'>;
}

/** A quote's row. */
export interface QuoteRecord {
  id: string;
  number: string;
  status: QuoteState;
  email: string;
  shippingAddress: ShippingAddress;
  currency: string;
  total: number;
  content: QuoteContent;
  note: string | null;
  validDays: number;
  validUntil: Date | null;
  tokenHash: Buffer | null;
  orderId: string | null;
  declineReason: string | null;
  createdAt: Date;
  sentAt: Date | null;
  decidedAt: Date | null;
  version: number;
}

/** What may be written about a quote that is not sent yet. */
export type QuoteTerms = Pick<
  QuoteRecord,
  'email' | 'shippingAddress' | 'currency' | 'total' | 'content' | 'note' | 'validDays'
>;

/** An offer to a customer: lines at prices that hold until a day, which become an order once. */
export class CustomerQuote {
  private constructor(readonly record: QuoteRecord) {}

  static draft(id: string, terms: QuoteTerms, at: Date): CustomerQuote {
    return new CustomerQuote({
      ...terms,
      id,
      number: '',
      status: 'draft',
      validUntil: null,
      tokenHash: null,
      orderId: null,
      declineReason: null,
      createdAt: at,
      sentAt: null,
      decidedAt: null,
      version: 1,
    });
  }

  static of(record: QuoteRecord): CustomerQuote {
    return new CustomerQuote(record);
  }

  /** Another offer, before anybody saw it. @throws AppError conflict `orders.quote-transition-refused` */
  rewrite(terms: QuoteTerms): void {
    if (this.record.status !== 'draft') throw quoteTransitionRefused(this.record.status, 'draft');
    Object.assign(this.record, terms);
  }

  /** The customer gets it, with a link of its own; one of before opens nothing any more. */
  send(tokenHash: Buffer, at: Date): Date {
    if (this.record.status !== 'sent') this.move('sent');
    const validUntil = new Date(at.getTime() + this.record.validDays * 86_400_000);
    Object.assign(this.record, { tokenHash, sentAt: at, validUntil });
    return validUntil;
  }

  /** @throws AppError conflict `orders.quote-transition-refused`, `orders.quote-ended` */
  accept(orderId: string, at: Date): void {
    this.demandOpen('accepted', at);
    this.move('accepted');
    Object.assign(this.record, { orderId, decidedAt: at });
  }

  decline(reason: string | null, at: Date): void {
    this.demandOpen('declined', at);
    this.move('declined');
    Object.assign(this.record, { declineReason: reason, decidedAt: at });
  }

  withdraw(at: Date): void {
    this.move('withdrawn');
    this.record.decidedAt = at;
  }

  /** @returns false while it still holds */
  expire(at: Date): boolean {
    const { status, validUntil } = this.record;
    if (status !== 'sent' || validUntil! > at) return false;
    this.move('expired');
    this.record.decidedAt = at;
    return true;
  }

  /** Before the job that lets it expire has come round it has ended as well. */
  demandOpen(to: QuoteState, at: Date): void {
    const { status, validUntil } = this.record;
    if (status !== 'sent') throw quoteTransitionRefused(status, to);
    if (validUntil! <= at) throw quoteEnded(validUntil!.toISOString());
  }

  private move(to: QuoteState): void {
    if (!QUOTE_EDGES[this.record.status].includes(to)) throw quoteTransitionRefused(this.record.status, to);
    this.record.status = to;
  }
}
