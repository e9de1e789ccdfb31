import { Injectable } from '@nestjs/common';
import { Clock } from '../../../kernel/clock/clock';
import { NotYet } from '../../../kernel/messaging/reaction';
import type { HoldLine } from '../contracts/hold-stock';
import { ReservationRepository, type OpenLine } from '../data/reservation.repository';
import { StockRepository } from '../data/stock.repository';
import { exceedsHold } from '../domain/inventory.errors';
import { reservationSources, type Reservation } from '../domain/reservation';
import { availableOf, sumDemand, takeFrom } from '../domain/stock.policy';
import { StockDesk } from './stock-desk';

/** Ends holds, wholly or in part, and gives their stock back. */
@Injectable()
export class HoldCloser {
  constructor(
    private readonly clock: Clock,
    private readonly reservations: ReservationRepository,
    private readonly stock: StockRepository,
    private readonly desk: StockDesk,
  ) {}

  /**
   * Expires a hold that lapsed; does nothing to one that was committed or released meanwhile, or that lives longer than it was to
   * when this was planned: then that was planned anew.
   */
  async expire(holdId: string, planned?: Date): Promise<void> {
    const hold = await this.reservations.lock(holdId);
    if (!hold || hold.state !== 'active' || (planned && hold.expiresAt > planned)) return;
    if (hold.expiresAt > this.clock.now()) throw new NotYet('the hold has not lapsed yet', 1);
    await this.close(hold, 'expired', 'lapsed');
  }

  /** Ends a locked, open hold; what left the house already stays shipped. */
  async close(hold: Reservation, to: 'released' | 'expired', reason: string): Promise<void> {
    await this.settle(hold, await this.reservations.lockOpenLines(hold.id), { rows: 'keep', to, reason });
  }

  /**
   * Gives back exactly these pieces of a locked, open hold: of each SKU what is promised beyond the stock first, then
   * what would expire last. The hold ends when nothing is left.
   */
  async giveBack(hold: Reservation, lines: readonly HoldLine[], reason: string): Promise<void> {
    const open = await this.reservations.lockOpenLines(hold.id);
    const leaving: OpenLine[] = [];
    for (const [sku, wanted] of sumDemand(lines)) {
      const held = open.filter((line) => line.sku === sku);
      let missing = wanted;
      for (const line of held.sort((a, b) => b.backordered - a.backordered)) {
        const part = pieceOf(line, missing);
        if (part.quantity > 0) leaving.push(part);
        missing -= part.quantity;
      }
      if (missing > 0) throw exceedsHold(sku, wanted, wanted - missing);
    }
    const left = sumOf(open) - sumOf(leaving);
    const shipped = left === 0 && (await this.reservations.shipped(hold.id));
    const to = left > 0 ? null : shipped ? ('fulfilled' as const) : ('released' as const);
    await this.settle(hold, leaving, { rows: 'drop', to, reason });
  }

  private async settle(
    hold: Reservation,
    lines: readonly OpenLine[],
    { rows, to, reason }: { rows: 'keep' | 'drop'; to: 'released' | 'expired' | 'fulfilled' | null; reason: string },
  ): Promise<void> {
    const levels = await this.stock.settle({
      holdId: hold.id,
      rows,
      lines: lines.map(({ lineId, levelId, quantity, backordered }) => ({ lineId, levelId, quantity, backordered })),
      allocations: lines.flatMap((line) =>
        line.lots.map(({ id, allocationId, quantity }) => ({ allocationId, lotId: id, quantity })),
      ),
      to,
      from: to ? reservationSources(to) : [hold.state],
      reason,
    });
    const gained = new Map(lines.map((line) => [line.levelId, line.quantity]));
    const changes = levels.map((level) => ({
      level,
      was: { onHand: level.onHand, available: availableOf(level) - (gained.get(level.id) ?? 0) },
    }));
    await this.desk.tell(to === 'expired' ? 'lapse' : 'release', hold.id, changes);
  }
}

const sumOf = (lines: readonly OpenLine[]): number => lines.reduce((sum, line) => sum + line.quantity, 0);

/** Up to `most` pieces of a line: what is backordered first, then from the lots that expire last. */
function pieceOf(line: OpenLine, most: number): OpenLine {
  const backordered = Math.min(line.backordered, most);
  const lots = [...line.lots].reverse().map(({ id, quantity }) => ({ id, free: quantity }));
  const shares = takeFrom(lots, Math.min(most, line.quantity) - backordered);
  const quantity = backordered + shares.reduce((sum, share) => sum + share.quantity, 0);
  const byId = new Map(line.lots.map((lot) => [lot.id, lot]));
  return {
    ...line,
    quantity,
    backordered,
    lots: shares.map((share) => ({ ...byId.get(share.lotId)!, quantity: share.quantity })),
  };
}
