import { availableOf, takeFrom, type Lot } from './stock.policy';

/**
 * A stock count: `open` while people count; `approved` when what they found became the stock; or `cancelled`. It ends
 * once (a trigger says so too).
 */
export const COUNT_STATES = ['open', 'approved', 'cancelled'] as const;
export type CountState = (typeof COUNT_STATES)[number];

export const canMoveCount = (from: CountState, _to: CountState): boolean => from === 'open';

/** What becomes of lines that nobody counted: the count is not approved, they stay as they are, or nothing is there. */
export const UNCOUNTED = ['refuse', 'keep', 'zero'] as const;
export type Uncounted = (typeof UNCOUNTED)[number];

/** What reading the serial numbers on a shelf says of one: it lies there as the books say, it does not, or nobody knew of it. */
export const SERIAL_FINDINGS = ['seen', 'missing', 'found'] as const;
export type SerialFinding = (typeof SERIAL_FINDINGS)[number];

/** Pieces of one batch at one level, or those there without a batch number. */
export interface CountLine {
  id: string;
  levelId: string;
  sku: string;
  lotNumber: string | null;
  /** Null: not counted. */
  counted: number | null;
  /** What lay there in the books at the moment of counting. */
  expected: number | null;
  /** Pieces that are missing, and pieces that nobody knew of, where serial numbers were read; null: counted by number. */
  missing: number | null;
  found: number | null;
}

type Counted = Pick<Lot, 'id' | 'onHand' | 'reserved' | 'unavailable'>;

/**
 * By how much each line's stock changes: by what was counted less what lay there in the books at that very moment, so that
 * whatever moved since is left alone. A line that nobody counted changes by all that lies there now, where `zero` says so.
 */
export const varianceOf = (
  { counted, expected }: Pick<CountLine, 'counted' | 'expected'>,
  lots: readonly Counted[],
): number => (counted === null ? -lots.reduce((sum, lot) => sum + lot.onHand, 0) : counted - expected!);

/**
 * Spreads the variance of a line over its lots, in the order in which missing pieces are taken; found ones go into the
 * last of the lots, or into `home` where they have no batch number.
 * @returns null where more is missing than is neither promised nor set aside
 */
export function spreadVariance(
  variance: number,
  lots: readonly Counted[],
  home: string,
): { lotId: string; quantity: number }[] | null {
  if (variance === 0) return [];
  if (variance > 0) return [{ lotId: home, quantity: variance }];
  const free = lots.map((lot) => ({ id: lot.id, free: Math.max(0, availableOf(lot)) }));
  const taken = takeFrom(free, -variance).map(({ lotId, quantity }) => ({ lotId, quantity: -quantity }));
  return taken.reduce((sum, share) => sum + share.quantity, 0) === variance ? taken : null;
}
