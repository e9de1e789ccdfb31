import { takeFrom } from './stock.policy';

/**
 * Why pieces that lie there cannot be sold: broken; kept apart until somebody decides; being inspected; or kept back as
 * safety stock. On hand = available + reserved + all of these.
 */
export const UNAVAILABLE_STATES = ['damaged', 'quarantine', 'quality_control', 'safety'] as const;
export type UnavailableState = (typeof UNAVAILABLE_STATES)[number];
export type StockState = 'available' | UnavailableState;
export const STOCK_STATES: readonly StockState[] = ['available', ...UNAVAILABLE_STATES];
/** Where pieces can go: into another state, or out of the stock for good. */
export const STATE_TARGETS: readonly (StockState | 'written_off')[] = [...STOCK_STATES, 'written_off'];

/** A lot with the pieces that are in each state; what is promised is in none of them. */
export interface LotStates {
  id: string;
  levelId: string;
  number: string | null;
  pieces: Record<StockState, number>;
}

export interface StateLine {
  levelId: string;
  lotNumber: string | null;
  /** Of this lot alone. */
  lotId?: string;
  from: StockState;
  /** `written_off`: they leave the stock for good. */
  to: StockState | 'written_off';
  quantity: number;
}

/** Pieces of one lot that change their state. */
export interface StateMove {
  line: number;
  lotId: string;
  levelId: string;
  from: StockState;
  to: StateLine['to'];
  quantity: number;
}

/**
 * Takes each line's pieces from lots in the order given (first to expire first), one line after another: what a line
 * brought into a state the next may take on.
 * @returns the moves, or the first line that asks for more than there is
 */
export function planStates(
  lots: readonly LotStates[],
  lines: readonly StateLine[],
): { moves: StateMove[]; short: null } | { moves: null; short: { line: number; there: number } } {
  const pieces = new Map(lots.map((lot) => [lot.id, { ...lot.pieces }]));
  const moves: StateMove[] = [];
  for (const [index, { levelId, lotNumber, lotId, from, to, quantity }] of lines.entries()) {
    const own = lots.filter(
      (lot) =>
        lot.levelId === levelId && (lotNumber === null || lot.number === lotNumber) && (!lotId || lot.id === lotId),
    );
    const free = own.map(({ id }) => ({ id, free: Math.max(0, pieces.get(id)![from]) }));
    const there = free.reduce((sum, lot) => sum + lot.free, 0);
    if (there < quantity) return { moves: null, short: { line: index, there } };
    for (const share of takeFrom(free, quantity)) {
      const states = pieces.get(share.lotId)!;
      states[from] -= share.quantity;
      if (to !== 'written_off') states[to] += share.quantity;
      moves.push({ line: index, levelId, from, to, ...share });
    }
  }
  return { moves, short: null };
}
