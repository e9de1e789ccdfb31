import type { Money } from '../../../kernel/money/money';

/** A line of an order without its price, as mails show it. */
export interface MessageItem {
  sku: string;
  name: string;
  quantity: number;
}

/** What the letters about the way of an order need. */
export interface OrderTemplateData {
  /** A parcel left the house. */
  'order-shipped': {
    number: string;
    orderId: string;
    lines: MessageItem[];
    carrier: string | null;
    trackingNumber: string | null;
    trackingUrl: string | null;
    /** False while further parcels follow. */
    complete: boolean;
  };
  /** The payment failed a while ago, and the order can still be paid. */
  'payment-reminder': { number: string; orderId: string; lines: MessageItem[]; total: Money };
  /** Pieces of a paid order will not come. */
  'order-lines-cancelled': { number: string; orderId: string; lines: MessageItem[]; refund: Money | null };
  /** Pieces that the shopper waited for are here. */
  'backorder-allocated': { number: string; orderId: string; lines: MessageItem[]; waiting: number };
  /** An offer; the link becomes `<public URL>/api/v1/quote-links/<linkToken>`. `validUntil` is RFC 3339. */
  quote: { number: string; lines: MessageItem[]; total: Money; validUntil: string; linkToken: string };
  /** A return moved on; `state` is what is told of it. */
  'return-updated': {
    number: string;
    returnNumber: string;
    state: 'approved' | 'rejected' | 'received' | 'refunded';
    lines: MessageItem[];
    refund: Money | null;
  };
}
