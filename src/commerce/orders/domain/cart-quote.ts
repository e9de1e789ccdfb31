import { sha256Hex } from '../../../kernel/crypto/hashing';
import { multiply, sum, type Money } from '../../../kernel/money/money';
import { STANDARD_CATEGORY, taxTermsOf, type CheckoutSettings } from './checkout-settings';
import type { NewLine } from './order-line';
import type { OrderDiscount } from './order-discount';
import { cartEmpty, mixedCurrencies, notForSale, priceChanged } from './orders.errors';
import { calculate, type Figures } from './price-calculation';
import { discountsOf, type Discounts, type Promotion, type Spent } from './promotions';
import { notShippable, priceOf, shippingMethodNeeded, type Parcel, type ShippingMethod } from './shipping';

/** A variant as pricing needs it. */
export interface Sellable {
  variantId: string;
  productId: string;
  sku: string;
  name: string | null;
  productName: string;
  price: Money;
  active: boolean;
  categoryId: string | null;
  categoryName: string | null;
  /** Absent: `standard`. */
  taxCategory?: string | null;
  components?: { sku: string; quantity: number }[] | null;
  /** Whether it may be sold beyond its stock; absent: never. */
  backorder?: 'no' | 'backorder' | 'preorder';
  /** Absent or unknown: it counts as nothing. */
  weightGrams?: number | null;
}

/** Where an order goes, as far as its price hangs on it. */
export interface Destination {
  /** ISO 3166-1 alpha-2. */
  country: string;
  region: string | null;
  postalCode: string | null;
}

/** What a cart's price hangs on besides its lines. */
export interface QuoteTerms {
  settings: CheckoutSettings;
  destination: Destination | null;
  /** Those that apply by themselves, and those whose code was entered. */
  promotions: readonly Promotion[];
  /** The ways in which the shop ships; none: shipping costs nothing and is not chosen. */
  methods: readonly ShippingMethod[];
  /** The chosen one. */
  methodId: string | null;
  /** Groups of customers that the shopper is in. */
  groupIds: readonly string[];
  /** Promotions that the shopper may not use (again); absent while nobody knows who they are. */
  spent?: ReadonlyMap<string, Spent>;
  now: Date;
}

export interface CartLine {
  sku: string;
  quantity: number;
}

/** A cart with its price. */
export interface Quote {
  currency: string;
  lines: NewLine[];
  figures: Figures;
  discounts: Discounts;
  /** How it is shipped, and at what price; null while that is open or not offered. */
  shipping: { id: string; name: string } | null;
  /** SKUs among the lines that may be sold beyond their stock. */
  beyond: ReadonlyMap<string, 'backorder' | 'preorder'>;
  /** Two quotes with one hash ask the same of the shopper, line by line. */
  hash: string;
}

/** What a cart keeps of the quote that its shopper saw last. */
export interface KeptQuote {
  hash: string;
  currency: string;
  total: number;
  /** Price of one piece, by SKU. */
  prices: Record<string, number>;
}

/**
 * Prices what of a cart can be bought now.
 * @returns null where nothing can be, or what can is priced in several currencies
 */
export function quoteOf(cart: readonly CartLine[], variants: readonly Sellable[], terms: QuoteTerms): Quote | null {
  const goods = goodsOf(cart, variants);
  if (!goods) return null;
  const { currency, sold } = goods;
  const { settings, destination, promotions, groupIds, spent, now } = terms;
  const discountable = sold.map(({ variant, quantity }) => ({
    quantity,
    unitPrice: variant.price.amount,
    productId: variant.productId,
    categoryId: variant.categoryId,
  }));
  const method = terms.methods.find(({ id }) => id === terms.methodId);
  const freightOf = (off: number): number | null => {
    const parcel = parcelOf(goods, destination, off);
    return method && parcel ? priceOf(method, parcel) : null;
  };
  const discounts = discountsOf(promotions, {
    currency,
    lines: discountable,
    freight: freightOf(0) ?? 0,
    groupIds,
    spent,
    now,
  });
  const freight = freightOf(discounts.lines.reduce((all, each) => all + each, 0));
  const priced = sold.map(({ variant, quantity }, index) => ({
    quantity,
    unitPrice: variant.price.amount,
    discount: discounts.lines[index],
    taxCategory: variant.taxCategory ?? STANDARD_CATEGORY,
  }));
  const figures = calculate(
    currency,
    priced,
    freight === null
      ? null
      : { amount: discounts.freeShipping ? 0 : freight, taxCategory: settings.shippingTaxCategory },
    taxTermsOf(settings, destination?.country ?? settings.defaultCountry),
  );
  const lines = sold.map(({ variant, quantity }, index) => ({
    sku: variant.sku,
    variantId: variant.variantId,
    productId: variant.productId,
    productName: variant.productName,
    variantName: variant.name,
    categoryId: variant.categoryId,
    categoryName: variant.categoryName,
    quantity,
    unitPrice: variant.price.amount,
    discountBasisPoints: 0,
    taxCategory: priced[index].taxCategory,
    components: variant.components ?? null,
    ...figures.lines[index],
  }));
  const shipping = method && freight !== null ? { id: method.id, name: method.name } : null;
  const beyond = new Map(
    sold.flatMap(({ variant: { sku, backorder = 'no' } }) => (backorder === 'no' ? [] : [[sku, backorder] as const])),
  );
  return { currency, lines, figures, discounts, shipping, beyond, hash: hashOf(currency, lines, figures, shipping) };
}

