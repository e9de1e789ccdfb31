import type { CartLine, Sellable } from './cart-quote';
import type { NewLine } from './order-line';

/**
 * A cart holds without a break for at most so many times the minutes of the policy, however often it is changed; then it holds
 * nothing for once these minutes, in which the goods are anybody's.
 */
export const MOST_HOLD_TIMES = 3;

/** Since when a cart holds, or held last, and until when; null: it never did. */
export interface HoldSpan {
  since: Date;
  until: Date;
}

/** What a cart holds of the stock. */
export interface CartHold {
  span: HoldSpan | null;
  /** SKUs of the stock that it asks for and does not hold, since others had them. */
  unheld: string[];
  /** Who is counted for it; see `Shoppers`. Null: nobody. */
  heldFor: Buffer | null;
}

/**
 * Until when a cart that is changed now holds what is in it.
 * @param last spans of the cart, and of those whose contents come into it
 * @param minutes of the shop's policy
 * @returns null while it has held long enough
 */
export function nextSpan(last: readonly (HoldSpan | null)[], minutes: number, now: Date): HoldSpan | null {
  const length = minutes * 60_000;
  const going = last.filter((span) => span !== null && span.until.getTime() + length > now.getTime());
  const since = Math.min(now.getTime(), ...going.map((span) => span!.since.getTime()));
  const until = Math.min(now.getTime() + length, since + MOST_HOLD_TIMES * length);
  return until > now.getTime() ? { since: new Date(since), until: new Date(until) } : null;
}

/** Lines that take from the stock, and which SKUs among them may be sold beyond it. */
export interface Goods {
  lines: Pick<NewLine, 'sku' | 'quantity' | 'components'>[];
  beyond: ReadonlyMap<string, 'backorder' | 'preorder'>;
}

/** What of some lines is for sale. */
export function goodsOf(lines: readonly CartLine[], variants: readonly Sellable[]): Goods {
  const bySku = new Map(variants.filter(({ active }) => active).map((variant) => [variant.sku, variant]));
  const sold = lines.filter(({ sku }) => bySku.has(sku));
  return {
    lines: sold.map(({ sku, quantity }) => ({ sku, quantity, components: bySku.get(sku)!.components ?? null })),
    beyond: new Map(
      [...bySku.values()].flatMap(({ sku, backorder = 'no' }) => (backorder === 'no' ? [] : [[sku, backorder]])),
    ),
  };
}

/** True where all of what a line takes from the stock is held now. */
export function holdsLine({ span, unheld }: CartHold, variant: Sellable, now: Date): boolean {
  if (!span || span.until <= now) return false;
  return (variant.components ?? [{ sku: variant.sku }]).every(({ sku }) => !unheld.includes(sku));
}
