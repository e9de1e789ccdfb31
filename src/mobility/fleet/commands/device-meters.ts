import { Injectable } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { Clock } from '../../../kernel/clock/clock';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { PositionsOfTrackerQuery, type BelievedPosition } from '../../location/contracts/tracks';
import { FleetRepository } from '../data/fleet.repository';
import { MeterSourceRepository, type MeterSource } from '../data/meter-source.repository';
import { MeterRepository } from '../data/meter.repository';
import { TripRepository } from '../data/trip.repository';
import { continues, countedAfter, countOf, PACES, type Said } from '../domain/device-meter';
import { METERS, type Meter } from '../domain/meter';
import { isTrackerGone } from '../domain/trips.errors';
import type { Vehicle } from '../domain/vehicle';
import { MeterDesk } from './meter-desk';

/** Attributes of positions, as Traccar names them, the best first, and what one of their units is in metres or seconds. */
const ATTRIBUTES: Record<Meter, readonly { name: string; unit: number; ofVehicle: boolean }[]> = {
  odometer: [
    { name: 'odometer', unit: 1, ofVehicle: true },
    { name: 'totalDistance', unit: 1, ofVehicle: false },
  ],
  engine_hours: [{ name: 'hours', unit: 0.001, ofVehicle: true }],
};
/** A reading is made of so much at once, and of less where the vehicle rests: readings are kept for ever. */
const AT_ONCE: Record<Meter, { moving: number; resting: number }> = {
  odometer: { moving: 10_000, resting: 100 },
  engine_hours: { moving: 1_800, resting: 60 },
};

/** A trip that ended so long ago is over. */
const RESTS_MS = 300_000;
const DAY_MS = 86_400_000;

