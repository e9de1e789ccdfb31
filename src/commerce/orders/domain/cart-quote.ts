import { sha256Hex } from '../../../kernel/crypto/hashing';
import type { Money } from '../../../kernel/money/money';
import { STANDARD_CATEGORY, taxTermsOf, type CheckoutSettings } from './checkout-settings';
import type { OrderLine } from './order-line';
import { cartEmpty, mixedCurrencies, notForSale, priceChanged } from './orders.errors';
import { calculate, type Figures } from './price-calculation';
import { discountsOf, type Discounts, type Promotion } from './promotions';

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
  now: Date;
}

export interface CartLine {
  sku: string;
  quantity: number;
}

/** A cart with its price. */
export interface Quote {
  currency: string;
  lines: Omit<OrderLine, 'id' | 'position'>[];
  figures: Figures;
  discounts: Discounts;
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
  const bySku = new Map(variants.map((variant) => [variant.sku, variant]));
  const sold = cart.flatMap(({ sku, quantity }) => {
    const variant = bySku.get(sku);
    return variant?.active ? [{ variant, quantity }] : [];
  });
  const currency = sold[0]?.variant.price.currency;
  if (currency === undefined || sold.some(({ variant }) => variant.price.currency !== currency)) return null;
  const { settings, destination, promotions, now } = terms;
  const discountable = sold.map(({ variant, quantity }) => ({
    quantity,
    unitPrice: variant.price.amount,
    productId: variant.productId,
    categoryId: variant.categoryId,
  }));
  const discounts = discountsOf(promotions, { currency, lines: discountable, freight: 0, now });
  const priced = sold.map(({ variant, quantity }, index) => ({
    quantity,
    unitPrice: variant.price.amount,
    discount: discounts.lines[index],
    taxCategory: variant.taxCategory ?? STANDARD_CATEGORY,
  }));
  const figures = calculate(
    currency,
    priced,
    null,
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
  return { currency, lines, figures, discounts, hash: hashOf(currency, lines, figures) };
}

/** Tax that prices hold anyway is left out: it changes nothing that is asked of the shopper. */
function hashOf(currency: string, lines: Quote['lines'], figures: Figures): string {
  const { discountTotal, shippingTotal, taxIncluded, taxTotal, total } = figures;
  return sha256Hex(
    JSON.stringify([
      currency,
      lines.map(({ sku, quantity, unitPrice, total }) => [sku, quantity, unitPrice, total]),
      [discountTotal, shippingTotal, taxIncluded ? null : taxTotal, total],
    ]),
  );
}

/**
 * Prices a cart that is to be ordered as a whole.
 * @throws AppError conflict `orders.cart-empty`, `orders.not-for-sale`, `orders.mixed-currencies`
 */
export function quoteWhole(cart: readonly CartLine[], variants: readonly Sellable[], terms: QuoteTerms): Quote {
  if (cart.length === 0) throw cartEmpty();
  const bySku = new Map(variants.map((variant) => [variant.sku, variant]));
  const gone = cart.filter(({ sku }) => !bySku.get(sku)?.active).map(({ sku }) => sku);
  if (gone.length > 0) throw notForSale(gone);
  const quote = quoteOf(cart, variants, terms);
  if (!quote) throw mixedCurrencies([...new Set(cart.map(({ sku }) => bySku.get(sku)!.price.currency))].sort());
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

/**
 * Nothing else is charged than what the shopper agreed to.
 * @throws AppError conflict `orders.price-changed` with the new price
 */
export function demandAgreed(quote: Quote, { total, hash, shown }: Agreed): void {
  const { currency, figures } = quote;
  const asked: Money = { amount: figures.total, currency };
  const same =
    total || hash
      ? (!total || (total.currency === currency && total.amount === asked.amount)) && (!hash || hash === quote.hash)
      : !shown || shown.hash === quote.hash;
  if (same) return;
  const seen = shown && { amount: shown.total, currency: shown.currency };
  const changes = quote.lines.flatMap(({ sku, unitPrice }) => {
    const was = shown?.prices[sku];
    return was === undefined || (was === unitPrice && shown?.currency === currency)
      ? []
      : [{ sku, was: { amount: was, currency: shown!.currency }, now: { amount: unitPrice, currency } }];
  });
  throw priceChanged({ expected: total ?? seen, total: asked, priceHash: quote.hash, changes });
}
