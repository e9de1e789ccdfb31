import type { NewLine } from './order-line';
import type { OrderDiscount } from './order-discount';
import type { Figures } from './price-calculation';

export interface ShippingAddress {
  name: string | null;
  line1: string | null;
  line2?: string | null;
  city: string | null;
  region?: string | null;
  postalCode: string | null;
  /** ISO 3166-1 alpha-2 for orders of our own; imported ones keep what they had. */
  country: string | null;
}

/** What an order is made of. */
export interface NewOrder {
  id: string;
  cartId: string | null;
  customerId: string | null;
  userId: string | null;
  email: string;
  shippingAddress: ShippingAddress;
  currency: string;
  lines: NewLine[];
  /** What the lines, the way to the customer and the taxes come to. */
  figures: Omit<Figures, 'lines'>;
  discounts: OrderDiscount[];
  shippingMethod: { id: string; name: string } | null;
  accessTokenHash: Buffer | null;
  holdExpiresAt: Date;
  /** Whom the stock is held for: a keyed hash of the user's id or the guest's address. */
  placedFrom: Buffer | null;
  /** What it comes from, where that is no cart. */
  origin?: OrderOrigin;
  /** Worth of returned goods that pays for it besides its total, minor units. */
  traded?: number;
}

/** What an order without a cart comes from: an order that it adds to, a return that it is sent for, a quote. */
export interface OrderOrigin {
  kind: 'addition' | 'exchange' | 'quote';
  id: string;
}
