import { Clock } from '../../../kernel/clock/clock';
import type { Transaction } from '../../../kernel/database/transaction';
import { Timer, type Fires } from '../../../kernel/messaging/reaction';
import { RouteJobRepository } from '../data/route-job.repository';

const LOOK_AGAIN_MS = 15 * 60_000;

/** When to look for the first time whether a job is lost. */
export const lookAfter = (now: Date): Date => new Date(now.getTime() + LOOK_AGAIN_MS);

/** Says of a job whose workers all vanished that it failed, so that nobody waits for it for ever. */
@Timer({ name: 'location.fail-lost-route-job' })
export class FailLostRouteJob implements Fires<{ jobId: string }> {
  constructor(
    private readonly jobs: RouteJobRepository,
    private readonly clock: Clock,
  ) {}

  async fire({ jobId }: { jobId: string }, tx: Transaction): Promise<void> {
    const job = await this.jobs.lock(tx, jobId);
    if (!job || (job.state !== 'queued' && job.state !== 'active')) return;
    if (job.old || (job.state === 'active' && job.silent)) await this.jobs.fail(tx, jobId, job.attempt, 'lost');
    else tx.timer(FailLostRouteJob, { jobId }, lookAfter(this.clock.now()));
  }
}
