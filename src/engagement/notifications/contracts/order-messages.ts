import type { Money } from '../../../kernel/money/money';

/** A line of an order without its price, as mails show it. */
export interface MessageItem {
  sku: string;
  name: string;
  quantity: number;
}

/** A line with its price, and what it comes to. */
export interface PricedMessageItem extends MessageItem {
  total: Money;
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
  /** Goods were added to a paid order; they are the order `number`. `payUntil` is RFC 3339, null where nothing is to be paid. */
  'order-added': {
    number: string;
    orderId: string;
    addedTo: string;
    lines: PricedMessageItem[];
    shipping: Money;
    /** Where prices do not hold their tax. */
    tax: Money | null;
    due: Money;
    payUntil: string | null;
  };
  /** Other goods are sent for those that came back; they are the order `number`. Their prices are those before what came back is taken off. */
  'return-exchanged': {
    number: string;
    orderId: string;
    returnNumber: string;
    returnedFrom: string;
    lines: PricedMessageItem[];
    /** What the lines come to, taxes included. */
    worth: Money;
    traded: Money;
    /** What is left over of the worth of what came back; null: nothing. */
    back: Money | null;
    due: Money;
    payUntil: string | null;
  };
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