interface Goods {
  currency: string;
  sold: { variant: Sellable; quantity: number }[];
}

/** What of a cart can be bought now; null where nothing can, or what can is priced in several currencies. */
function goodsOf(cart: readonly CartLine[], variants: readonly Sellable[]): Goods | null {
  const bySku = new Map(variants.map((variant) => [variant.sku, variant]));
  const sold = cart.flatMap(({ sku, quantity }) => {
    const variant = bySku.get(sku);
    return variant?.active ? [{ variant, quantity }] : [];
  });
  const currency = sold[0]?.variant.price.currency;
  if (currency === undefined || sold.some(({ variant }) => variant.price.currency !== currency)) return null;
  return { currency, sold };
}

/** @param off what discounts take off the goods */
function parcelOf({ currency, sold }: Goods, destination: Destination | null, off: number): Parcel | null {
  if (!destination) return null;
  const gross = sold.map(({ variant, quantity }) => multiply(variant.price, quantity));
  return {
    currency,
    destination,
    goods: sum(gross, currency).amount - off,
    weightGrams: sold.reduce((all, { variant, quantity }) => all + (variant.weightGrams ?? 0) * quantity, 0),
  };
}

/** The ways to ship a cart to its destination, each with what it would cost then. */
export function shippingOffersOf(
  cart: readonly CartLine[],
  variants: readonly Sellable[],
  terms: QuoteTerms,
): { id: string; name: string; price: Money; chosen: boolean }[] {
  return terms.methods.flatMap(({ id, name }) => {
    const quote = quoteOf(cart, variants, { ...terms, methodId: id });
    if (!quote?.shipping) return [];
    const price = { amount: quote.figures.shippingTotal, currency: quote.currency };
    return [{ id, name, price, chosen: id === terms.methodId }];
  });
}

/** Tax that prices hold anyway is left out: it changes nothing that is asked of the shopper. */
function hashOf(currency: string, lines: Quote['lines'], figures: Figures, shipping: Quote['shipping']): string {
  const { discountTotal, shippingTotal, taxIncluded, taxTotal, total } = figures;
  return sha256Hex(
    JSON.stringify([
      currency,
      lines.map(({ sku, quantity, unitPrice, total }) => [sku, quantity, unitPrice, total]),
      [discountTotal, shippingTotal, shipping?.id, taxIncluded ? null : taxTotal, total],
    ]),
  );
}

/**
 * Prices a cart that is to be ordered as a whole.
 * @throws AppError conflict `orders.cart-empty`, `orders.not-for-sale`, `orders.mixed-currencies`,
 * `orders.shipping-method-needed`, `orders.not-shippable`
 */
export function quoteWhole(cart: readonly CartLine[], variants: readonly Sellable[], terms: QuoteTerms): Quote {
  if (cart.length === 0) throw cartEmpty();
  const bySku = new Map(variants.map((variant) => [variant.sku, variant]));
  const gone = cart.filter(({ sku }) => !bySku.get(sku)?.active).map(({ sku }) => sku);
  if (gone.length > 0) throw notForSale(gone);
  const quote = quoteOf(cart, variants, terms);
  if (!quote) throw mixedCurrencies([...new Set(cart.map(({ sku }) => bySku.get(sku)!.price.currency))].sort());
  if (terms.methods.length > 0 && !quote.shipping) {
    const chosen = terms.methods.find(({ id }) => id === terms.methodId);
    throw chosen ? notShippable(chosen.name) : shippingMethodNeeded();
  }
  return quote;
}

/** What a cart keeps of a quote. */
export const keptQuoteOf = ({ hash, currency, figures, lines }: Quote): KeptQuote => ({
  hash,
  currency,
  total: figures.total,
  prices: Object.fromEntries(lines.map(({ sku, unitPrice }) => [sku, unitPrice])),
});

/** What the shopper agreed to pay: said with the checkout, or else what the cart showed last. */
export interface Agreed {
  total?: Money;
  hash?: string;
  shown: KeptQuote | null;
}

/** True where a quote asks for what the shopper agreed to. */
export function isAgreed({ currency, figures, hash: asked }: Quote, { total, hash, shown }: Agreed): boolean {
  return total || hash
    ? (!total || (total.currency === currency && total.amount === figures.total)) && (!hash || hash === asked)
    : !shown || shown.hash === asked;
}

/**
 * Nothing else is charged than what the shopper agreed to.
 * @throws AppError conflict `orders.price-changed` with the new price
 */
export function demandAgreed(quote: Quote, agreed: Agreed): void {
  if (isAgreed(quote, agreed)) return;
  const { currency, figures } = quote;
  const { total, shown } = agreed;
  const asked: Money = { amount: figures.total, currency };
  const seen = shown && { amount: shown.total, currency: shown.currency };
  const changes = quote.lines.flatMap(({ sku, unitPrice }) => {
    const was = shown?.prices[sku];
    return was === undefined || (was === unitPrice && shown?.currency === currency)
      ? []
      : [{ sku, was: { amount: was, currency: shown!.currency }, now: { amount: unitPrice, currency } }];
  });
  throw priceChanged({ expected: total ?? seen, total: asked, priceHash: quote.hash, changes });
}

/** The promotions of a quote, as an order keeps them. */
export const discountsTaken = ({ discounts }: Quote): OrderDiscount[] =>
  discounts.applied.map(({ promotion: { id, code, name, kind }, amount }) => ({
    couponId: id,
    code,
    name,
    amount,
    freeShipping: kind === 'free_shipping',
  }));
