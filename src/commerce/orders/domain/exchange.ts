import { allocate } from '../../../kernel/money/money';
import { calculate, type Figures, type PricedLine } from './price-calculation';
import type { TaxTerms } from './tax';

/** Goods with what came back counted in. Minor units. */
export interface Exchanged {
  figures: Figures;
  /** What is taken off the goods for what came back. */
  discount: number;
  /** What is left of its worth, and goes back as money. */
  rest: number;
}

/**
 * Prices goods that are given for others. What came back is a discount on them, spread over their lines, so that with its
 * taxes the new order comes to the difference: never more, and where taxes on top are rounded at most a minor unit less.
 * @param worth what came back was paid with, taxes included
 */
export function exchangeOf(
  currency: string,
  lines: readonly Omit<PricedLine, 'discount'>[],
  terms: TaxTerms,
  worth: number,
): Exchanged {
  const nets = lines.map(({ unitPrice, quantity }) => unitPrice * quantity);
  const most = nets.reduce((sum, net) => sum + net, 0);
  const withDiscount = (discount: number): Figures => {
    const parts =
      discount === 0 ? nets.map(() => 0) : allocate({ amount: discount, currency }, nets).map((part) => part.amount);
    return calculate(
      currency,
      lines.map((line, index) => ({ ...line, discount: parts[index] })),
      null,
      terms,
    );
  };
  const whole = withDiscount(0).total;
  if (worth >= whole) return { figures: withDiscount(most), discount: most, rest: worth - whole };
  const due = whole - worth;
  let [low, high] = [0, most];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (withDiscount(middle).total <= due) high = middle;
    else low = middle + 1;
  }
  // Rounded taxes may go up by a unit where the discount does: not a unit more is asked for than the difference.
  while (withDiscount(low).total > due) low += 1;
  return { figures: withDiscount(low), discount: low, rest: 0 };
}
