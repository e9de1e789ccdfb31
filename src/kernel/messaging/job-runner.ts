import { Inject, Injectable, Optional, type BeforeApplicationShutdown } from '@nestjs/common';
import { DelayedError, UnrecoverableError, type Job, type Worker } from 'bullmq';
import { SYSTEM } from '../auth/principal';
import { Clock } from '../clock/clock';
import { Config } from '../config/config';
import { enterContext, PLATFORM_TENANT } from '../context/request-context';
import { Database, tenantStatement } from '../database/database';
import { named } from '../database/statements';
import { logger } from '../telemetry/logger';
import { span } from '../telemetry/tracing';
import { AS_WORKER, Deliveries } from './deliveries';
import { DeliverySignal } from './delivery-signal';
import { GiveUp, retryDelayMs } from './job-errors';
import { JobFinisher } from './job-finisher';
import type { HandedJob } from './job-queue';
import { QueueConnection } from './queue-connection';
import { NotYet, QUEUES, type QueueName } from './reaction';
import { MessagingRegistry } from './registry';

/** Jobs of one queue that one worker process runs at once; what talks to others waits more than it computes. */
export const CONCURRENCY: Record<QueueName, number> = {
  // Letters 6, mail of notifications 6, text messages 3 and 3, the inbox 2, what providers tell 2: each has its places.
  mail: 22,
  // Each is a batch whose messages go out side by side.
  push: 4,
  'stock-alerts': 4,
  'payment-webhooks': 8,
  payments: 8,
  maintenance: 2,
  // Plans of routes are among them, of which a process makes one at a time: what is imported does not wait for them.
  imports: 2,
  files: 2,
};

/** How soon the jobs of a worker that vanished are run by another one (milliseconds). */
export interface JobTimings {
  /** A job's lock; renewed at half of it while the job runs. */
  lockMs: number;
  /** Every so often locks are looked at; a job is taken over at the second look after its lock has ended. */
  stalledCheckMs: number;
}
export const JOB_TIMINGS = Symbol('JobTimings');
/** A job whose worker vanished this often is taken to be what kills workers, and is dead. */
const MOST_STALLS = 3;
/** How often an idle worker looks at its queue on PostgreSQL unasked (seconds). */
const IDLE_SECONDS = 20;
/** A job that no class of this release runs waits; a newer release may know it (seconds). */
const UNKNOWN_JOB_SECONDS = 60;

const STILL_OWED = 'select 1 as owed from kernel.deliveries where tenant_id = $1 and id = $2';
const HAND_AGAIN = `update kernel.deliveries set due_at = kernel.now() where kind = 'job' and state = 'handed' and due_at > kernel.now()`;

type QueuedJob = Job<HandedJob['data']>;

/** What the queue is told when an attempt failed: the reason, and when to try again. */
class AttemptFailed extends Error {
  constructor(
    reason: string,
    readonly delayMs: number,
  ) {
    super(reason);
  }
}
/** Ends the job for good. */
class JobDead extends UnrecoverableError {}

/**
 * Runs the jobs of all queues in this process: one BullMQ worker a queue, each job in a context of its own as Mainstay
 * itself within the job's tenant, outside any transaction. A job that succeeded loses its delivery row before its queue
 * calls it complete; one that failed is tried again with back-off, and its delivery is dead after the last attempt.
 */
@Injectable()
export class JobRunner implements BeforeApplicationShutdown {
  private workers: Worker[] = [];
  private readonly finisher: JobFinisher;
  private readonly timings: JobTimings;
  private readonly burials = new Set<Promise<void>>();

  constructor(
    private readonly config: Config,
    private readonly clock: Clock,
    private readonly connection: QueueConnection,
    private readonly database: Database,
    private readonly registry: MessagingRegistry,
    private readonly deliveries: Deliveries,
    private readonly signal: DeliverySignal,
    @Optional() @Inject(JOB_TIMINGS) timings?: JobTimings,
  ) {
    this.finisher = new JobFinisher((jobs) => this.deliveries.finish(jobs));
    const { jobLockSeconds } = config;
    this.timings = timings ?? { lockMs: jobLockSeconds * 1_000, stalledCheckMs: jobLockSeconds * 500 };
  }

  /** Starts a worker for each queue (worker role only). */
  async start(): Promise<void> {
    if (this.workers.length > 0) return;
    this.workers = QUEUES.map((queue) => this.worker(queue));
    await Promise.all(this.workers.map((worker) => worker.waitUntilReady()));
    for (const worker of this.workers) void worker.run().catch((error: unknown) => this.trouble(worker.name, error));
    await this.handAgain();
  }

  /** Takes no further jobs and waits for the running ones; those that take longer are left to another worker. */
  async stop(withinMs = this.config.shutdownSeconds * 1_000): Promise<void> {
    const workers = this.workers;
    this.workers = [];
    if (workers.length === 0) return;
    const done = Promise.all(workers.map((worker) => worker.close())).then(() => 'done' as const);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<'late'>((resolve) => {
      timer = setTimeout(() => resolve('late'), withinMs);
    });
    if ((await Promise.race([done, late])) === 'late') {
      logger.warn('jobs did not end in time; another worker takes them over');
      await Promise.all(workers.map((worker) => worker.close(true).catch(() => undefined)));
    }
    clearTimeout(timer);
    await Promise.allSettled(this.burials);
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.stop();
  }

