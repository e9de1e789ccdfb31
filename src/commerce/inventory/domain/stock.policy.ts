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
  backorderLimit: number;
  reorderLevel: number;
  version: number;
}

/** Part of a hold on one level. */
export interface Allocation {
  levelId: string;
  sku: string;
  quantity: number;
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

/**
 * Spreads demand over levels: the default location first, then the others by id, splitting where one cannot cover.
 * @returns allocations in level id order (the lock order), and what is short of each SKU
 */
export function planHold(
  levels: readonly Level[],
  demand: ReadonlyMap<string, number>,
): { allocations: Allocation[]; short: Shortage[] } {
  const allocations: Allocation[] = [];
  const short: Shortage[] = [];
  for (const [sku, requested] of demand) {
    const candidates = levels
      .filter((level) => level.sku === sku)
      .sort((a, b) => Number(b.isDefault) - Number(a.isDefault) || (a.id < b.id ? -1 : 1));
    let missing = requested;
    let available = 0;
    for (const level of candidates) {
      const free = Math.max(0, availableOf(level) + level.backorderLimit);
      available += free;
      const quantity = Math.min(free, missing);
      if (quantity > 0) allocations.push({ levelId: level.id, sku, quantity });
      missing -= quantity;
    }
    if (missing > 0) short.push({ sku, requested, available });
  }
  return { allocations: allocations.sort((a, b) => (a.levelId < b.levelId ? -1 : 1)), short };
}

/** How a change of the available quantity stands to the reorder level. */
export function crossing(before: number, after: number, reorderLevel: number): 'down' | 'up' | null {
  if (before > reorderLevel && after <= reorderLevel) return 'down';
  if (before <= reorderLevel && after > reorderLevel) return 'up';
  return null;
}
