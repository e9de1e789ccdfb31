import { multiply, type Money } from '../../../kernel/money/money';
import { holdsLine, type CartHold } from './cart-hold';
import type { CartLine, Destination, Quote, Sellable } from './cart-quote';
import type { CheckoutSettings } from './checkout-settings';
import { lineDiscount, lineName } from './order-line';
import type { Promotion, Refusal } from './promotions';

export interface CartLineView {
  id: string;
  sku: string;
  name: string;
  quantity: number;
  /** Today's price of one piece; null for what is no longer sold. */
  unitPrice: Money | null;
  discount: Money | null;
  /** After discounts. */
  total: Money | null;
  forSale: boolean;
  /** Pieces that are here and held for nobody, this cart included; null for what is not for sale. */
  available: number | null;
  /** All of its pieces are held for this cart now. */
  held: boolean;
}

/** A coupon of a cart, or a promotion that applies to it by itself. */
export interface CartCouponView {
  id: string;
  /** Null for what applies by itself. */
  code: string | null;
  name: string;
  /** What it takes off the lines; null while it does not apply. */
  discount: Money | null;
  freeShipping: boolean;
  /** Why it does not apply. */
  reason: Refusal | null;
}

export interface CartView {
  /** Unguessable: whoever has it has the cart. */
  id: string;
  lines: CartLineView[];
  /** What was chosen to price it in. */
  currency: string | null;
  destination: Destination | null;
  coupons: CartCouponView[];
  /** How it is shipped; null while nothing is chosen that is offered to the destination. */
  shipping: { id: string; name: string } | null;
  /** What the lines that are for sale come to; the figures are null for an empty cart and for mixed currencies. */
  subtotal: Money | null;
  discountTotal: Money | null;
  shippingTotal: Money | null;
  taxTotal: Money | null;
  taxIncluded: boolean;
  total: Money | null;
  /** Sent along with the checkout: anything else is refused instead of charged. */
  priceHash: string | null;
  /** The order made of this cart, or null while it is open. */
  orderId: string | null;
  /** Until when what is in it is held, ISO time; null where nothing is and was. */
  heldUntil: string | null;
  /** True once that time has passed: it is anybody's then. */
  holdLapsed: boolean;
  expiresAt: string;
}

/** What a view needs of a cart besides its price. */
export interface CartRecord {
  orderId: string | null;
  expiresAt: Date;
  currency: string | null;
  destination: Destination | null;
  lines: readonly (CartLine & { id: string })[];
  couponIds: readonly string[];
  settings: CheckoutSettings;
  promotions: readonly Promotion[];
  hold: CartHold;
}

/** The coupons of a cart, in the order in which they were entered, and what applies by itself. */
function couponsOf({ couponIds, promotions }: CartRecord, quote: Quote | null): CartCouponView[] {
  const applied = new Map(quote?.discounts.applied.map((each) => [each.promotion.id, each.amount]));
  const refused = new Map(quote?.discounts.refused.map((each) => [each.promotion.id, each.reason]));
  const shown = [
    ...couponIds.flatMap((id) => promotions.find((each) => each.id === id) ?? []),
    ...promotions.filter(({ id, code }) => code === null && applied.has(id)),
  ];
  return shown.map(({ id, code, name, kind }) => {
    const amount = applied.get(id);
    return {
      id,
      code,
      name,
      discount: amount === undefined ? null : { amount, currency: quote!.currency },
      freeShipping: amount !== undefined && kind === 'free_shipping',
      reason: amount === undefined ? (refused.get(id) ?? 'no-product') : null,
    };
  });
}

/** A cart as its shopper sees it. */
export function cartViewOf(
  secret: string,
  cart: CartRecord,
  variants: readonly Sellable[],
  quote: Quote | null,
  { available, now }: { available: ReadonlyMap<string, number>; now: Date },
): CartView {
  const bySku = new Map(variants.map((variant) => [variant.sku, variant]));
  const quoted = new Map(quote?.lines.map((line) => [line.sku, line]));
  const money = (amount: number | undefined): Money | null =>
    quote && amount !== undefined ? { amount, currency: quote.currency } : null;
  // What is ordered is its order's, and in an empty cart nothing is left to be held.
  const span = cart.orderId === null && cart.lines.length > 0 ? cart.hold.span : null;
  return {
    id: secret,
    lines: cart.lines.map(({ id, sku, quantity }) => {
      const variant = bySku.get(sku);
      const line = quoted.get(sku);
      const forSale = variant?.active ?? false;
      const unitPrice = forSale ? variant!.price : null;
      return {
        id,
        sku,
        name: variant ? lineName({ productName: variant.productName, variantName: variant.name || null }) : sku,
        quantity,
        unitPrice,
        discount: line ? money(lineDiscount(line)) : null,
        total: line ? money(line.total) : unitPrice && multiply(unitPrice, quantity),
        forSale,
        available: forSale ? (available.get(sku) ?? 0) : null,
        held: forSale && cart.orderId === null && holdsLine(cart.hold, variant!, now),
      };
    }),
    currency: cart.currency,
    destination: cart.destination,
    coupons: couponsOf(cart, quote),
    shipping: quote?.shipping ?? null,
    subtotal: money(quote?.figures.subtotal),
    discountTotal: money(quote?.figures.discountTotal),
    shippingTotal: money(quote?.figures.shippingTotal),
    taxTotal: money(quote?.figures.taxTotal),
    taxIncluded: cart.settings.pricesIncludeTax,
    total: money(quote?.figures.total),
    priceHash: quote?.hash ?? null,
    orderId: cart.orderId,
    heldUntil: span?.until.toISOString() ?? null,
    holdLapsed: span !== null && span.until <= now,
    expiresAt: cart.expiresAt.toISOString(),
  };
}
