import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { StockAlertRaised, type LevelState } from '../contracts/inventory-events';
import { AlertRepository, type WatchedLevel, type WatchedLot } from '../data/alert.repository';
import { StockRepository } from '../data/stock.repository';
import { decide, type AlertKind, type Step } from '../domain/stock-alert';

/** What an earlier and a later count of a level were, as the level itself counts: lots past their day included. */
export type Change = Pick<LevelState, 'levelId' | 'onHand' | 'available' | 'was'>;

/**
 * Raises and closes alerts, after the change and outside of its transaction: nobody who buys waits for it. What is to be
 * written is decided on levels that are locked, so that alerts agree with the stock whatever happens meanwhile: a change
 * that comes later brings its own event, and that is looked at after this commit.
 */
@Injectable()
export class StockWatch {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly alerts: AlertRepository,
    private readonly stock: StockRepository,
  ) {}

  /** Looks at levels that changed. */
  async look(changes: readonly Change[]): Promise<void> {
    const byLevel = new Map(changes.map((change) => [change.levelId, change]));
    await this.settle([...byLevel.keys()], (level) => {
      const { onHand, available, was } = byLevel.get(level.levelId)!;
      const counts = (it: { onHand: number; available: number }) => ({
        sellable: it.available - level.expired,
        onHand: it.onHand,
      });
      return { before: was ? counts(was) : null, after: counts({ onHand, available }) };
    });
  }

  /** Looks at levels whose thresholds were changed by hand: what is beyond them now is told, whatever it was before. */
  async thresholdsChanged(levelIds: readonly string[]): Promise<void> {
    await this.settle(levelIds, ({ now }) => ({
      before: { sellable: now.sellable > 0 ? Number.POSITIVE_INFINITY : now.sellable, onHand: -1 },
      after: now,
    }));
  }

  /**
   * The look that was planned for `due`: lots whose alert date or day of removal passed.
   * @returns when to look next; null when another look was planned instead of this one
   */
  async lookAtExpiry(due: Date): Promise<Date | null> {
    const { lookedAt, nextLookAt } = await this.alerts.looks();
    if (nextLookAt?.getTime() !== due.getTime()) return null;
    const expired = new Map(
      (await this.alerts.expiredSince(lookedAt ?? new Date(0))).map((row) => [row.levelId, row.quantity]),
    );
    const lots = await this.alerts.lots(null);
    const ids = new Set([...expired.keys(), ...lots.map((lot) => lot.levelId), ...(await this.alerts.alerted())]);
    await this.settle([...ids], ({ levelId, now }) => ({
      before: { ...now, sellable: now.sellable + (expired.get(levelId) ?? 0) },
      after: now,
    }));
    return this.alerts.looked(due);
  }

  /** Notes that the staff is told of an alert now. @returns false when it was told before */
  claim(alertId: string): Promise<boolean> {
    return this.alerts.claim(alertId);
  }

  private async settle(ids: readonly string[], stepOf: (level: WatchedLevel) => Step): Promise<void> {
    if (ids.length === 0) return;
    const peek = await this.alerts.levels(ids);
    const lots = await this.alerts.lots(ids);
    const touched = peek
      .filter((level) => {
        const { raise, resolve } = decide(level, stepOf(level));
        return raise.length + resolve.length > 0 || lots.some((lot) => lot.levelId === level.levelId);
      })
      .map((level) => level.levelId);
    if (touched.length === 0) return;
    await this.stock.lockByIds(touched);
    await this.write(await this.alerts.levels(touched), await this.alerts.lots(touched), stepOf);
  }

  private async write(
    levels: readonly WatchedLevel[],
    lots: readonly WatchedLot[],
    stepOf: (level: WatchedLevel) => Step,
  ): Promise<void> {
    const byId = new Map(levels.map((level) => [level.levelId, level]));
    const decided = levels.map((level) => ({ level, ...decide(level, stepOf(level)) }));
    const resolved = [
      ...decided.flatMap(({ level, resolve }) =>
        resolve.map((kind) => ({ levelId: level.levelId, kind, lotId: null as string | null })),
      ),
      ...lots
        .filter((lot) => !lot.due)
        .map(({ levelId, lotId }) => ({ levelId, kind: 'expiring' as AlertKind, lotId: lotId as string | null })),
    ];
    if (resolved.length > 0) await this.alerts.resolve(resolved);
    const due = [
      ...decided.flatMap(({ level, raise }) => raise.map((kind) => ({ level, kind, lot: null as WatchedLot | null }))),
      ...lots
        .filter((lot) => lot.due)
        .map((lot) => ({ level: byId.get(lot.levelId)!, kind: 'expiring' as AlertKind, lot })),
    ];
    if (due.length === 0) return;
    const rows = due.map(({ level, kind, lot }) => ({
      levelId: level.levelId,
      sku: level.sku,
      locationId: level.locationId,
      kind,
      lotId: lot?.lotId ?? null,
      available: level.now.sellable,
      onHand: lot?.onHand ?? level.now.onHand,
      reorderLevel: kind === 'low_stock' || kind === 'out_of_stock' ? level.reorderLevel : null,
      overstockLevel: kind === 'overstock' ? level.overstockLevel : null,
      removeAt: lot?.removeAt ?? null,
    }));
    const numbers = new Map(lots.map((lot) => [lot.lotId, lot.number]));
    for (const { id, levelId, kind, lotId, removeAt, ...counts } of await this.alerts.raise(rows)) {
      const { sku, locationId, locationName, reorderLevel } = byId.get(levelId)!;
      this.uow.current().record(
        new StockAlertRaised(levelId, {
          alertId: id,
          kind,
          levelId,
          sku,
          locationId,
          locationName,
          ...counts,
          reorderLevel,
          lotId,
          lotNumber: lotId === null ? null : (numbers.get(lotId) ?? null),
          removeAt: removeAt?.toISOString() ?? null,
        }),
      );
    }
  }
}
