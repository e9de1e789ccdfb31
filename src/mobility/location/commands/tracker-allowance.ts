import { Injectable } from '@nestjs/common';
import { EventLimits } from '../../../kernel/realtime/event-limits';
import { tooMuchTold } from '../domain/location.errors';

/** What one tracker may tell in each process: a day of fixes at once after it was out of reach, and twenty a second for good. */
const OF_TRACKER = { burst: 100_000, perSecond: 20 };

/** How many positions each tracker may still tell with its key. */
@Injectable()
export class TrackerAllowance {
  private readonly limits = new EventLimits();

  /** @throws AppError too-many `location.tracker-limit` */
  take(trackerId: string, positions: number): void {
    const wait = this.limits.take(trackerId, OF_TRACKER, positions);
    if (wait > 0) throw tooMuchTold(wait);
  }

  /** For positions that were not kept and will be told again. */
  giveBack(trackerId: string, positions: number): void {
    this.limits.giveBack(trackerId, OF_TRACKER, positions);
  }
}
