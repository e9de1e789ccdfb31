/** Why somebody has to look at stock. */
export const ALERT_KINDS = ['low_stock', 'out_of_stock', 'expiring', 'overstock'] as const;
export type AlertKind = (typeof ALERT_KINDS)[number];

/** From when on stock of an item at a location is worth an alert. */
export interface Thresholds {
  /** Low is what can be sold at or below this; 0: never, sold out is an alert of its own. */
  reorderLevel: number;
  /** Too much is what is on hand above this; null: never. */
  overstockLevel: number | null;
  /** Days before the day of removal at which a lot without an alert date is told of. */
  expiryAlertDays: number;
}

/** What holds where neither item nor shop say anything: a lot is told of when it must be taken away. */
export const BUILT_IN: Thresholds = { reorderLevel: 0, overstockLevel: null, expiryAlertDays: 0 };

/** Pieces of a level at one moment: what can be sold (without lots past their day), and all that lie there. */
export interface Counts {
  sellable: number;
  onHand: number;
}

/** What a change did to a level; null where nobody knows what was before. */
export interface Step {
  before: Counts | null;
  after: Counts;
}

/** A level as it is now. */
export interface Watched extends Thresholds {
  now: Counts;
  /** Kinds of its open alerts. */
  open: readonly AlertKind[];
}

/**
 * Which alerts of a level open and close. One is raised when the change crossed its threshold and the level is beyond it
 * still; it closes when the level is back, and only then can it be raised again. A level that was never above a
 * threshold crosses none. Selling out at one stroke is one alert, not two: stock is low again when a little came.
 */
export function decide(level: Watched, { before, after }: Step): { raise: AlertKind[]; resolve: AlertKind[] } {
  const { now, open, reorderLevel, overstockLevel } = level;
  const low = (counts: Counts): boolean => counts.sellable <= reorderLevel;
  const out = (counts: Counts): boolean => counts.sellable <= 0;
  const over = (counts: Counts): boolean => overstockLevel !== null && counts.onHand > overstockLevel;
  const crossed = (beyond: (counts: Counts) => boolean): boolean =>
    before !== null && !beyond(before) && beyond(after) && beyond(now);
  const refilled = open.includes('out_of_stock') && !out(now);
  const raise = {
    low_stock: reorderLevel > 0 && !out(now) && low(now) && (crossed(low) || refilled),
    out_of_stock: crossed(out),
    overstock: crossed(over),
  };
  const beyond = { low_stock: reorderLevel > 0 && low(now), out_of_stock: out(now), overstock: over(now) };
  const kinds = ['low_stock', 'out_of_stock', 'overstock'] as const;
  return {
    raise: kinds.filter((kind) => raise[kind] && !open.includes(kind)),
    resolve: kinds.filter((kind) => open.includes(kind) && !beyond[kind]),
  };
}
