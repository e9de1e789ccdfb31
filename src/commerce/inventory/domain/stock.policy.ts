import type { HoldLine } from '../contracts/hold-stock';
import type { Shortage } from './inventory.errors';

/** One level as it stands, locked by the transaction that read it. */
export interface Level {
  id: string;
  sku: string;
  locationId: string;
  locationName: string;
  isDefault: boolean;
  onHand: number;
  reserved: number;
  unavailable: number;
  incoming: number;
  reorderLevel: number;
  /** Pieces promised beyond what lies here: the part of `reserved` that no lot carries. */
  backordered: number;
  /** The part of `incoming` that papers account for: purchase orders, transfers under way. */
  expected: number;
  version: number;
}

/** A batch, or goods of one cost, at a level. The nameless lot of a level has the level's own id. */
export interface Lot {
  id: string;
  /** Null for goods without a batch number. */
  number: string | null;
  receivedAt: Date;
  /** From then on it is never given out; null: it keeps. */
  removeAt: Date | null;
  onHand: number;
  reserved: number;
  unavailable: number;
}

/** A level with those of its lots that may be given out, first to expire first. */
export interface StockedLevel extends Level {
  lots: Lot[];
}

/** A number of pieces of one lot. */
export interface LotShare {
  lotId: string;
  quantity: number;
}

/** Part of a hold on one level: `quantity` is the sum of its lots and of what is promised beyond them. */
export interface Allocation {
  levelId: string;
  sku: string;
  quantity: number;
  backordered: number;
  lots: LotShare[];
}

/** Pieces that can be promised without backorders. May be negative where backorders are allowed. */
export const availableOf = (level: Pick<Level, 'onHand' | 'unavailable' | 'reserved'>): number =>
  level.onHand - level.unavailable - level.reserved;

/** Demand per SKU: several lines of one SKU are one demand, or each alone could look coverable. */
export function sumDemand(lines: readonly HoldLine[]): Map<string, number> {
  const demand = new Map<string, number>();
  for (const { sku, quantity } of lines) demand.set(sku, (demand.get(sku) ?? 0) + quantity);
  return demand;
}

/** First expired, first out: by the day of removal (what keeps comes last), then by arrival, then by id. */
export function byExpiry(a: Pick<Lot, 'removeAt' | 'receivedAt' | 'id'>, b: typeof a): number {
  const day = (lot: typeof a): number => lot.removeAt?.getTime() ?? Infinity;
  const [first, second] = [day(a), day(b)];
  if (first !== second) return first < second ? -1 : 1;
  return a.receivedAt.getTime() - b.receivedAt.getTime() || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
}

/** Takes up to `quantity` pieces from lots in the order given, splitting where one cannot cover. */
export function takeFrom(lots: readonly { id: string; free: number }[], quantity: number): LotShare[] {
  const shares: LotShare[] = [];
  let missing = quantity;
  for (const { id, free } of lots) {
    const taken = Math.min(free, missing);
    if (taken > 0) shares.push({ lotId: id, quantity: taken });
    missing -= Math.max(0, taken);
  }
  return shares;
}

/** How far a SKU may be promised beyond its stock. */
export interface BeyondTerms {
  mode: 'backorder' | 'preorder';
  /** Most pieces that may be waited for at a time; null: any number. */
  most: number | null;
  promisedAt: Date | null;
}

/**
 * Spreads demand over levels and their lots: the default location first, then the others by id, within a level first
 * expired first out; splitting where one cannot cover. Pieces that others wait for are theirs. What is short then is promised
 * beyond the stock, at the first of these levels, where terms allow it and as far.
 * @param levels with the lots that may be given out, in any order; all levels of the SKUs that the caller locked
 * @returns allocations in level id order (the lock order), and what is short of each SKU
 */
export function planHold(
  levels: readonly StockedLevel[],
  demand: ReadonlyMap<string, number>,
  terms: ReadonlyMap<string, BeyondTerms> = new Map(),
): { allocations: Allocation[]; short: Shortage[] } {
  const allocations = new Map<string, Allocation>();
  const short: Shortage[] = [];
  for (const [sku, requested] of demand) {
    const candidates = levels
      .filter((level) => level.sku === sku)
      .sort((a, b) => Number(b.isDefault) - Number(a.isDefault) || (a.id < b.id ? -1 : 1));
    const free = candidates.map((level) =>
      [...level.lots].sort(byExpiry).map((lot) => ({ id: lot.id, free: availableOf(lot) })),
    );
    const waited = candidates.reduce((sum, level) => sum + level.backordered, 0);
    const spare = Math.max(0, free.flat().reduce((sum, lot) => sum + Math.max(0, lot.free), 0) - waited);
    let missing = requested;
    candidates.forEach((level, index) => {
      const lots = takeFrom(free[index], Math.min(missing, spare - (requested - missing)));
      const quantity = lots.reduce((sum, share) => sum + share.quantity, 0);
      if (quantity > 0) allocations.set(level.id, { levelId: level.id, sku, quantity, backordered: 0, lots });
      missing -= quantity;
    });
    const allowed = terms.get(sku);
    const room = allowed && candidates.length > 0 ? Math.max(0, (allowed.most ?? Infinity) - waited) : 0;
    if (missing > room) short.push({ sku, requested, available: spare + room });
    else if (missing > 0) {
      const { id } = candidates[0];
      const there = allocations.get(id) ?? { levelId: id, sku, quantity: 0, backordered: 0, lots: [] };
      allocations.set(id, { ...there, quantity: there.quantity + missing, backordered: missing });
    }
  }
  return { allocations: [...allocations.values()].sort((a, b) => (a.levelId < b.levelId ? -1 : 1)), short };
}
