import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../../kernel/database/transaction';
import { DispatchChannel } from '../adapters/dispatch-channel';
import { RouteEnded } from '../contracts/fleet-events';
import { DispatchRepository } from '../data/dispatch.repository';

/** Calls off routes, and says so. */
@Injectable()
export class RouteCancelling {
  constructor(
    private readonly dispatches: DispatchRepository,
    private readonly channel: DispatchChannel,
  ) {}

  /**
   * Calls off what is not finished of a dispatch, which is locked.
   * @param driverId whose routes alone; null: all
   * @returns how many routes those are
   */
  async cancel(tx: Transaction, dispatchId: string, driverId: string | null): Promise<number> {
    const routes = await this.dispatches.cancelRoutes(dispatchId, driverId);
    for (const { id: routeId, driverUserId } of routes) {
      tx.record(new RouteEnded(routeId, { routeId, dispatchId, state: 'cancelled' }));
      const change = { routeId, state: 'cancelled', stopId: null, stopState: null } as const;
      tx.afterCommit(() => this.channel.changed(tx.tenantId, driverUserId, change));
    }
    return routes.length;
  }
}
