import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { monotonicMs } from '../../../kernel/clock/monotonic';
import { currentContext } from '../../../kernel/context/request-context';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { NotYet } from '../../../kernel/messaging/reaction';
import { logger } from '../../../kernel/telemetry/logger';
import { PlanSlot } from '../adapters/plan-slot';
import { OptimizerFailed, RouteOptimizer } from '../adapters/route-optimizer';
import { RouteJobRepository } from '../data/route-job.repository';
import type { RouteRequest } from '../domain/optimization/request';
import { MOST_ATTEMPTS } from '../domain/route-job';
import { TrafficBook } from '../queries/traffic-book';

/** How often progress is written, and a wish to cancel read. */
const NOTE_EVERY_MS = 500;

/** Seconds after which a job that was put off asks again, and as many more for each that was asked for before it; at most so many. */
const ASK_AGAIN_SECONDS = 2;
const MOST_PUT_OFF_SECONDS = 30;

/**
 * Plans the routes of a job that was asked for. Run again, it takes over from a worker that vanished, or changes nothing.
 * @throws NotYet while this process plans others, or another plan of the organization is being made
 */
export class RunRouteJobCommand extends Command<void> {
  constructor(readonly jobId: string) {
    super();
  }
}

@CommandHandler(RunRouteJobCommand)
export class RunRouteJobHandler implements ICommandHandler<RunRouteJobCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly jobs: RouteJobRepository,
    private readonly optimizer: RouteOptimizer,
    private readonly slot: PlanSlot,
    private readonly book: TrafficBook,
  ) {}

  async execute({ jobId }: RunRouteJobCommand): Promise<void> {
    // Read before the plan is said to be made, so that its search begins at once.
    await this.book.ofPlan();
    const giveBack = this.slot.take(currentContext().tenantId!);
    try {
      const begun = await this.begin(jobId, giveBack !== null);
      if (begun) await this.plan(jobId, begun);
    } finally {
      giveBack?.();
    }
  }

  private async plan(jobId: string, { request, attempt }: { request: RouteRequest; attempt: number }): Promise<void> {
    const notes = this.noter(jobId, attempt);
    try {
      const { traffic, note } = await this.book.ofPlan(request.options?.traffic);
      const plan = await this.optimizer.plan(request, notes.tell, traffic);
      const solution = plan && note ? { ...plan, notes: [note, ...plan.notes] } : plan;
      await notes.settled();
      await this.uow.run((tx) => this.jobs.finish(tx, jobId, attempt, solution));
    } catch (error) {
      await notes.settled();
      if (!(error instanceof OptimizerFailed)) throw error;
      logger.warn({ err: error, jobId }, 'routes could not be planned');
      await this.uow.run((tx) => this.jobs.fail(tx, jobId, attempt, 'too-much-for-the-optimizer'));
    }
  }

  private begin(jobId: string, myTurn: boolean): Promise<{ request: RouteRequest; attempt: number } | null> {
    return this.uow.run(async (tx) => {
      const job = await this.jobs.lock(tx, jobId);
      if (!job || (job.state !== 'queued' && job.state !== 'active')) return null;
      const { ahead, busy } = await this.jobs.others(tx, jobId);
      if (!myTurn || busy)
        throw new NotYet('other routes are planned', Math.min(MOST_PUT_OFF_SECONDS, ASK_AGAIN_SECONDS * (1 + ahead)));
      if (job.attempt >= MOST_ATTEMPTS) {
        await this.jobs.fail(tx, jobId, job.attempt, 'workers-vanished');
        return null;
      }
      return this.jobs.begin(tx, jobId);
    });
  }

  /** Writes progress now and then, one write at a time; stops the search when it should not go on. */
  private noter(
    jobId: string,
    attempt: number,
  ): { tell: (percent: number, stop: () => void) => void; settled: () => Promise<void> } {
    let writing: Promise<void> | null = null;
    let last = monotonicMs();
    const tell = (percent: number, stop: () => void): void => {
      if (writing || monotonicMs() - last < NOTE_EVERY_MS) return;
      last = monotonicMs();
      writing = this.uow
        .run((tx) => this.jobs.note(tx, jobId, attempt, percent))
        .then((goOn) => {
          if (!goOn) stop();
        })
        .catch((error: unknown) => logger.warn({ err: error, jobId }, 'progress of routes was not written'))
        .finally(() => (writing = null));
    };
    return { tell, settled: () => writing ?? Promise.resolve() };
  }
}
