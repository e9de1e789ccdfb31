import { Command, CommandBus, CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import { AttachFilesCommand } from '../../../engagement/files/contracts/files';
import { hasPermission } from '../../../kernel/auth/principal';
import { Clock } from '../../../kernel/clock/clock';
import { currentContext } from '../../../kernel/context/request-context';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { DispatchChannel } from '../adapters/dispatch-channel';
import { RouteEnded, StopMoved } from '../contracts/fleet-events';
import { DispatchRepository, type LockedRoute } from '../data/dispatch.repository';
import { demandStopEdge } from '../domain/dispatch';
import {
  failureReason,
  proofElsewhere,
  proofMissing,
  routeClosed,
  routeNotFound,
  stopNotFound,
} from '../domain/dispatch.errors';
import { FindDispatchRouteQuery, type DispatchRouteFacts } from '../queries/dispatches';
import { TellArrivals } from '../jobs/tell-arrivals';

/** Who took it, and what shows that. */
export interface Proof {
  recipientName: string | null;
  signatureFileId: string | null;
  photoFileIds: string[];
  note: string | null;
}

/**
 * A stop was reached, done, or failed. Done by whose route it is, or who manages the fleet.
 * @throws AppError not-found `fleet.dispatch-route-not-found` (also for the routes of other drivers), `fleet.dispatch-stop-not-found`,
 *   `files.file-not-found`; invalid `fleet.failure-reason`, `fleet.proof-required`, `fleet.proof-not-wanted`; conflict
 *   `fleet.dispatch-stop-state`, `fleet.dispatch-route-closed`, `files.not-clean`
 */
export class MoveStopCommand extends Command<DispatchRouteFacts> {
  constructor(
    readonly routeId: string,
    readonly stopId: string,
    readonly move: { state: 'arrived' | 'done' | 'failed'; reason: string | null; proof: Proof | null },
  ) {
    super();
  }
}

@CommandHandler(MoveStopCommand)
export class MoveStopHandler implements ICommandHandler<MoveStopCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly clock: Clock,
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
    private readonly dispatches: DispatchRepository,
    private readonly channel: DispatchChannel,
  ) {}

  execute({ routeId, stopId, move }: MoveStopCommand): Promise<DispatchRouteFacts> {
    const { state, reason, proof } = move;
    if (state === 'failed' && !reason) throw failureReason();
    if ((proof && state !== 'done') || (reason && state !== 'failed')) throw proofElsewhere();
    return this.uow.run(async (tx) => {
      const route = await this.ownRoute(routeId);
      const stop = await this.dispatches.stop(routeId, stopId);
      if (!stop) throw stopNotFound();
      if (route.state === 'completed' || route.state === 'cancelled') throw routeClosed(route.state);
      demandStopEdge(stop.state, state);
      if (state === 'done' && route.proofRequired && !(proof?.recipientName && filesOf(proof).length > 0))
        throw proofMissing();
      const at = this.clock.now();
      const { recipientName = null, signatureFileId = null, photoFileIds = [], note = null } = proof ?? {};
      const by = currentContext().principal.userId;
      await this.dispatches.moveStop(stopId, {
        ...{ state, at, by, reason, recipientName, note, signatureFileId, photoFileIds },
      });
      if (proof && filesOf(proof).length > 0)
        await this.commands.execute(
          new AttachFilesCommand({ fileIds: filesOf(proof), owner: { kind: 'fleet-stop', id: stopId } }),
        );
      const { dispatchId, vehicleId, driverId } = route;
      const about = { routeId, dispatchId, stopId, planStop: stop.planStop, vehicleId, driverId };
      tx.record(new StopMoved(routeId, { ...about, state, reason, at: at.toISOString() }));
      const now = await this.dispatches.progress(routeId);
      if (now === 'completed') tx.record(new RouteEnded(routeId, { routeId, dispatchId, state: now }));
      else if (await this.dispatches.askArrivals(routeId)) tx.job(TellArrivals, { routeId });
      const change = { routeId, state: now, stopId, stopState: state };
      tx.afterCommit(() => this.channel.changed(tx.tenantId, route.driverUserId, change));
      return this.queries.execute(new FindDispatchRouteQuery(routeId));
    });
  }

  /** The dispatch is locked first: it ends with its last route. */
  private async ownRoute(routeId: string): Promise<LockedRoute> {
    const dispatchId = await this.dispatches.dispatchOf(routeId);
    if (dispatchId) await this.dispatches.lock(dispatchId);
    const route = dispatchId && (await this.dispatches.lockRoute(routeId));
    const { principal } = currentContext();
    const mine = (found: LockedRoute): boolean =>
      hasPermission(principal, 'fleet:write') || (!!principal.userId && found.driverUserId === principal.userId);
    if (!route || !mine(route)) throw routeNotFound();
    return route;
  }
}

const filesOf = ({ signatureFileId, photoFileIds }: Proof): string[] => [
  ...new Set([...(signatureFileId ? [signatureFileId] : []), ...photoFileIds]),
];
