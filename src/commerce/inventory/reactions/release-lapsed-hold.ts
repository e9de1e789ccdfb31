import { Timer, type Fires } from '../../../kernel/messaging/reaction';
import { HoldCloser } from '../commands/hold-closer';

/** Gives the stock of a hold back at the time it lapses, unless it was committed or released before. */
@Timer({ name: 'inventory.release-lapsed-hold' })
export class ReleaseLapsedHold implements Fires<{ holdId: string }> {
  constructor(private readonly closer: HoldCloser) {}

  async fire({ holdId }: { holdId: string }): Promise<void> {
    await this.closer.expire(holdId);
  }
}
