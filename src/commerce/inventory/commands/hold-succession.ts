import { Injectable } from '@nestjs/common';
import { Clock } from '../../../kernel/clock/clock';
import type { Holder, HoldLine, HoldReference } from '../contracts/hold-stock';
import { ReservationRepository } from '../data/reservation.repository';
import { StockRepository } from '../data/stock.repository';
import { HoldCloser } from './hold-closer';
import { StockDesk, type Held, type HoldTerms } from './stock-desk';

/** Puts holds in the place of those of carts, within one commit. */
@Injectable()
export class HoldSuccession {
  constructor(
    private readonly clock: Clock,
    private readonly reservations: ReservationRepository,
    private readonly stock: StockRepository,
    private readonly closer: HoldCloser,
    private readonly desk: StockDesk,
  ) {}

  /**
   * Holds lines for a reference in place of what carts hold. One live hold of exactly these lines is handed over as it is; any
   * others are given back before the lines are held anew, behind the locks of all levels of both.
   * @returns as `StockDesk.hold`; where something is short, the holds of the carts are given back already
   */
  async hold(
    reference: HoldReference<Holder>,
    carts: readonly HoldReference<'cart'>[],
    lines: readonly HoldLine[],
    terms: HoldTerms,
  ): Promise<Held> {
    const open = await this.reservations.lockOpenOf(carts);
    if (open.length === 1) {
      const waiting = await this.reservations.handOver(open[0].id, { reference, ...terms }, lines);
      if (waiting) return { holdId: open[0].id, waiting, short: null };
    }
    const skus = lines.map(({ sku }) => sku);
    if (open.length > 0) {
      const ids = open.map(({ id }) => id);
      await this.stock.lockAround(ids, skus);
      for (const hold of open) {
        const lapsed = hold.expiresAt <= this.clock.now();
        await this.closer.close(hold, lapsed ? 'expired' : 'released', lapsed ? 'lapsed' : 'held anew');
      }
    }
    return this.desk.hold(reference, lines, terms);
  }

  /** Gives back what carts hold. */
  async end(carts: readonly HoldReference<'cart'>[]): Promise<void> {
    const open = await this.reservations.lockOpenOf(carts);
    if (open.length > 1)
      await this.stock.lockAround(
        open.map(({ id }) => id),
        [],
      );
    for (const hold of open) await this.closer.close(hold, 'released', 'cart emptied');
  }
}
