import { Command, CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { PositionsOfTrackerQuery, TripsOfTrackerQuery, type TrackedTrip } from '../../location/contracts/tracks';
import { FleetRepository } from '../data/fleet.repository';
import { TripRepository, type Followed, type TripRow } from '../data/trip.repository';
import { drivenOf, THRESHOLDS, type DrivenPoint, type DrivingEventKind } from '../domain/driving';
import { vehicleNotFound } from '../domain/fleet.errors';
import { tripsPeriod } from '../domain/trips.errors';
import type { Vehicle } from '../domain/vehicle';

/** Longest period that is followed at once. */
const MOST_MS = 7 * 86_400_000;

/**
 * Makes the trips of a vehicle that began in a period, from what its trackers told by now. Doing it again changes nothing but
 * what late positions changed.
 * @throws AppError not-found `fleet.vehicle-not-found`, invalid `fleet.trips-period`, `location.too-many-positions`
 */
export class MakeTripsCommand extends Command<{ trips: number }> {
  constructor(
    readonly vehicleId: string,
    readonly from: Date,
    readonly to: Date,
  ) {
    super();
  }
}

@CommandHandler(MakeTripsCommand)
export class MakeTripsHandler implements ICommandHandler<MakeTripsCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly queries: QueryBus,
    private readonly fleets: FleetRepository,
    private readonly trips: TripRepository,
  ) {}

  execute({ vehicleId, from, to }: MakeTripsCommand): Promise<{ trips: number }> {
    if (to <= from || to.getTime() - from.getTime() > MOST_MS) throw tripsPeriod();
    return this.uow.run(async () => {
      const vehicle = await this.fleets.vehicle(vehicleId);
      if (!vehicle) throw vehicleNotFound();
      let trips = 0;
      for (const followed of await this.trips.followed(vehicleId, from, to))
        trips += await this.follow(vehicle, followed, to);
      return { trips };
    });
  }

  private async follow(vehicle: Vehicle, { trackerId, from: since, until }: Followed, to: Date): Promise<number> {
    const end = until ?? to;
    // A trip under way at the beginning is made from where it began: cut in two it would be two trips.
    const from = (await this.trips.underWay(vehicle.id, trackerId, since)) ?? since;
    const { trips } = await this.queries.execute(new TripsOfTrackerQuery({ trackerId, from, to: end }));
    const drivers = await this.trips.driversAt(
      vehicle.id,
      trips.map(({ startTime }) => new Date(startTime)),
    );
    const rows: TripRow[] = [];
    for (const [at, trip] of trips.entries()) rows.push(await this.row(vehicle, trackerId, trip, drivers[at]));
    await this.trips.replace({ vehicleId: vehicle.id, trackerId, from, to: end }, rows);
    return rows.length;
  }

  private async row(vehicle: Vehicle, trackerId: string, trip: TrackedTrip, driverId: string | null): Promise<TripRow> {
    const [startedAt, endedAt] = [new Date(trip.startTime), new Date(trip.endTime)];
    const period = { trackerId, from: startedAt, to: new Date(endedAt.getTime() + 1) };
    const positions = trip.gap ? [] : await this.queries.execute(new PositionsOfTrackerQuery(period));
    const points = positions.map(({ fixTime, lat, lng, speed, course, accuracy, attributes }): DrivenPoint => ({
      ...{ at: Date.parse(fixTime), lat, lng, speed, course, accuracy },
      ignition: typeof attributes.ignition === 'boolean' ? attributes.ignition : null,
    }));
    const driven = drivenOf(points, THRESHOLDS[vehicle.class]);
    const count = (kind: DrivingEventKind): number => driven.events.filter((event) => event.kind === kind).length;
    const { speedingSeconds, idleSeconds, nightSeconds, lowResolution, events } = driven;
    return {
      ...{ startedAt, endedAt, start: trip.start, end: trip.end, distance: trip.distance, maxSpeed: trip.maxSpeed },
      ...{
        gap: trip.gap,
        driverId,
        class: vehicle.class,
        speedingSeconds,
        idleSeconds,
        nightSeconds,
        lowResolution,
        events,
      },
      harshAcceleration: count('harsh_acceleration'),
      harshBraking: count('harsh_braking'),
      harshCornering: count('harsh_cornering'),
    };
  }
}
