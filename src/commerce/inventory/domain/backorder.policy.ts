import { availableOf, byExpiry, type Level, type Lot } from './stock.policy';

/** Part of a hold on one level that no lot carries yet. */
export interface WaitingPart {
  lineId: string;
  holdId: string;
  referenceType: 'order' | 'cart';
  referenceId: string;
  needBy: Date | null;
  /** Where it is waited for. */
  levelId: string;
  sku: string;
  quantity: number;
}

/**
 * Gives free pieces to those who wait, first come first served: from the place where they wait, then the default one, then
 * others by id; there what expires first, and nothing that does not keep as long as the goods are needed.
 * @param queue in the order of who comes first
 * @param lots of these levels that are not past their day
 */
export function planAllocation<L extends Lot & { levelId: string }>(
  queue: readonly WaitingPart[],
  levels: readonly Level[],
  lots: readonly L[],
): { part: WaitingPart; levelId: string; lotId: string; quantity: number }[] {
  const left = new Map(lots.map((lot) => [lot.id, availableOf(lot)]));
  const ofLevel = new Map(
    levels.map((level) => [level.id, lots.filter((lot) => lot.levelId === level.id).sort(byExpiry)]),
  );
  return queue.flatMap((part) => {
    const rank = (level: Level): number => (level.id === part.levelId ? 0 : level.isDefault ? 1 : 2);
    const places = levels
      .filter(({ sku }) => sku === part.sku)
      .sort((a, b) => rank(a) - rank(b) || (a.id < b.id ? -1 : 1));
    let missing = part.quantity;
    return places.flatMap((level) =>
      ofLevel.get(level.id)!.flatMap((lot) => {
        const keeps = !part.needBy || !lot.removeAt || lot.removeAt > part.needBy;
        const quantity = keeps ? Math.min(left.get(lot.id)!, missing) : 0;
        if (quantity <= 0) return [];
        left.set(lot.id, left.get(lot.id)! - quantity);
        missing -= quantity;
        return [{ part, levelId: level.id, lotId: lot.id, quantity }];
      }),
    );
  });
}
