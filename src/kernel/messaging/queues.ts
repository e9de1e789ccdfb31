import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { Queue } from 'bullmq';
import { AppError } from '../errors/app-error';
import { logger } from '../telemetry/logger';
import { JobQueue, type HandedJob } from './job-queue';
import { PortableQueue, QueueConnection } from './queue-connection';
import type { QueueName } from './reaction';

/** Longest time that a hand-over may take (milliseconds): a store that is away must not hold up reactions. */
const HAND_OVER_MS = 10_000;
/** Finished jobs kept for the board. Deliveries, not these, are what is replayed. */
const KEEP_COMPLETED = { age: 3_600, count: 200 };
/**
 * Jobs of one hand-over that are kept at all: on PostgreSQL the end of a job that is kept costs ten times that of one
 * that is not, because the queue looks through all that it keeps for what has become too many.
 */
const KEPT_OF_EACH = 2;
/**
 * So few jobs are handed over one by one: on PostgreSQL BullMQ makes temporary tables for a bulk, which cost as much as six
 * jobs and make every connection of the cluster look at its plans again.
 */
const FEW = 5;
const KEEP_FAILED = { age: 14 * 86_400, count: 2_000 };

export const QUEUE_STATES = ['waiting', 'active', 'delayed', 'failed', 'completed'] as const;
export type QueueCounts = Record<(typeof QUEUE_STATES)[number], number>;

/** The one port over BullMQ, whichever store is behind it. Queue objects exist from the start of the process on. */
@Injectable()
export class Queues extends JobQueue implements OnApplicationShutdown {
  private readonly queues = new Map<QueueName, Queue>();

  constructor(
    private readonly connection: QueueConnection,
    queues: Queue[],
  ) {
    super();
    for (const queue of queues) {
      queue.on('error', (error) => logger.warn({ err: error, queue: queue.name }, 'queue error'));
      this.queues.set(queue.name as QueueName, queue);
    }
  }

  /** `postgres`, or `redis` where REDIS_URL is set. */
  get backend(): 'postgres' | 'redis' {
    return this.connection.kind;
  }

  /** For the board. */
  all(): Queue[] {
    return [...this.queues.values()];
  }

  /**
   * Hands jobs over; a queue ignores ids that it knows, except of failed jobs, which begin anew: only a replayed
   * delivery is handed over again after its job has failed.
   * @throws AppError unavailable when the store does not answer in time; some may have been taken nevertheless
   */
  async addBulk(name: QueueName, jobs: HandedJob[]): Promise<void> {
    if (jobs.length === 0) return;
    await this.reaching(this.queues.get(name)!, within(HAND_OVER_MS, this.handOver(name, jobs)));
  }

  /** A queue that its store did not answer looks for it anew the next time. */
  private async reaching<T>(queue: Queue, work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      if (this.backend === 'postgres' && queue instanceof PortableQueue) queue.lookAgain();
      throw error;
    }
  }

  private async handOver(name: QueueName, jobs: HandedJob[]): Promise<void> {
    const queue = this.queues.get(name)!;
    const failed = await this.connection.failedAmong(
      name,
      jobs.map((job) => job.id),
    );
    await Promise.all(failed.map((id) => queue.remove(id)));
    const handed = jobs.map((job, place) => ({
      name: job.name,
      data: job.data,
      opts: {
        jobId: job.id,
        attempts: job.attempts,
        ...(job.priority === undefined ? {} : { priority: job.priority }),
        backoff: { type: 'mainstay' },
        removeOnComplete: place < KEPT_OF_EACH ? KEEP_COMPLETED : true,
        removeOnFail: KEEP_FAILED,
        // Stack traces stay in the log.
        stackTraceLimit: 1,
      },
    }));
    if (this.backend === 'postgres' && handed.length <= FEW)
      await Promise.all(handed.map((job) => queue.add(job.name, job.data, job.opts)));
    else await queue.addBulk(handed);
  }

  /** How many jobs each queue has in each state; for metrics and readiness. */
  async counts(): Promise<Record<QueueName, QueueCounts>> {
    const entries = await Promise.all(
      [...this.queues].map(async ([name, queue]) => [name, await this.reaching(queue, countsOf(queue))]),
    );
    return Object.fromEntries(entries) as Record<QueueName, QueueCounts>;
  }

  /** Resolves when the store answers. @throws AppError unavailable after `timeoutMs` */
  async ping(timeoutMs = 2_000): Promise<void> {
    await within(timeoutMs, this.connection.ping());
  }

  /** Closes the queues, then their connections; workers must have been closed before. */
  async close(): Promise<void> {
    await Promise.all(this.all().map((queue) => queue.close()));
    await this.connection.close();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.close();
  }
}

/** Those with a priority wait as well, though BullMQ counts them apart. */
async function countsOf(queue: Queue): Promise<QueueCounts> {
  const { prioritized, ...counts } = await queue.getJobCounts(...QUEUE_STATES, 'prioritized');
  return { ...counts, waiting: counts.waiting + prioritized } as QueueCounts;
}

async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () =>
        reject(
          new AppError('queues.unavailable', 'unavailable', 'The queues do not answer.', { retryAfterSeconds: 5 }),
        ),
      ms,
    );
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
    work.catch(() => undefined);
  }
}
