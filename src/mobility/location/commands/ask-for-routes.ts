import { Command, CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import { Clock } from '../../../kernel/clock/clock';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { RouteJobRepository } from '../data/route-job.repository';
import { faultsOf, type RequestFault, type RouteRequest } from '../domain/optimization/request';
import { FindRouteJobQuery, type RouteJobFacts } from '../contracts/route-plans';
import { TrafficBook } from '../queries/traffic-book';
import { MOST_OPEN_JOBS } from '../domain/route-job';
import { routeJobEnded, routeJobNotFound, routeRequestInvalid, tooManyRouteJobs } from '../domain/route.errors';
import { FailLostRouteJob, lookAfter } from '../reactions/fail-lost-route-job';
import { OptimizeRoutes } from '../jobs/optimize-routes';

/** Asks for a plan of routes. @throws AppError invalid `location.route-request-invalid`, too-many `location.too-many-route-jobs` */
export class AskForRoutesCommand extends Command<{ jobId: string }> {
  constructor(readonly request: RouteRequest) {
    super();
  }
}

/** Ends the planning of routes; what was found so far is kept. @throws AppError not-found, conflict `location.route-job-ended` */
export class CancelRouteJobCommand extends Command<RouteJobFacts> {
  constructor(readonly jobId: string) {
    super();
  }
}

@CommandHandler(AskForRoutesCommand)
export class AskForRoutesHandler implements ICommandHandler<AskForRoutesCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly clock: Clock,
    private readonly jobs: RouteJobRepository,
    private readonly book: TrafficBook,
  ) {}

  async execute({ request }: AskForRoutesCommand): Promise<{ jobId: string }> {
    const faults = [...faultsOf(request), ...(await this.trafficFaults(request))];
    if (faults.length > 0) throw routeRequestInvalid(faults);
    return this.uow.run(async (tx) => {
      if ((await this.jobs.countOpen(tx)) >= MOST_OPEN_JOBS) throw tooManyRouteJobs(MOST_OPEN_JOBS);
      const jobId = await this.jobs.open(tx, request);
      tx.job(OptimizeRoutes, { jobId });
      tx.timer(FailLostRouteJob, { jobId }, lookAfter(this.clock.now()));
      return { jobId };
    });
  }

  private async trafficFaults({ options }: RouteRequest): Promise<RequestFault[]> {
    const { departAt, ...wanted } = options?.traffic ?? {};
    if (departAt !== undefined && !Number.isFinite(Date.parse(departAt)))
      return [
        {
          pointer: '/options/traffic/departAt',
          code: 'time-invalid',
          detail: 'Tell a time such as 2026-03-02T08:15:00Z.',
        },
      ];
    if (wanted.profile == null || (await this.book.at(this.clock.nowMs(), wanted)) !== 'unknown') return [];
    return [
      { pointer: '/options/traffic/profile', code: 'profile-unknown', detail: 'No profile of traffic has this name.' },
    ];
  }
}

@CommandHandler(CancelRouteJobCommand)
export class CancelRouteJobHandler implements ICommandHandler<CancelRouteJobCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly queries: QueryBus,
    private readonly jobs: RouteJobRepository,
  ) {}

  execute({ jobId }: CancelRouteJobCommand): Promise<RouteJobFacts> {
    return this.uow.run(async (tx) => {
      const job = await this.jobs.lock(tx, jobId);
      if (!job) throw routeJobNotFound();
      if (job.state === 'completed' || job.state === 'failed') throw routeJobEnded(job.state);
      await this.jobs.cancel(tx, jobId);
      return this.queries.execute(new FindRouteJobQuery({ id: jobId }));
    });
  }
}
