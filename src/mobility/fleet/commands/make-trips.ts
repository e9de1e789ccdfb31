import { Command, CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import { Clock } from '../../../kernel/clock/clock';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import {
  POSITIONS_KEPT_DAYS,
  TripsOfTrackerQuery,
  type BelievedPosition,
  type TrackedTrip,
} from '../../location/contracts/tracks';
import { DrivingAlert } from '../contracts/fleet-events';
import { FleetRepository } from '../data/fleet.repository';
import { TripRepository, type Followed, type TripRow } from '../data/trip.repository';
import { drivenOf, THRESHOLDS, type DrivingEvent, type DrivingEventKind } from '../domain/driving';
import { vehicleNotFound } from '../domain/fleet.errors';
import { isTrackerGone, tripsPeriod, tripsTooOld } from '../domain/trips.errors';
import type { Vehicle } from '../domain/vehicle';
import { drivenPoint, IdlingDesk } from './idling-desk';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
/** Longest period that is followed at once. */
const MOST_MS = 7 * DAY_MS;
/** Positions older than this may be gone, and trips that were made of them must stay. */
const OLDEST_MS = (POSITIONS_KEPT_DAYS - 1) * DAY_MS;
/** A trip begins at the first position of a movement, which shows some minutes later. */
const SHOWS_MS = 600_000;
/** Silence after which a trip has ended, and how far past the period the end of its last trip is looked for. */
const SILENCE_MS = HOUR_MS;
const LONGEST_MS = DAY_MS;

/** Older driving is no news. The beginning of an event may move a little with the positions that follow it. */
const NEWS_MS = HOUR_MS;
const SAME_MS = 30_000;

/**
 * Makes the trips of a vehicle that began in a period, each to its end, from what its trackers told by now. Doing it again
 * changes nothing but what late positions changed. What a tracker told that was deleted stays as it was made.
 * @throws AppError not-found `fleet.vehicle-not-found`; invalid `fleet.trips-period`, `fleet.trips-too-old`,
 *   `location.too-many-positions`
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

/** Milliseconds: trips that began from `from` on and before `to`, of positions until `last` at most. */
interface Span {
  trackerId: string;
  from: number;
  to: number;
  last: number;
}

@CommandHandler(MakeTripsCommand)
export class MakeTripsHandler implements ICommandHandler<MakeTripsCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly clock: Clock,
    private readonly queries: QueryBus,
    private readonly fleets: FleetRepository,
    private readonly trips: TripRepository,
    private readonly idling: IdlingDesk,
  ) {}

  async execute({ vehicleId, from, to }: MakeTripsCommand): Promise<{ trips: number }> {
    if (to <= from || to.getTime() - from.getTime() > MOST_MS) throw tripsPeriod();
    if (from.getTime() < this.clock.nowMs() - OLDEST_MS) throw tripsTooOld(POSITIONS_KEPT_DAYS - 1);
    return this.uow.run(async () => {
      const vehicle = await this.fleets.vehicle(vehicleId);
      if (!vehicle) throw vehicleNotFound();
      let trips = 0;
      for (const followed of await this.trips.followed(vehicleId, from, to))
        trips += await this.follow(vehicle, followed, to).catch(noneOfGone);
      return { trips };
    });
  }

  private async follow(
    vehicle: Vehicle,
    { trackerId, begins, from: since, until }: Followed,
    to: Date,
  ): Promise<number> {
    // A trip under way at the beginning is made from where it began: cut in two it would be two trips.
    const from = (await this.trips.underWay(vehicle.id, trackerId, since)) ?? since;
    const end = Math.min(to.getTime(), until?.getTime() ?? Infinity);
    const last = Math.min(until?.getTime() ?? Infinity, Math.max(this.clock.nowMs(), end), end + LONGEST_MS);
    const span = { trackerId, from: from.getTime(), to: end, last };
    const { trips, positions, end: read } = await this.journey(span);
    const drivers = await this.trips.driversAt(
      vehicle.id,
      trips.map(({ startTime }) => new Date(startTime)),
    );
    const rows = trips.map((trip, at) => rowOf(vehicle, trip, drivers[at], positions));
    const known = await this.trips.eventsOf(vehicle.id, trackerId, from, new Date(end));
    this.alert(vehicle.id, rows, known);
    await this.trips.replace({ vehicleId: vehicle.id, trackerId, from, to: new Date(end) }, rows);
    const stay = { begins: begins.getTime(), ends: Math.min(until?.getTime() ?? Infinity, this.clock.nowMs()) };
    const seen = { from: from.getTime(), to: read, points: positions.map(drivenPoint) };
    await this.idling.keep({ vehicleId: vehicle.id, trackerId, ...stay, to: end }, seen);
    return rows.length;
  }

  /** Tells of what happened within the last hour and was not known. */
  private alert(vehicleId: string, rows: readonly TripRow[], known: readonly DrivingEvent[]): void {
    const since = this.clock.nowMs() - NEWS_MS;
    for (const { driverId, events } of rows)
      for (const { kind, at, seconds, peak, lat, lng } of events) {
        const time = Date.parse(at);
        const told = known.some((one) => one.kind === kind && Math.abs(Date.parse(one.at) - time) <= SAME_MS);
        if (kind === 'idling' || time < since || told) continue;
        const alert = new DrivingAlert(vehicleId, { vehicleId, driverId, kind, at, seconds, peak, lat, lng });
        this.uow.current().record(alert);
      }
  }

  /** Reads on until the last trip of the period has come to its end. */
  private async journey(span: Span): Promise<{ trips: TrackedTrip[]; positions: BelievedPosition[]; end: number }> {
    const { trackerId, from, to, last } = span;
    for (let [end, step] = [Math.min(to + SHOWS_MS, last), 2 * HOUR_MS]; ; step *= 2) {
      const period = { trackerId, from: new Date(from), to: new Date(end) };
      const { trips, positions } = await this.queries.execute(new TripsOfTrackerQuery(period));
      const begun = trips.filter(({ startTime }) => Date.parse(startTime) < to);
      const heard = positions.at(-1)?.fixTime;
      const open = begun.at(-1)?.endTime === heard && heard !== undefined && Date.parse(heard) > end - SILENCE_MS;
      if (!open || end >= last) return { trips: begun, positions, end };
      end = Math.min(end + step, last);
    }
  }
}

function noneOfGone(error: unknown): number {
  if (isTrackerGone(error)) return 0;
  throw error;
}

function rowOf(
  vehicle: Vehicle,
  trip: TrackedTrip,
  driverId: string | null,
  positions: readonly BelievedPosition[],
): TripRow {
  const { startTime, endTime, gap } = trip;
  const own = gap ? [] : positions.filter(({ fixTime }) => fixTime >= startTime && fixTime <= endTime);
  const { events, ...driven } = drivenOf(own.map(drivenPoint), THRESHOLDS[vehicle.class]);
  const count = (kind: DrivingEventKind): number => events.filter((event) => event.kind === kind).length;
  return {
    ...{ startedAt: new Date(startTime), endedAt: new Date(endTime), start: trip.start, end: trip.end },
    ...{ distance: trip.distance, maxSpeed: trip.maxSpeed, gap, driverId, class: vehicle.class, events, ...driven },
    harshAcceleration: count('harsh_acceleration'),
    harshBraking: count('harsh_braking'),
    harshCornering: count('harsh_cornering'),
  };
}
