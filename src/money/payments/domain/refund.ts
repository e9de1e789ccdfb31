export type RefundState = 'requested' | 'pending' | 'requires_action' | 'succeeded' | 'failed' | 'canceled';

/** The one table of allowed edges of a refund; a trigger holds the same ones, and a test tries every pair. */
export const REFUND_EDGES: Readonly<Record<RefundState, readonly RefundState[]>> = {
  requested: ['pending', 'requires_action', 'succeeded', 'failed', 'canceled'],
  pending: ['requires_action', 'succeeded', 'failed', 'canceled'],
  requires_action: ['pending', 'succeeded', 'failed', 'canceled'],
  /** Days later the bank may send the money back. */
  succeeded: ['failed'],
  failed: [],
  canceled: [],
};

export const REFUND_STATES = Object.keys(REFUND_EDGES) as RefundState[];

/** States in which the amount is reserved on its charge. */
export const OPEN_REFUNDS: readonly RefundState[] = ['requested', 'pending', 'requires_action'];

/** What a line, or the freight, was sold for: minor units, `gross` with its tax. */
export interface Sold {
  gross: number;
  tax: number;
}

/** What went back for it before, refunds that failed left out. */
export interface Earlier {
  quantity: number;
  amount: number;
}

/** Of `amount` what falls on the first `count` of `pieces`, half-up: parts counted from the start add up exactly. */
const upTo = (amount: number, pieces: number, count: number): number =>
  pieces === 0 ? 0 : Number((BigInt(amount) * BigInt(count) * 2n + BigInt(pieces)) / (2n * BigInt(pieces)));

/**
 * What goes back for pieces of a line: its cumulative share, and for the last piece all that is left, so that any chain of
 * refunds of a line adds up to what was paid for it. Minor units, with tax.
 */
export function worthOf(sold: Sold & { quantity: number }, earlier: Earlier, quantity: number): number {
  const left = Math.max(0, sold.gross - earlier.amount);
  if (earlier.quantity + quantity >= sold.quantity) return left;
  const share =
    upTo(sold.gross, sold.quantity, earlier.quantity + quantity) - upTo(sold.gross, sold.quantity, earlier.quantity);
  return Math.min(left, share);
}

/** The tax in an amount that goes back, cumulative over what went back before: all of it takes all of the tax along. */
export function taxIn({ gross, tax }: Sold, earlier: number, amount: number): number {
  const reached = Math.min(gross, earlier + amount);
  return Math.max(0, upTo(tax, gross, reached) - upTo(tax, gross, Math.min(gross, earlier)));
}
