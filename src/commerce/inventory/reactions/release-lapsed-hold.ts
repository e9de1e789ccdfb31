import { Timer, type Fires } from '../../../kernel/messaging/reaction';
import { HoldCloser } from '../commands/hold-closer';

/** Gives the stock of a hold back at the time it lapses, unless it was committed or released before. */
@Timer({ name: 'inventory.release-lapsed-hold' })
export class ReleaseLapsedHold implements Fires<{ holdId: string; expiresAt?: string }> {
  constructor(private readonly closer: HoldCloser) {}

  /** @param payload.expiresAt when it was to lapse; absent where that never changes */
  async fire({ holdId, expiresAt }: { holdId: string; expiresAt?: string }): Promise<void> {
    await this.closer.expire(holdId, expiresAt === undefined ? undefined : new Date(expiresAt));
  }
}
