import { Command, CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import { Clock } from '../../../kernel/clock/clock';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { newId } from '../../../kernel/ids/ids';
import { POSITIONS_KEPT_DAYS, PositionsOfTrackerQuery, type BelievedPosition } from '../../location/contracts/tracks';
import { FuelChannel } from '../adapters/fuel-channel';
import { FuelLevelChanged } from '../contracts/fleet-events';
import { FleetRepository } from '../data/fleet.repository';
import {
  FuelLevelRepository,
  type FuelChangeRow,
  type FuelSensorRow,
  type StoredLevel,
} from '../data/fuel-level.repository';
import { TripRepository } from '../data/trip.repository';
import { vehicleNotFound } from '../domain/fleet.errors';
import { tankOf } from '../domain/fuel';
import {
  changesOf,
  countsAfter,
  countsBefore,
  levelOf,
  paceOf,
  smoothed,
  thresholdsOf,
  type FuelChange,
  type LevelPoint,
} from '../domain/fuel-level';
import { isTrackerGone, tripsPeriod, tripsTooOld } from '../domain/trips.errors';
import type { Vehicle } from '../domain/vehicle';
import { FuelCardDesk } from './fuel-card-desk';

const DAY_MS = 86_400_000;
const MOST_MS = 7 * DAY_MS;
const OLDEST_MS = (POSITIONS_KEPT_DAYS - 1) * DAY_MS;
/** One level is kept for so long. */
const EVERY_MS = 600_000;
/** Positions are read by so much at once, and one for so long is enough: both cut the same whatever period is made. */
const PIECE_MS = 21_600_000;
const SLOT_MS = 10_000;
/** Older changes are no news. */
const NEWS_MS = DAY_MS;
/** The beginning of a change may move by this much with positions that come later. */
const SAME_MS = 900_000;

/**
 * Makes levels of the tank, refills and drops of a period from what the vehicle's trackers told by now; nothing where it has no
 * sensor. Doing it again changes nothing but what late positions changed; what people decided stays.
 * @throws AppError not-found `fleet.vehicle-not-found`; invalid `fleet.trips-period`, `fleet.trips-too-old`,
 *   `location.too-many-positions`
 */
export class MakeFuelLevelsCommand extends Command<{ levels: number; changes: number }> {
  constructor(
    readonly vehicleId: string,
    readonly from: Date,
    readonly to: Date,
  ) {
    super();
  }
}

@CommandHandler(MakeFuelLevelsCommand)
export class MakeFuelLevelsHandler implements ICommandHandler<MakeFuelLevelsCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly clock: Clock,
    private readonly queries: QueryBus,
    private readonly fleets: FleetRepository,
    private readonly trips: TripRepository,
    private readonly levels: FuelLevelRepository,
    private readonly cards: FuelCardDesk,
    private readonly channel: FuelChannel,
  ) {}

  execute({ vehicleId, from, to }: MakeFuelLevelsCommand): Promise<{ levels: number; changes: number }> {
    const length = to.getTime() - from.getTime();
    if (length <= 0 || length > MOST_MS) throw tripsPeriod();
    if (from.getTime() < this.clock.nowMs() - OLDEST_MS) throw tripsTooOld(POSITIONS_KEPT_DAYS - 1);
    return this.uow.run(async () => {
      const vehicle = await this.fleets.vehicle(vehicleId);
      if (!vehicle) throw vehicleNotFound();
      // What was not confirmed yet is looked at again.
      const pace = paceOf(vehicle.fuelType);
      const since = new Date(from.getTime() - pace.againMs);
      const seen = {
        from: new Date(since.getTime() - countsBefore(pace)),
        to: new Date(Math.min(to.getTime() + countsAfter(pace), Math.max(to.getTime(), this.clock.nowMs() + SLOT_MS))),
      };
      const sensors = await this.levels.sensors(vehicleId, seen.from, seen.to);
      if (sensors.length === 0) return { levels: 0, changes: 0 };
      const points = await this.points(vehicleId, sensors, seen);
      const kept = sampled(points, from, to);
      await this.levels.replaceLevels(vehicleId, from, to, kept);
      const { tankCapacity: tank, consumptionNorm: norm } = vehicle;
      const thresholds = thresholdsOf(vehicle.class, vehicle.fuelType, tankOf(tank), tankOf(norm));
      const found = changesOf(points, thresholds).filter(
        ({ beganAt }) => beganAt >= since.getTime() && beganAt < to.getTime(),
      );
      await this.keep(vehicle, found, since, to);
      await this.levels.match(vehicleId, since, to);
      await this.cards.look(vehicleId, vehicle, since, to);
      return { levels: kept.length, changes: found.length };
    });
  }

  /** What the sensor said, by the table of its time; of two trackers that tell it at once, the one that was there first. */
  private async points(
    vehicleId: string,
    sensors: readonly FuelSensorRow[],
    seen: { from: Date; to: Date },
  ): Promise<SensedPoint[]> {
    const points: SensedPoint[] = [];
    const told: [number, number][] = [];
    for (const { trackerId, from, until } of await this.trips.followed(vehicleId, seen.from, seen.to)) {
      const to = until && until < seen.to ? until : seen.to;
      if (to <= from) continue;
      const own: SensedPoint[] = [];
      for (const [begin, end] of pieces(from.getTime(), to.getTime())) {
        const period = { trackerId, from: new Date(begin), to: new Date(end) };
        const positions = await this.queries.execute(new PositionsOfTrackerQuery(period)).catch(noneOfGone);
        const slots = new Map<number, SensedPoint>();
        for (const position of positions) {
          const point = pointOf(position, sensors, trackerId);
          if (point) slots.set(Math.floor(point.at / SLOT_MS), point);
        }
        own.push(...slots.values());
      }
      const alone = own.filter(({ at }) => !told.some(([first, last]) => at >= first && at <= last));
      if (alone.length === 0) continue;
      points.push(...alone);
      const times = own.map(({ at }) => at);
      told.push([times.reduce((a, b) => Math.min(a, b)), times.reduce((a, b) => Math.max(a, b))]);
    }
    return points.sort((a, b) => a.at - b.at);
  }

  /** A change that is known keeps its id; one that is not there any more is withdrawn, unless people decided on it. */
  private async keep(vehicle: Vehicle, found: readonly FuelChange[], since: Date, to: Date): Promise<void> {
    const around = [new Date(since.getTime() - SAME_MS), new Date(to.getTime() + SAME_MS)] as const;
    const known = await this.levels.changes(vehicle.id, ...around);
    const drivers = await this.trips.driversAt(
      vehicle.id,
      found.map(({ beganAt }) => new Date(beganAt)),
    );
    const again = new Set<string>();
    for (const [i, change] of found.entries()) {
      const before = known.find((one) => !again.has(one.id) && same(one, change));
      const id = before?.id ?? newId();
      again.add(id);
      await this.levels.keepChange(vehicle.id, drivers[i], id, change);
      if (!before) this.tell(vehicle.id, drivers[i], id, change);
    }
    const gone = known.filter(({ id, beganAt }) => !again.has(id) && beganAt >= since && beganAt < to);
    if (gone.length > 0) await this.levels.withdraw(gone.map(({ id }) => id));
  }

  /** Once, and only what is news. */
  private tell(vehicleId: string, driverId: string | null, changeId: string, change: FuelChange): void {
    const { kind, beganAt, endedAt, quantity, lat, lng } = change;
    if (endedAt < this.clock.nowMs() - NEWS_MS) return;
    const tx = this.uow.current();
    const at = new Date(beganAt).toISOString();
    const told = { changeId, vehicleId, kind, quantity };
    tx.record(
      new FuelLevelChanged(changeId, { ...told, at, lat, lng, driverId, endedAt: new Date(endedAt).toISOString() }),
    );
    tx.afterCommit(() => this.channel.changed(tx.tenantId, told));
  }
}

