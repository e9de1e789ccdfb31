import { JobQueue, type HandedJob } from '../../src/kernel/messaging/job-queue';
import type { QueueName } from '../../src/kernel/messaging/reaction';

/** Keeps handed jobs until the test runs them. */
export class HeldJobs extends JobQueue {
  jobs: HandedJob[] = [];
  async addBulk(_queue: QueueName, jobs: HandedJob[]): Promise<void> {
    this.jobs.push(...jobs);
  }
}

/** The same, a job of each id once, as a queue takes them that still has the first. */
export class HeldJobsOnce extends HeldJobs {
  override async addBulk(queue: QueueName, jobs: HandedJob[]): Promise<void> {
    const known = new Set(this.jobs.map(({ id }) => id));
    return super.addBulk(
      queue,
      jobs.filter(({ id }) => !known.has(id)),
    );
  }
}
