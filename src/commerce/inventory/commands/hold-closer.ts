import { Injectable } from '@nestjs/common';
import { Clock } from '../../../kernel/clock/clock';
import { NotYet } from '../../../kernel/messaging/reaction';
import { ReservationRepository } from '../data/reservation.repository';
import { StockRepository } from '../data/stock.repository';
import { reservationSources, type Reservation } from '../domain/reservation';
import { availableOf } from '../domain/stock.policy';
import { StockDesk } from './stock-desk';

/** Ends holds and gives their stock back. */
@Injectable()
export class HoldCloser {
  constructor(
    private readonly clock: Clock,
    private readonly reservations: ReservationRepository,
    private readonly stock: StockRepository,
    private readonly desk: StockDesk,
  ) {}

  /** Expires a hold that lapsed; does nothing to one that was committed or released meanwhile. */
  async expire(holdId: string): Promise<void> {
    const hold = await this.reservations.lock(holdId);
    if (!hold || hold.state !== 'active') return;
    if (hold.expiresAt > this.clock.now()) throw new NotYet('the hold has not lapsed yet', 1);
    await this.close(hold, 'expired', 'lapsed');
  }

  /** Ends a locked, open hold. */
  async close(hold: Reservation, to: 'released' | 'expired', reason: string): Promise<void> {
    const lines = new Map((await this.reservations.openLines(hold.id)).map((line) => [line.levelId, line.quantity]));
    const levels = await this.stock.giveBack(hold.id, to, reservationSources(to), reason);
    const changes = levels.map((level) => ({ level, before: availableOf(level) - (lines.get(level.id) ?? 0) }));
    await this.desk.tell(to === 'expired' ? 'lapse' : 'release', hold.id, changes);
  }
}
