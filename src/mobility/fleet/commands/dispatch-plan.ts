import { Command, CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import { Clock } from '../../../kernel/clock/clock';
import { currentContext } from '../../../kernel/context/request-context';
import type { Transaction } from '../../../kernel/database/transaction';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { newId } from '../../../kernel/ids/ids';
import { RoutePlanPlacesQuery } from '../../location/contracts/route-plan-places';
import { DispatchChannel } from '../adapters/dispatch-channel';
import { RouteDispatched } from '../contracts/fleet-events';
import { DispatchRepository, type NewRoute } from '../data/dispatch.repository';
import { demandDrivable, stopsOf } from '../domain/dispatch';
import {
  dispatchClosed,
  dispatchNotFound,
  dispatchPast,
  dispatchRoutes,
  planDone,
  planEmpty,
  planNotFinished,
} from '../domain/dispatch.errors';
import type { Driver } from '../domain/driver';
import { FindDispatchQuery, type DispatchFacts } from '../queries/dispatches';
import { RouteCancelling } from './route-cancelling';
import { RouteCrew } from './route-crew';
import { firstWatch, WatchRoute } from './route-watch';

const DAY_MS = 86_400_000;

/** Who and what drives the routes of a vehicle of the plan. */
export interface Assigned {
  planVehicleId: string;
  vehicleId: string;
  driverId: string;
}

/**
 * Gives the routes of a completed plan to drivers and vehicles; second 0 of the plan is `startsAt`. What a former dispatch of the
 * plan has done is left out, and with it whoever is given for that alone.
 * @throws AppError not-found `location.route-job-not-found`, `fleet.vehicle-not-found`, `fleet.driver-not-found`; invalid
 *   `fleet.dispatch-invalid`, `fleet.dispatch-past`; conflict `fleet.plan-not-finished`, `fleet.plan-empty`, `fleet.plan-too-long`,
 *   `fleet.plan-without-places`, `fleet.plan-dispatched`, `fleet.route-overlaps`, `fleet.vehicle-unfit`, `fleet.driver-inactive`
 */
export class DispatchPlanCommand extends Command<DispatchFacts> {
  constructor(
    readonly request: { planId: string; startsAt: Date; proofRequired: boolean; routes: readonly Assigned[] },
  ) {
    super();
  }
}

/** Calls off what is not driven yet. @throws AppError not-found `fleet.dispatch-not-found`, conflict `fleet.dispatch-closed` */
export class CancelDispatchCommand extends Command<DispatchFacts> {
  constructor(readonly dispatchId: string) {
    super();
  }
}

@CommandHandler(DispatchPlanCommand)
export class DispatchPlanHandler implements ICommandHandler<DispatchPlanCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly clock: Clock,
    private readonly queries: QueryBus,
    private readonly crew: RouteCrew,
    private readonly dispatches: DispatchRepository,
    private readonly channel: DispatchChannel,
  ) {}

  execute({ request }: DispatchPlanCommand): Promise<DispatchFacts> {
    const { planId, startsAt, proofRequired } = request;
    const ahead = startsAt.getTime() - this.clock.nowMs();
    if (ahead < -DAY_MS || ahead > 365 * DAY_MS) throw dispatchPast();
    return this.uow.run(async (tx) => {
      const { plan, places } = await this.queries.execute(new RoutePlanPlacesQuery({ id: planId }));
      if (plan.state !== 'completed' || !plan.solution) throw planNotFinished(plan.state);
      const driven = plan.solution.routes.filter(({ stops }) => stops.length > 0);
      if (driven.length === 0) throw planEmpty();
      demandDrivable(driven);
      const assigned = assignedBy(
        request.routes,
        driven.map(({ vehicleId }) => vehicleId),
      );
      const drivers = await this.crew.demandAble(
        request.routes.map((route, at) => ({ ...route, pointer: `/routes/${at}` })),
      );
      const id = newId();
      const { unassigned } = plan.solution;
      await this.dispatches.insert({
        ...{ id, planId, startsAt, proofRequired, unassigned, by: currentContext().principal.userId },
      });
      // Read once no other dispatch of the plan can be open: nothing more is done then.
      const done = new Set((await this.dispatches.doneOf(planId)).map(keyOf));
      const routes = driven.flatMap(({ vehicleId: planVehicle, steps, distance }): NewRoute[] => {
        const stops = stopsOf(steps, places, startsAt).filter((stop) => !done.has(keyOf(stop)));
        if (stops.length === 0) return [];
        const given = assigned.get(planVehicle);
        if (!given) throw dispatchRoutes('/routes', `Nobody drives ${planVehicle}.`);
        const { vehicleId, driverId } = given;
        const from = new Date(startsAt.getTime() + Math.round(steps[0].arrival * 1000));
        const until = new Date(startsAt.getTime() + Math.round(steps.at(-1)!.departure * 1000) + 1_000);
        return [{ id: newId(), planVehicle, vehicleId, driverId, from, until, distance, stops }];
      });
      if (routes.length === 0) throw planDone();
      await this.dispatches.insertRoutes(id, routes);
      for (const route of routes) this.begin(tx, id, route, drivers.get(route.driverId)!);
      return this.queries.execute(new FindDispatchQuery(id));
    });
  }

  private begin(tx: Transaction, dispatchId: string, route: NewRoute, { userId }: Driver): void {
    const { id: routeId, vehicleId, driverId, from, stops } = route;
    const startsAt = from.toISOString();
    tx.record(
      new RouteDispatched(routeId, { routeId, dispatchId, vehicleId, driverId, stops: stops.length, startsAt }),
    );
    tx.timer(WatchRoute, { routeId }, firstWatch(routeId, from));
    const change = { routeId, state: 'assigned', stopId: null, stopState: null } as const;
    tx.afterCommit(() => this.channel.changed(tx.tenantId, userId, change));
  }
}

const keyOf = ({ planStop, kind }: { planStop: string; kind: string }): string => `${kind} ${planStop}`;

/** Vehicles of the plan that drive are given once each. @throws AppError invalid `fleet.dispatch-invalid` */
function assignedBy(routes: readonly Assigned[], driven: readonly string[]): Map<string, Assigned> {
  const found = new Map<string, Assigned>();
  routes.forEach((route, at) => {
    const { planVehicleId } = route;
    if (!driven.includes(planVehicleId))
      throw dispatchRoutes(`/routes/${at}/planVehicleId`, `The plan has no route of ${planVehicleId}.`);
    if (found.has(planVehicleId))
      throw dispatchRoutes(`/routes/${at}/planVehicleId`, `${planVehicleId} is given twice.`);
    found.set(planVehicleId, route);
  });
  return found;
}

@CommandHandler(CancelDispatchCommand)
export class CancelDispatchHandler implements ICommandHandler<CancelDispatchCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly queries: QueryBus,
    private readonly dispatches: DispatchRepository,
    private readonly cancelling: RouteCancelling,
  ) {}

  execute({ dispatchId }: CancelDispatchCommand): Promise<DispatchFacts> {
    return this.uow.run(async (tx) => {
      const dispatch = await this.dispatches.lock(dispatchId);
      if (!dispatch) throw dispatchNotFound();
      if (dispatch.state !== 'open') throw dispatchClosed(dispatch.state);
      await this.cancelling.cancel(tx, dispatchId, null);
      await this.dispatches.cancel(dispatchId);
      return this.queries.execute(new FindDispatchQuery(dispatchId));
    });
  }
}