/** Reads meters from what trackers tell, or reckons them from trips where a vehicle is set to that. */
@Injectable()
export class DeviceMeters {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly clock: Clock,
    private readonly queries: QueryBus,
    private readonly fleets: FleetRepository,
    private readonly trips: TripRepository,
    private readonly sources: MeterSourceRepository,
    private readonly readings: MeterRepository,
    private readonly desk: MeterDesk,
  ) {}

  /**
   * Follows the meters of a vehicle over a period. A tracker's count adds to what was read last, so that trackers are
   * exchanged and counts reset without a step; what comes out of order is passed over. Doing it again changes nothing.
   * @throws AppError invalid `location.too-many-positions`
   */
  async follow(vehicleId: string, from: Date, to: Date): Promise<void> {
    await this.uow.run(async () => {
      const vehicle = await this.fleets.vehicle(vehicleId);
      if (!vehicle || vehicle.state === 'retired' || vehicle.metersFrom === 'typed') return;
      const sources = new Map((await this.sources.of(vehicleId)).map((source) => [source.meter, source]));
      const stays = await this.trips.followed(vehicleId, from, to);
      for (const stay of stays) {
        const until = Math.min(to.getTime(), stay.until?.getTime() ?? Infinity, this.clock.nowMs());
        const known = [...sources.values()].filter(({ trackerId }) => trackerId === stay.trackerId);
        // What was taken is not read again; what did not fit is, with what comes after it.
        const seen = known.length > 0 ? Math.min(...known.map(({ at }) => at.getTime())) : from.getTime();
        const begin = Math.max(stay.begins.getTime(), seen, from.getTime() - DAY_MS);
        const positions = await this.positions(stay.trackerId, begin, until);
        for (const meter of METERS) {
          const source = await this.meter(vehicle, meter, stay.trackerId, sources.get(meter) ?? null, positions);
          if (source) sources.set(meter, source);
        }
      }
      const trackers = stays.map(({ trackerId }) => trackerId);
      if (vehicle.metersFrom === 'estimated' && trackers.length > 0)
        for (const meter of METERS)
          if (!trackers.includes(sources.get(meter)?.trackerId ?? '')) await this.reckon(vehicle, meter, to);
    });
  }

  private async positions(trackerId: string, from: number, to: number): Promise<BelievedPosition[]> {
    if (to <= from) return [];
    const period = { trackerId, from: new Date(from), to: new Date(to) };
    return this.queries.execute(new PositionsOfTrackerQuery(period)).catch((error: unknown) => {
      if (isTrackerGone(error)) return [];
      throw error;
    });
  }

  /** @returns what the tracker said last; null where it says nothing of the meter */
  private async meter(
    vehicle: Vehicle,
    meter: Meter,
    trackerId: string,
    source: MeterSource | null,
    positions: readonly BelievedPosition[],
  ): Promise<MeterSource | null> {
    const said = saidOf(meter, positions, source?.trackerId === trackerId ? source.attribute : null);
    if (!said) return null;
    const pace = PACES[meter];
    const same = source?.trackerId === trackerId && source.attribute === said.attribute ? source : null;
    const before = same && { at: same.at.getTime(), value: same.shown };
    const { last, counted } = countOf(pace, before, said.values);
    if (last === null || (before && last.at === before.at)) return null;
    const read = await this.readings.last(vehicle.id, meter);
    const first = before ? null : said.values.find(({ value }) => value > 0)!;
    const shows = first && read && { at: read.at.getTime(), value: read.shown };
    // A tracker that knows the vehicle's own meter says what was driven since it was read; another goes on from what was.
    const known = first && shows && said.ofVehicle && continues(pace, shows, first) ? first.value - shows.value : null;
    const noted = (source?.notedAt?.getTime() ?? null) === (read?.at.getTime() ?? null);
    let carried = known ?? (noted ? (source?.carried ?? 0) : 0);
    carried += countedAfter(counted, read?.at.getTime() ?? -Infinity);
    let notedAt = read?.at ?? null;
    const begins = read === null && said.ofVehicle;
    const { moving, resting } = AT_ONCE[meter];
    if (begins || carried >= (rests(positions, meter) || first ? resting : moving)) {
      const at = new Date(last.at);
      const amount = Math.floor(begins ? last.value : carried);
      if (read === null || at > read.at) {
        const shown = (read?.shown ?? 0) + amount;
        await this.desk.record(vehicle, { meter, kind: 'reading', shown, at, source: 'device', reason: null });
        [carried, notedAt] = [begins ? 0 : carried - amount, at];
      }
    }
    const kept = {
      meter,
      trackerId,
      attribute: said.attribute,
      shown: last.value,
      at: new Date(last.at),
      carried,
      notedAt,
    };
    await this.sources.keep(vehicle.id, kept);
    return kept;
  }

  /** The last that somebody, or a tracker, read, and what trips have added since. */
  private async reckon(vehicle: Vehicle, meter: Meter, to: Date): Promise<void> {
    const [last, read] = [await this.readings.last(vehicle.id, meter), await this.readings.base(vehicle.id, meter)];
    const { amount, until } = await this.sources.reckoned(vehicle.id, meter, read?.at ?? null);
    const more = Math.floor((read?.total ?? 0) + amount - (last?.total ?? 0));
    if (until === null || (last && until <= last.at)) return;
    const { moving, resting } = AT_ONCE[meter];
    if (more < (until.getTime() < to.getTime() - RESTS_MS ? resting : moving)) return;
    const shown = (last?.shown ?? 0) + more;
    const at = new Date(Math.min(until.getTime(), this.clock.nowMs()));
    await this.desk.record(vehicle, { meter, kind: 'reading', shown, at, source: 'estimate', reason: null });
  }
}

/** What positions say of a meter by one attribute: the one that was followed before, or the best that is there. */
function saidOf(
  meter: Meter,
  positions: readonly BelievedPosition[],
  before: string | null,
): { attribute: string; ofVehicle: boolean; values: Said[] } | null {
  const { name, unit, ofVehicle } =
    ATTRIBUTES[meter].find(
      (attribute) =>
        attribute.name === before || positions.some(({ attributes }) => isCount(attributes[attribute.name])),
    ) ?? ATTRIBUTES[meter][0];
  const values = positions.flatMap(({ fixTime, attributes }) => {
    const value = attributes[name];
    return isCount(value) ? [{ at: Date.parse(fixTime), value: value * unit }] : [];
  });
  return values.length > 0 ? { attribute: name, ofVehicle, values } : null;
}

const isCount = (value: unknown): value is number => typeof value === 'number' && value >= 0 && value < 1e13;

/** The vehicle stands, or its engine does, by the last that is known of it. */
function rests(positions: readonly BelievedPosition[], meter: Meter): boolean {
  const { speed, attributes } = positions[positions.length - 1];
  const stands = (speed ?? 0) < 1;
  return meter === 'odometer' || typeof attributes.ignition !== 'boolean' ? stands : !attributes.ignition;
}
