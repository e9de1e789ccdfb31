import { Module } from '@nestjs/common';
import { CancelDispatchHandler, DispatchPlanHandler } from './commands/dispatch-plan';
import { DropProofFilesHandler } from './commands/drop-proof-files';
import { GiveRouteHandler } from './commands/give-route';
import { MoveStopHandler } from './commands/move-stop';
import { RouteCrew } from './commands/route-crew';
import { WatchRoute } from './commands/route-watch';
import { TellArrivalsHandler } from './commands/tell-arrivals';
import { FleetModule } from './fleet.module';
import { DispatchesController } from './http/dispatches.controller';
import { DispatchRoutesController } from './http/dispatch-routes.controller';
import { DispatchRetention } from './jobs/dispatch-retention';
import { TellArrivals } from './jobs/tell-arrivals';
import {
  FindDispatchHandler,
  FindDispatchRouteHandler,
  ListDispatchesHandler,
  ListDispatchRoutesHandler,
} from './queries/dispatches';
import { TellDriverWhenRouteDispatched, TellStaffWhenStopFailed } from './reactions/tell-of-dispatch';

/** Plans of routes that are given to drivers, and followed until their last stop. */
@Module({
  imports: [FleetModule],
  controllers: [DispatchesController, DispatchRoutesController],
  providers: [
    DispatchRetention,
    DispatchPlanHandler,
    CancelDispatchHandler,
    RouteCrew,
    GiveRouteHandler,
    DropProofFilesHandler,
    MoveStopHandler,
    TellArrivalsHandler,
    TellArrivals,
    WatchRoute,
    ListDispatchesHandler,
    FindDispatchHandler,
    ListDispatchRoutesHandler,
    FindDispatchRouteHandler,
    TellDriverWhenRouteDispatched,
    TellStaffWhenStopFailed,
  ],
})
export class DispatchModule {}
