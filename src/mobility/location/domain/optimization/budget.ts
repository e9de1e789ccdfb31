/** What a search may spend; the first limit that is met ends it. Iterations make an answer repeatable, seconds do not. */
export interface SearchLimits {
  seconds?: number;
  iterations?: number;
}

/**
 * Spends a search's limits. `elapsed` gives milliseconds from any fixed point; `report` is told the share spent, about
 * every twentieth of a second of work, and answers false when the search is to stop with what it has.
 */
export class Budget {
  iterations = 0;
  private share = 0;
  private readonly startedMs: number;
  private toldMs: number;
  private stopped = false;
  private late = false;

  constructor(
    private readonly limits: SearchLimits,
    private readonly elapsed: () => number,
    private readonly report: (share: number) => boolean = () => true,
  ) {
    this.startedMs = elapsed();
    this.toldMs = this.startedMs;
  }

  /** Counts one iteration; false when nothing is left. @param lookEvery reads the clock in every so many: for very short ones */
  spend(lookEvery = 1): boolean {
    const iteration = ++this.iterations;
    if (this.limits.iterations !== undefined) {
      this.share = Math.max(this.share, iteration / this.limits.iterations);
      if (iteration > this.limits.iterations) return false;
    }
    if (iteration % lookEvery === 0) this.look();
    return !this.stopped && this.share < 1;
  }

  /** Is the time over, or was it asked to stop? For what takes long within one iteration; how many there may be does not count. */
  get over(): boolean {
    this.look();
    return this.stopped || this.late;
  }

  /** Share spent so far, 0 to 1. */
  get spent(): number {
    return this.share > 1 ? 1 : this.share;
  }

  /** Was it asked to stop before the limits were met? */
  get cancelled(): boolean {
    return this.stopped;
  }

  private look(): void {
    const now = this.elapsed();
    if (this.limits.seconds !== undefined) {
      const share = (now - this.startedMs) / (this.limits.seconds * 1000);
      this.share = Math.max(this.share, share);
      this.late = share >= 1;
    }
    if (now - this.toldMs < 50) return;
    this.toldMs = now;
    if (!this.report(this.spent)) this.stopped = true;
  }
}
