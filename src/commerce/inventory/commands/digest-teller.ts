import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../../kernel/database/transaction';
import { StockDigestDue } from '../contracts/inventory-events';
import { DigestRepository } from '../data/digest.repository';
import { nextDigest } from '../domain/stock-digest';

/** Alerts that a digest names; it counts all of them. */
const MOST_ALERTS = 50;

/** Says once a day what is open about the stock. */
@Injectable()
export class DigestTeller {
  constructor(private readonly digests: DigestRepository) {}

  /**
   * The digest that was planned for `due` is due; one that was planned anew meanwhile is not. Nothing is said where nothing
   * is open.
   * @param now as the timer was told: by a clock that is behind the same moment would come once more
   * @returns when the next is due; null: none is planned from here
   */
  async tell(due: Date, now: Date, tx: Transaction): Promise<Date | null> {
    const { hour, nextAt } = await this.digests.lock();
    if (hour === null || nextAt?.getTime() !== due.getTime()) return null;
    const next = nextDigest(now, hour);
    await this.digests.plan(hour, next);
    const open = await this.digests.open(MOST_ALERTS);
    if (Object.values(open.counts).some((count) => count > 0)) {
      const alerts = open.alerts.map(({ removeAt, ...alert }) => ({
        ...alert,
        removeAt: removeAt && new Date(removeAt).toISOString(),
      }));
      tx.record(new StockDigestDue(tx.tenantId, { ...open, alerts, day: due.toISOString().slice(0, 10) }));
    }
    return next;
  }
}
