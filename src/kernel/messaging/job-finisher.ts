import { setTimeout as pause } from 'node:timers/promises';
import { logger } from '../telemetry/logger';

/** Removals under way at once; jobs that end meanwhile go with the next one. */
const AT_ONCE = 2;
const TRIES = 6;

export interface FinishedJob {
  tenantId: string;
  id: string;
}

/**
 * Removes the deliveries of finished jobs. A removal takes all that ended while the ones before it were under way, so
 * that a lone job waits for nothing and many share a trip. `finished` resolves when the removal is committed: only then may the queue call the job complete, so that a crash in between repeats the removal
 * and never the work.
 */
export class JobFinisher {
  private waiting: { job: FinishedJob; resolve: () => void; reject: (error: unknown) => void }[] = [];
  private underWay = 0;

  constructor(private readonly remove: (jobs: FinishedJob[]) => Promise<void>) {}

  finished(job: FinishedJob): Promise<void> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ job, resolve, reject });
      if (this.underWay < AT_ONCE) void this.flush();
    });
  }

  private async flush(): Promise<void> {
    const batch = this.waiting;
    this.waiting = [];
    this.underWay += 1;
    try {
      await this.removeWithRetries(batch.map(({ job }) => job));
      for (const { resolve } of batch) resolve();
    } catch (error) {
      for (const { reject } of batch) reject(error);
    } finally {
      this.underWay -= 1;
      if (this.waiting.length > 0) void this.flush();
    }
  }

  /** The work is done: a database that is away for a moment must not make it run again. */
  private async removeWithRetries(jobs: FinishedJob[]): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.remove(jobs);
      } catch (error) {
        if (attempt === TRIES) throw error;
        logger.warn({ err: error, jobs: jobs.length, attempt }, 'finished jobs are noted again');
        await pause(100 * 2 ** attempt);
      }
    }
  }
}
