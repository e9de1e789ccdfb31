import { compare, type Money } from '../../../kernel/money/money';
import { lineTotal, type OrderLine } from './order-line';
import { cartEmpty, mixedCurrencies, notForSale, priceChanged } from './orders.errors';

/** Days that an untouched cart lives. */
export const CART_DAYS = 30;
/** Minutes that stock is held for an unpaid order. */
export const HOLD_MINUTES = 30;
/** Minutes that stock stays held after a declined payment; later tries hold it again if it is still there. */
export const DECLINED_HOLD_MINUTES = 5;
export const MOST_LINES = 200;
export const MOST_PIECES = 1_000_000;

/** A variant as pricing needs it. */
interface Priced {
  variantId: string;
  productId: string;
  sku: string;
  name: string | null;
  productName: string;
  price: Money;
  active: boolean;
  categoryId: string | null;
  categoryName: string | null;
}

/**
 * Turns a cart's lines into order lines at today's prices.
 * @throws AppError conflict `orders.cart-empty`, `orders.not-for-sale`, `orders.mixed-currencies`, `orders.price-changed`
 */
export function priceLines(
  cart: readonly { sku: string; quantity: number }[],
  variants: readonly Priced[],
  expectedTotal?: Money,
): { currency: string; lines: Omit<OrderLine, 'id' | 'position'>[] } {
  if (cart.length === 0) throw cartEmpty();
  const bySku = new Map(variants.map((variant) => [variant.sku, variant]));
  const gone = cart.filter(({ sku }) => !bySku.get(sku)?.active).map(({ sku }) => sku);
  if (gone.length > 0) throw notForSale(gone);
  const currencies = [...new Set(cart.map(({ sku }) => bySku.get(sku)!.price.currency))].sort();
  if (currencies.length > 1) throw mixedCurrencies(currencies);
  const lines = cart.map(({ sku, quantity }) => {
    const variant = bySku.get(sku)!;
    return {
      sku,
      variantId: variant.variantId,
      productId: variant.productId,
      productName: variant.productName,
      variantName: variant.name,
      categoryId: variant.categoryId,
      categoryName: variant.categoryName,
      quantity,
      unitPrice: variant.price.amount,
      discountBasisPoints: 0,
      total: lineTotal(variant.price, quantity).amount,
    };
  });
  const currency = currencies[0];
  const total = { amount: lines.reduce((sum, line) => sum + line.total, 0), currency };
  if (expectedTotal && (expectedTotal.currency !== currency || compare(expectedTotal, total) !== 0)) {
    throw priceChanged(expectedTotal, total);
  }
  return { currency, lines };
}
