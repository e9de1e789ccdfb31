import { AmountOutOfRange, complement, multiply, type Money } from '../../../kernel/money/money';

/** How far a line is: pieces that left, that were given up before they left, and that came back. */
export interface LineProgress {
  shippedQuantity: number;
  cancelledQuantity: number;
  returnedQuantity: number;
}

/** What was sold, copied from the catalogue at checkout. Amounts in minor units of the order's currency. */
export interface OrderLine extends LineProgress {
  id: string;
  position: number;
  sku: string;
  variantId: string | null;
  productId: string | null;
  productName: string;
  variantName: string | null;
  categoryId: string | null;
  categoryName: string | null;
  quantity: number;
  unitPrice: number;
  /** 0 to 10,000. */
  discountBasisPoints: number;
  /** After all discounts. Without other ones it is price × quantity × (1 − discountBasisPoints), half-up to the minor unit. */
  total: number;
  /** Tax on `total`; part of it where the order's prices include tax. */
  tax: number;
  /** Null for what was sold elsewhere. */
  taxCategory: string | null;
  /** What one piece of a bundle takes from stock; null for what has stock of its own. */
  components: { sku: string; quantity: number }[] | null;
}

/**
 * What lines take from stock, each SKU once: bundles are taken apart first, so that pieces of a SKU that are sold both by
 * themselves and in a bundle are asked for as one.
 */
export function stockDemandOf(
  lines: readonly Pick<OrderLine, 'sku' | 'quantity' | 'components'>[],
): { sku: string; quantity: number }[] {
  const demand = new Map<string, number>();
  for (const line of lines)
    for (const { sku, quantity } of line.components ?? [{ sku: line.sku, quantity: 1 }])
      demand.set(sku, (demand.get(sku) ?? 0) + quantity * line.quantity);
  return [...demand].map(([sku, quantity]) => ({ sku, quantity }));
}

/** What all discounts of a line take off it. */
export const lineDiscount = ({
  unitPrice,
  quantity,
  total,
}: Pick<OrderLine, 'unitPrice' | 'quantity' | 'total'>): number =>
  Number(BigInt(unitPrice) * BigInt(quantity) - BigInt(total));
/** A line of an order that is being placed. */
export type NewLine = Omit<OrderLine, 'id' | 'position' | keyof LineProgress>;

/** Pieces of a line that may still be shipped or given up. */
export const openQuantity = (line: Pick<OrderLine, 'quantity'> & LineProgress): number =>
  line.quantity - line.shippedQuantity - line.cancelledQuantity;

/**
 * What `quantity` pieces of a line are worth once `before` pieces of it were accounted for: cumulative, so that any
 * chain of parts adds up to the whole line, to the minor unit. @param amount minor units of all pieces
 */
export function shareOf(amount: number, pieces: number, before: number, quantity: number): number {
  const upTo = (count: number): bigint =>
    (BigInt(amount) * BigInt(count) * 2n + BigInt(pieces)) / (2n * BigInt(pieces));
  return Number(upTo(before + quantity) - upTo(before));
}

const discountOf = (basisPoints: number) => complement({ numerator: BigInt(basisPoints), denominator: 10_000n });

/** A line's total, rounded once. */
export const lineTotal = (unitPrice: Money, quantity: number, discountBasisPoints = 0): Money =>
  multiply(unitPrice, quantity, discountOf(discountBasisPoints));

/** Name of a line as people read it. */
export const lineName = (line: Pick<OrderLine, 'productName' | 'variantName'>): string =>
  line.variantName === null ? line.productName : `${line.productName} – ${line.variantName}`;

/** Totals of an imported order, derived from its lines: total = subtotal − discounts + shipping + tax. */
export interface Totals {
  subtotal: number;
  discountTotal: number;
  shippingTotal: number;
  taxTotal: number;
  total: number;
}

/** @param shippingTotal minor units. @throws RangeError when a sum cannot be held exactly. */
export function totalsOf(
  lines: readonly Pick<OrderLine, 'unitPrice' | 'quantity' | 'total'>[],
  shippingTotal = 0,
  taxTotal = 0,
): Totals {
  const exact = (value: bigint): number => {
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new AmountOutOfRange();
    return Number(value);
  };
  const subtotal = lines.reduce((sum, line) => sum + BigInt(line.unitPrice) * BigInt(line.quantity), 0n);
  const net = lines.reduce((sum, line) => sum + BigInt(line.total), 0n);
  return {
    subtotal: exact(subtotal),
    discountTotal: exact(subtotal - net),
    shippingTotal,
    taxTotal,
    total: exact(net + BigInt(shippingTotal) + BigInt(taxTotal)),
  };
}
