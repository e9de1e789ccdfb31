import { RateLimiterRes, type RateLimiterAbstract } from 'rate-limiter-flexible';

/** Where one request stands in its window. */
export interface Counted {
  /** The request is the how-manieth of the window, over all processes; infinite where that is not known but too many. */
  rank: number;
  msBeforeNext: number;
}

interface Waiting {
  resolve(counted: Counted): void;
  reject(error: unknown): void;
}

/**
 * Counts requests in a limiter, one trip at a time for each key: requests that come while a trip is under way share the
 * next one, as so many points. Each gets its own rank, so that the count stays exact, and a caller that sends much costs
 * the store no more than one that sends little.
 */
export class RateCounter {
  private readonly waiting = new Map<string, Waiting[]>();
  private readonly counting = new Set<string>();

  constructor(private readonly limiter: RateLimiterAbstract) {}

  count(key: string): Promise<Counted> {
    return new Promise((resolve, reject) => {
      const waiting = this.waiting.get(key);
      if (waiting) waiting.push({ resolve, reject });
      else this.waiting.set(key, [{ resolve, reject }]);
      if (!this.counting.has(key)) void this.work(key);
    });
  }

  private async work(key: string): Promise<void> {
    this.counting.add(key);
    for (let batch = this.take(key); batch; batch = this.take(key)) {
      try {
        const { consumedPoints, msBeforeNext } = await this.consume(key, batch.length);
        const before = consumedPoints - batch.length;
        batch.forEach(({ resolve }, index) => resolve({ rank: before + index + 1, msBeforeNext }));
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    this.counting.delete(key);
  }

  private take(key: string): Waiting[] | undefined {
    const batch = this.waiting.get(key);
    this.waiting.delete(key);
    return batch;
  }

  private async consume(key: string, points: number): Promise<{ consumedPoints: number; msBeforeNext: number }> {
    try {
      return await this.limiter.consume(key, points);
    } catch (refused) {
      if (!(refused instanceof RateLimiterRes)) throw refused;
      // Refused without asking the store, because the key was over its limit before: then there is no count.
      const { consumedPoints, msBeforeNext } = refused;
      return { consumedPoints: consumedPoints > 0 ? consumedPoints : Infinity, msBeforeNext };
    }
  }
}