type SensedPoint = LevelPoint & Pick<StoredLevel, 'sensorId' | 'trackerId'>;

/** A tracker that was deleted tells nothing. */
function noneOfGone(error: unknown): BelievedPosition[] {
  if (isTrackerGone(error)) return [];
  throw error;
}

/** A period, cut where each other period is cut. */
function* pieces(from: number, to: number): Generator<[number, number]> {
  for (let begin = from; begin < to;) {
    const end = Math.min(to, (Math.floor(begin / PIECE_MS) + 1) * PIECE_MS);
    yield [begin, end];
    begin = end;
  }
}

function pointOf(
  { fixTime, lat, lng, attributes }: BelievedPosition,
  sensors: readonly FuelSensorRow[],
  trackerId: string,
): SensedPoint | null {
  const at = Date.parse(fixTime);
  const sensor = sensors.findLast(({ from }) => from.getTime() <= at);
  const raw = sensor && attributes[sensor.attribute];
  if (typeof raw !== 'number' || !Number.isFinite(raw)) return null;
  const level = levelOf(sensor!.points, raw);
  if (level === null) return null;
  const ignition = typeof attributes.ignition === 'boolean' ? attributes.ignition : null;
  const sensorId = sensor!.id;
  return { at, lat, lng, level, ignition, source: `${sensorId}/${trackerId}`, sensorId, trackerId };
}

/** The last level of each ten minutes, without what single readings make up. */
function sampled(points: readonly SensedPoint[], from: Date, to: Date): StoredLevel[] {
  const levels = smoothed(points);
  const kept = new Map<number, StoredLevel>();
  points.forEach(({ at, sensorId, trackerId }, i) => {
    if (at < from.getTime() || at >= to.getTime()) return;
    const quantity = Math.max(0, Math.round(levels[i]));
    kept.set(Math.floor(at / EVERY_MS), { at: new Date(at), quantity, sensorId, trackerId });
  });
  return [...kept.values()];
}

const same = (known: FuelChangeRow, { kind, beganAt, endedAt }: FuelChange): boolean =>
  known.kind === kind && known.beganAt.getTime() <= endedAt + SAME_MS && known.endedAt.getTime() >= beganAt - SAME_MS;
