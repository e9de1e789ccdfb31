import { Command, CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import { Clock } from '../../../kernel/clock/clock';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { LatestPositionsQuery } from '../../location/contracts/tracks';
import { TravelTimesQuery } from '../../location/contracts/travel-times';
import { DispatchChannel } from '../adapters/dispatch-channel';
import { DispatchRepository } from '../data/dispatch.repository';
import { arrivalsOf } from '../domain/dispatch';

/** An older position says nothing of where a vehicle is now. */
const FRESH_MS = 900_000;

/** Reckons when the stops that are left of a route are reached, from where its vehicle is; nothing where that is not known. */
export class TellArrivalsCommand extends Command<void> {
  constructor(readonly routeId: string) {
    super();
  }
}

@CommandHandler(TellArrivalsCommand)
export class TellArrivalsHandler implements ICommandHandler<TellArrivalsCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly clock: Clock,
    private readonly queries: QueryBus,
    private readonly dispatches: DispatchRepository,
    private readonly channel: DispatchChannel,
  ) {}

  async execute({ routeId }: TellArrivalsCommand): Promise<void> {
    // What happens while this is reckoned may ask for it again.
    const route = await this.uow.run(async () => {
      await this.dispatches.answerArrivals(routeId);
      return this.dispatches.left(routeId);
    });
    const next = route?.stops.find(({ state }) => state === 'pending');
    if (!route?.trackerId || !next || next.lat === null || next.lng === null) return;
    const [position] = await this.queries.execute(new LatestPositionsQuery({ trackerIds: [route.trackerId] }));
    if (!position || Date.parse(position.fixTime) < this.clock.nowMs() - FRESH_MS) return;
    // Ways may be asked of a provider: outside of any transaction.
    const { lat, lng } = position;
    const asked = { origin: { lat, lng }, destinations: [{ lat: next.lat, lng: next.lng }] };
    const { seconds, source } = await this.queries.execute(new TravelTimesQuery(asked));
    const arrivals = arrivalsOf(route.stops, this.clock.now(), seconds[0]);
    if (arrivals.length === 0) return;
    await this.uow.run(async (tx) => {
      const locked = await this.dispatches.lockRoute(routeId);
      if (locked?.state !== 'assigned' && locked?.state !== 'under_way') return;
      await this.dispatches.tellArrivals(routeId, arrivals, source);
      tx.afterCommit(() => this.channel.arrivals(tx.tenantId, locked.driverUserId, routeId, arrivals));
    });
  }
}
