import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { newId } from '../../../kernel/ids/ids';
import type { HoldLine, HoldReference } from '../contracts/hold-stock';
import { StockAlertRaised, StockChanged, type StockCause } from '../contracts/inventory-events';
import { JournalRepository } from '../data/journal.repository';
import { StockRepository } from '../data/stock.repository';
import { alreadyHeld, type Shortage } from '../domain/inventory.errors';
import { availableOf, crossing, planHold, sumDemand, type Level } from '../domain/stock.policy';

/** What a hold is to be. */
export interface HoldTerms {
  state: 'active' | 'committed';
  expiresAt: Date;
  /** Goods must keep beyond this; null: beyond now. */
  needBy: Date | null;
}

/** A level after a change, with what was available before it. */
interface Changed {
  level: Level;
  before: number;
}

/** What every command on stock does alike: hold all or nothing, and tell of changed levels and crossed thresholds. */
@Injectable()
export class StockDesk {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly stock: StockRepository,
    private readonly journal: JournalRepository,
  ) {}

  /**
   * Holds all lines or nothing. Levels are locked in id order; where stock is short, lapsed holds on those levels are
   * taken over, their lots are read again, and it is tried once more. Goods past their day are never given.
   * @returns the hold's id, or what is short (then nothing was written, lapsed holds aside)
   */
  async hold(
    reference: HoldReference,
    lines: readonly HoldLine[],
    { state, expiresAt, needBy }: HoldTerms,
  ): Promise<{ holdId: string; short: null } | { holdId: null; short: Shortage[] }> {
    const demand = sumDemand(lines);
    const skus = [...demand.keys()];
    const before = await this.stock.lockWithLots(skus, needBy);
    let levels = before;
    let plan = planHold(levels, demand);
    if (plan.short.length > 0) {
      const missing = new Set(plan.short.map((short) => short.sku));
      const ids = levels.filter((level) => missing.has(level.sku)).map((level) => level.id);
      const freed = ids.length > 0 ? await this.stock.takeOverLapsed(ids) : [];
      const lots = ids.length > 0 ? await this.stock.lotsOf(ids, { live: true, needBy }) : [];
      const fresh = new Map(freed.map((level) => [level.id, level]));
      levels = levels.map((level) =>
        missing.has(level.sku)
          ? { ...(fresh.get(level.id) ?? level), lots: lots.filter((lot) => lot.levelId === level.id) }
          : level,
      );
      plan = planHold(levels, demand);
      if (plan.short.length > 0) {
        if (freed.length > 0) await this.tell('lapse', freed[0].id, this.since(before, freed));
        return { holdId: null, short: plan.short };
      }
    }
    const holdId = newId();
    const held = await this.stock
      .hold({ id: holdId, reference, state, expiresAt, needBy }, plan.allocations)
      .catch(refine);
    // The rows were locked: fewer can only mean that somebody changed stock without the lock.
    if (held.length !== plan.allocations.length) throw new Error('A locked level changed beneath its lock.');
    await this.tell('hold', holdId, this.since(before, held));
    return { holdId, short: null };
  }

  /** Pairs changed levels with what was available in an earlier reading of them. */
  since(earlier: readonly Level[], levels: readonly Level[]): Changed[] {
    const before = new Map(earlier.map((level) => [level.id, availableOf(level)]));
    return levels.map((level) => ({ level, before: before.get(level.id) ?? 0 }));
  }

  /** Records that levels changed, raises alerts for thresholds crossed downwards and closes those crossed upwards. */
  async tell(cause: StockCause, documentId: string, changes: readonly Changed[]): Promise<void> {
    if (changes.length === 0) return;
    const tx = this.uow.current();
    const states = changes.map(({ level }) => ({
      levelId: level.id,
      sku: level.sku,
      locationId: level.locationId,
      onHand: level.onHand,
      reserved: level.reserved,
      available: availableOf(level),
      version: level.version,
    }));
    tx.record(new StockChanged(documentId, { cause, levels: states }));
    const way = ({ level, before }: Changed) => crossing(before, availableOf(level), level.reorderLevel);
    const up = changes.filter((change) => way(change) === 'up');
    const down = changes.filter((change) => way(change) === 'down');
    if (up.length > 0) await this.journal.resolveAlerts(up.map(({ level }) => level.id));
    if (down.length > 0) await this.raise(down.map(({ level }) => level));
  }

  private async raise(levels: Level[]): Promise<void> {
    const raised = await this.journal.raiseAlerts(levels.map((level) => ({ ...level, available: availableOf(level) })));
    const byId = new Map(levels.map((level) => [level.id, level]));
    for (const alert of raised) {
      const level = byId.get(alert.levelId)!;
      this.uow.current().record(
        new StockAlertRaised(level.id, {
          alertId: alert.id,
          kind: 'low_stock',
          levelId: level.id,
          sku: level.sku,
          locationId: level.locationId,
          locationName: level.locationName,
          available: availableOf(level),
          reorderLevel: level.reorderLevel,
        }),
      );
    }
  }
}

/** A second open hold of one reference breaks a unique index. */
function refine(error: unknown): never {
  const { code, constraint } = error as { code?: string; constraint?: string };
  throw code === '23505' && constraint === 'inventory_reservations_open' ? alreadyHeld() : error;
}
