import { setTimeout as pause } from 'node:timers/promises';
import { logger } from '../telemetry/logger';

const GATHER_MS = 20;
const GATHER_MOST = 50;
const TRIES = 6;

export interface FinishedJob {
  tenantId: string;
  id: string;
}

/**
 * Removes the deliveries of finished jobs, gathered into batches of up to 50 or 20 ms. `finished` resolves when the
 * removal is committed: only then may the queue call the job complete, so that a crash in between repeats the removal
 * and never the work.
 */
export class JobFinisher {
  private waiting: { job: FinishedJob; resolve: () => void; reject: (error: unknown) => void }[] = [];
  private timer: NodeJS.Timeout | null = null;

  constructor(private readonly remove: (jobs: FinishedJob[]) => Promise<void>) {}

  finished(job: FinishedJob): Promise<void> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ job, resolve, reject });
      if (this.waiting.length >= GATHER_MOST) void this.flush();
      else this.timer ??= setTimeout(() => void this.flush(), GATHER_MS);
    });
  }

  private async flush(): Promise<void> {
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
    const batch = this.waiting;
    this.waiting = [];
    if (batch.length === 0) return;
    try {
      await this.removeWithRetries(batch.map(({ job }) => job));
      for (const { resolve } of batch) resolve();
    } catch (error) {
      for (const { reject } of batch) reject(error);
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
