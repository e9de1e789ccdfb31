import { Command, CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { DispatchChannel } from '../adapters/dispatch-channel';
import { RouteDispatched } from '../contracts/fleet-events';
import { DispatchRepository } from '../data/dispatch.repository';
import { routeClosed, routeNotFound } from '../domain/dispatch.errors';
import { TellArrivals } from '../jobs/tell-arrivals';
import { FindDispatchRouteQuery, type DispatchRouteFacts } from '../queries/dispatches';
import { RouteCrew } from './route-crew';

/**
 * Gives a route that is not finished to another driver, with another vehicle, or both; what was done on it stays done.
 * @throws AppError not-found `fleet.dispatch-route-not-found`, `fleet.vehicle-not-found`, `fleet.driver-not-found`; conflict
 *   `fleet.dispatch-route-closed`, `fleet.route-overlaps`, `fleet.vehicle-unfit`, `fleet.driver-inactive`
 */
export class GiveRouteCommand extends Command<DispatchRouteFacts> {
  constructor(
    readonly routeId: string,
    readonly to: { vehicleId?: string; driverId?: string },
  ) {
    super();
  }
}

@CommandHandler(GiveRouteCommand)
export class GiveRouteHandler implements ICommandHandler<GiveRouteCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly queries: QueryBus,
    private readonly crew: RouteCrew,
    private readonly dispatches: DispatchRepository,
    private readonly channel: DispatchChannel,
  ) {}

  execute({ routeId, to }: GiveRouteCommand): Promise<DispatchRouteFacts> {
    return this.uow.run(async (tx) => {
      const dispatchId = await this.dispatches.dispatchOf(routeId);
      if (!dispatchId) throw routeNotFound();
      // Vehicle and driver are locked before the dispatch, and that before its route, whoever locks them.
      await this.crew.demandAble([{ ...to, pointer: '' }]);
      await this.dispatches.lock(dispatchId);
      const route = await this.dispatches.lockRoute(routeId);
      if (!route) throw routeNotFound();
      const { state } = route;
      if (state === 'completed' || state === 'cancelled') throw routeClosed(state);
      const { vehicleId = route.vehicleId, driverId = route.driverId } = to;
      if (vehicleId !== route.vehicleId || driverId !== route.driverId) {
        const { startsAt, stops, driverUserId } = await this.dispatches.give(routeId, { vehicleId, driverId });
        const about = { routeId, dispatchId, vehicleId, driverId, stops, startsAt: startsAt.toISOString() };
        tx.record(new RouteDispatched(routeId, about));
        if (await this.dispatches.askArrivals(routeId)) tx.job(TellArrivals, { routeId });
        const change = { routeId, state, stopId: null, stopState: null };
        tx.afterCommit(() => {
          this.channel.changed(tx.tenantId, driverUserId, change);
          // Who had it looks again, and finds it gone.
          if (route.driverUserId !== driverUserId) this.channel.gone(tx.tenantId, route.driverUserId, change);
        });
      }
      return this.queries.execute(new FindDispatchRouteQuery(routeId));
    });
  }
}
