import { Module } from '@nestjs/common';
import { RouteOptimizer } from './adapters/route-optimizer';
import { AskForRoutesHandler, CancelRouteJobHandler } from './commands/ask-for-routes';
import { RunRouteJobHandler } from './commands/run-route-job';
import { RouteJobRepository } from './data/route-job.repository';
import { RoutesController } from './http/routes.controller';
import { FailLostRouteJob } from './reactions/fail-lost-route-job';
import { OptimizeRoutes } from './jobs/optimize-routes';
import { RouteJobRetention } from './jobs/route-job-retention';
import { FindRouteJobHandler } from './queries/route-jobs';
import { TravelTimesHandler } from './queries/travel-times';

/** Plans routes for a fleet, in jobs that search in threads. */
@Module({
  controllers: [RoutesController],
  providers: [
    RouteJobRepository,
    RouteOptimizer,
    AskForRoutesHandler,
    CancelRouteJobHandler,
    RunRouteJobHandler,
    FindRouteJobHandler,
    TravelTimesHandler,
    OptimizeRoutes,
    FailLostRouteJob,
    RouteJobRetention,
  ],
})
export class RoutePlanningModule {}
