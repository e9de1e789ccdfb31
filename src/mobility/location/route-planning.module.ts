import { Module } from '@nestjs/common';
import { PlanSlot } from './adapters/plan-slot';
import { RouteOptimizer } from './adapters/route-optimizer';
import { RoadRouter } from './adapters/road-router';
import { Ways } from './adapters/ways';
import { AskForRoutesHandler, CancelRouteJobHandler } from './commands/ask-for-routes';
import {
  ChangeRoadOverrideHandler,
  ChangeTrafficProfileHandler,
  CreateRoadOverrideHandler,
  CreateTrafficProfileHandler,
  DeleteTrafficProfileHandler,
  EndRoadOverrideHandler,
} from './commands/manage-traffic';
import { RunRouteJobHandler } from './commands/run-route-job';
import { RouteJobRepository } from './data/route-job.repository';
import { TrafficRepository } from './data/traffic.repository';
import { RoutesController } from './http/routes.controller';
import { FailLostRouteJob } from './reactions/fail-lost-route-job';
import { OptimizeRoutes } from './jobs/optimize-routes';
import { RouteJobRetention } from './jobs/route-job-retention';
import { TrafficController } from './http/traffic.controller';
import { WaysController } from './http/ways.controller';
import { FindRouteJobHandler } from './queries/route-jobs';
import { MatchTrackHandler } from './queries/match-track';
import { RoutePlanPlacesHandler } from './queries/route-plan-places';
import { IsochronesHandler, PlanWayHandler, TravelMatrixHandler } from './queries/routes';
import {
  FindRoadOverrideHandler,
  FindTrafficProfileHandler,
  ListRoadOverridesHandler,
  ListTrafficProfilesHandler,
} from './queries/traffic';
import { TrafficBook } from './queries/traffic-book';
import { TravelTimesHandler } from './queries/travel-times';

/** Plans routes for a fleet, in jobs that search in threads. */
@Module({
  controllers: [RoutesController, TrafficController, WaysController],
  providers: [
    RouteJobRepository,
    TrafficRepository,
    TrafficBook,
    CreateTrafficProfileHandler,
    ChangeTrafficProfileHandler,
    DeleteTrafficProfileHandler,
    CreateRoadOverrideHandler,
    ChangeRoadOverrideHandler,
    EndRoadOverrideHandler,
    ListTrafficProfilesHandler,
    FindTrafficProfileHandler,
    ListRoadOverridesHandler,
    FindRoadOverrideHandler,
    RouteOptimizer,
    RoadRouter,
    Ways,
    PlanSlot,
    AskForRoutesHandler,
    CancelRouteJobHandler,
    RunRouteJobHandler,
    FindRouteJobHandler,
    RoutePlanPlacesHandler,
    TravelTimesHandler,
    PlanWayHandler,
    TravelMatrixHandler,
    IsochronesHandler,
    MatchTrackHandler,
    OptimizeRoutes,
    FailLostRouteJob,
    RouteJobRetention,
  ],
})
export class RoutePlanningModule {}
