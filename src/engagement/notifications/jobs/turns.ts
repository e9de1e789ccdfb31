import { monotonicMs } from '../../../kernel/clock/monotonic';
import { NotYet } from '../../../kernel/messaging/reaction';

/** What is put off waits at least and at most so long (seconds): its turn is only reckoned. */
const LEAST_WAIT_SECONDS = 0.25;
const MOST_WAIT_SECONDS = 30;
/** What one piece of work is taken to last before any has ended (milliseconds), and how much each one moves that. */
const FIRST_GUESS_MS = 200;
const WEIGHT = 0.1;

/**
 * The places that one kind of work has in a process, so that it never takes the queue's whole concurrency from others; one
 * tenant leaves a place for the others. What finds none is put off to the turn that it will probably have: each comes back
 * about once, however many wait.
 */
export class Turns {
  private running = 0;
  private readonly byTenant = new Map<string, number>();
  private lastsMs = FIRST_GUESS_MS;
  private nextMs = 0;

  /**
   * @param places pieces of work that run at once
   * @param now milliseconds of a clock that is never put back
   */
  constructor(
    private readonly places: number,
    private readonly now: () => number = monotonicMs,
  ) {}

  /** @throws NotYet while there is no place */
  async take(tenantId: string, work: () => Promise<void>): Promise<void> {
    const own = this.byTenant.get(tenantId) ?? 0;
    if (this.running >= this.places) throw new NotYet('others come first', this.wait());
    if (own >= Math.max(1, this.places - 1)) throw new NotYet('other tenants have messages too', this.wait());
    this.running += 1;
    this.byTenant.set(tenantId, own + 1);
    const began = this.now();
    try {
      await work();
    } finally {
      this.lastsMs += WEIGHT * (this.now() - began - this.lastsMs);
      this.running -= 1;
      const left = this.byTenant.get(tenantId)! - 1;
      if (left > 0) this.byTenant.set(tenantId, left);
      else this.byTenant.delete(tenantId);
    }
  }

  /** Seconds until the turn of who comes now, after all who were put off before. */
  private wait(): number {
    const now = this.now();
    this.nextMs = Math.max(now, this.nextMs) + this.lastsMs / this.places;
    const seconds = (this.nextMs - now) / 1_000;
    // The last ones come back early, and are told anew.
    if (seconds > MOST_WAIT_SECONDS) this.nextMs = now + MOST_WAIT_SECONDS * 1_000;
    return Math.min(MOST_WAIT_SECONDS, Math.max(LEAST_WAIT_SECONDS, seconds));
  }
}
