import { Clock } from '../../../kernel/clock/clock';
import type { Transaction } from '../../../kernel/database/transaction';
import { Timer, type Fires } from '../../../kernel/messaging/reaction';
import { DispatchRepository } from '../data/dispatch.repository';
import { TellArrivals } from '../jobs/tell-arrivals';

const EVERY_MS = 120_000;

/** When a route is looked at first: routes that begin at the same moment are spread, by the last signs of their ids. */
export const firstWatch = (routeId: string, from: Date): Date =>
  new Date(from.getTime() + (Number.parseInt(routeId.slice(-8), 16) % EVERY_MS));

/** Has the times of arrival of a route told every two minutes, from its planned beginning on, as long as it is driven. */
@Timer({ name: 'fleet.watch-route' })
export class WatchRoute implements Fires<{ routeId: string }> {
  constructor(
    private readonly clock: Clock,
    private readonly dispatches: DispatchRepository,
  ) {}

  async fire({ routeId }: { routeId: string }, tx: Transaction): Promise<void> {
    if (!(await this.dispatches.watched(routeId))) return;
    if (await this.dispatches.askArrivals(routeId)) tx.job(TellArrivals, { routeId });
    tx.timer(WatchRoute, { routeId }, new Date(this.clock.nowMs() + EVERY_MS));
  }
}
