import { Injectable } from '@nestjs/common';
import type { Money } from '../../../kernel/money/money';
import { StockRepository, type LotRow } from '../data/stock.repository';
import { belowReserved } from '../domain/inventory.errors';
import { availableOf, takeFrom, type Level } from '../domain/stock.policy';

/** A change of one lot's count. */
export interface CountedLot {
  levelId: string;
  lotId: string;
  /** More or fewer pieces, never zero. */
  quantity: number;
  unitCost: Money | null;
}

/** Spreads counted differences of whole levels over their lots. */
@Injectable()
export class LotCounter {
  constructor(private readonly stock: StockRepository) {}

  /**
   * More pieces than known go to the level's nameless lot; fewer are taken from it first and then from the lots that
   * expire first, never from what is promised or unavailable. The levels are locked by the caller.
   * @throws AppError conflict `inventory.below-reserved`
   */
  async spread(changes: readonly { level: Level; change: number }[]): Promise<CountedLot[]> {
    const fewer = changes.filter(({ change }) => change < 0).map(({ level }) => level.id);
    const lots = fewer.length > 0 ? await this.stock.lotsOf(fewer) : [];
    const impossible: { sku: string; onHand: number; reserved: number }[] = [];
    const counted = changes.flatMap(({ level, change }): CountedLot[] => {
      if (change > 0) return [{ levelId: level.id, lotId: level.id, quantity: change, unitCost: null }];
      const own = lots.filter((lot) => lot.levelId === level.id);
      const order = [...own.filter((lot) => lot.id === level.id), ...own.filter((lot) => lot.id !== level.id)];
      const shares = takeFrom(
        order.map((lot) => ({ id: lot.id, free: availableOf(lot) })),
        -change,
      );
      const taken = shares.reduce((sum, share) => sum + share.quantity, 0);
      if (taken < -change) {
        impossible.push({ sku: level.sku, onHand: level.onHand + change, reserved: level.reserved });
      }
      const byId = new Map(own.map((lot) => [lot.id, lot]));
      return shares.map(({ lotId, quantity }) => ({
        levelId: level.id,
        lotId,
        quantity: -quantity,
        unitCost: costOf(byId.get(lotId)!),
      }));
    });
    if (impossible.length > 0) throw belowReserved(impossible);
    return counted;
  }
}

/** What a piece of a lot cost; null where nobody said. */
export const costOf = (lot: Pick<LotRow, 'unitCost' | 'costCurrency'>): Money | null =>
  lot.unitCost === null ? null : { amount: lot.unitCost, currency: lot.costCurrency! };