  private worker(queue: QueueName): Worker {
    const worker = this.connection.worker(queue, (job, token) => this.run(job as QueuedJob, token), {
      concurrency: CONCURRENCY[queue],
      lockDuration: this.timings.lockMs,
      stalledInterval: this.timings.stalledCheckMs,
      maxStalledCount: MOST_STALLS,
      runRetryDelay: 2_000,
      // PostgreSQL wakes those that wait, and says when the next delayed job is due; looking besides is for what got lost.
      ...(this.connection.kind === 'postgres' ? { drainDelay: IDLE_SECONDS } : {}),
      settings: {
        backoffStrategy: (attempts, _type, error) =>
          error instanceof AttemptFailed ? error.delayMs : retryDelayMs(attempts, error),
      },
    });
    worker.on('error', (error) => this.trouble(queue, error));
    worker.on('stalled', (id) => logger.warn({ queue, jobId: id }, 'a job was taken over from a worker that vanished'));
    worker.on('failed', (job, error) => this.failedUnseen(job as QueuedJob | undefined, error));
    return worker;
  }

  private trouble(queue: string, error: unknown): void {
    if (this.workers.length > 0) logger.warn({ err: error, queue }, 'queue worker error');
  }

  /** A job as BullMQ gives it: in its context, with its end noted in its delivery. */
  private run(job: QueuedJob, token: string | undefined): Promise<void> {
    const { tenantId, traceparent } = job.data;
    const context = { requestId: job.id!, tenantId, principal: SYSTEM, traceparent: traceparent ?? undefined };
    return enterContext(context, () =>
      span(`job ${job.name}`, { 'messaging.message.id': job.id!, 'messaging.destination.name': job.queueName }, () =>
        this.attempt(job, token),
      ),
    );
  }

  private async attempt(job: QueuedJob, token: string | undefined): Promise<void> {
    const { tenantId, payload, again } = job.data;
    const id = job.id!;
    const found = this.registry.job(job.name);
    if (!found) return this.delay(job, token, UNKNOWN_JOB_SECONDS);
    // Begun before: perhaps it had ended and only its queue did not hear of it.
    if ((again || job.attemptsStarted > 1 || job.stalledCounter > 0) && !(await this.isOwed(tenantId, id))) return;
    try {
      await found.instance.run(payload, { id, attempt: job.attemptsMade + 1, tenantId });
    } catch (error) {
      if (error instanceof NotYet) return this.delay(job, token, error.delaySeconds);
      throw await this.failed(job, error);
    }
    await this.finisher.finished({ tenantId, id });
  }

  private async isOwed(tenantId: string, id: string): Promise<boolean> {
    return (await this.database.readAs(tenantId, STILL_OWED, [tenantId, id])).length > 0;
  }

  /** Puts the job off without counting an attempt. */
  private async delay(job: QueuedJob, token: string | undefined, seconds: number): Promise<never> {
    // The queue's timers run by the machine's clock, as its locks do.
    await job.moveToDelayed(job.processedOn! + Math.round(seconds * 1_000), token);
    throw new DelayedError();
  }

  private async failed(job: QueuedJob, error: unknown): Promise<Error> {
    const reason = error instanceof Error ? error.message : String(error);
    const attempts = job.attemptsMade + 1;
    const dead = error instanceof GiveUp || attempts >= (job.opts.attempts ?? 1);
    const delayMs = retryDelayMs(attempts, error);
    logger.warn({ err: error, job: job.name, jobId: job.id, attempts, dead }, 'job failed');
    await this.note(job, attempts, reason, dead ? null : delayMs);
    return dead ? new JobDead(reason) : new AttemptFailed(reason, delayMs);
  }

  /** Best effort: a failure that could not be noted is still known to the queue. */
  private async note(job: QueuedJob, attempts: number, reason: string, delayMs: number | null): Promise<void> {
    const { tenantId } = job.data;
    try {
      if (delayMs === null) await this.deliveries.bury(tenantId, job.id!, attempts, reason);
      else await this.deliveries.note(tenantId, job.id!, attempts, reason, new Date(this.clock.nowMs() + delayMs));
    } catch (error) {
      logger.error({ err: error, jobId: job.id }, 'a failed job was not noted in its delivery');
    }
  }

  /** Jobs that failed outside of `run`: their workers vanished too often. */
  private failedUnseen(job: QueuedJob | undefined, error: Error): void {
    if (!job || error instanceof JobDead || error instanceof AttemptFailed) return;
    if (!(error instanceof UnrecoverableError)) return;
    logger.error({ err: error, job: job.name, jobId: job.id }, 'job is dead');
    const burial = this.note(job, job.attemptsMade, error.message, null).finally(() => this.burials.delete(burial));
    this.burials.add(burial);
  }

  /** A queue may have forgotten what it was handed (a crash of its store): ids that it knows are ignored. */
  private async handAgain(): Promise<void> {
    await this.database.send([tenantStatement(PLATFORM_TENANT), AS_WORKER, named(HAND_AGAIN, [], false)]);
    this.signal.raise();
  }
}
