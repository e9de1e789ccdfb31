import { Injectable } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import type { Transaction } from '../../../kernel/database/transaction';
import { newId } from '../../../kernel/ids/ids';
import { logger } from '../../../kernel/telemetry/logger';
import { FindTrackersQuery } from '../../location/contracts/trackers';
import { AssignmentRepository, type AssignmentRow } from '../data/assignment.repository';
import { FleetRepository } from '../data/fleet.repository';
import { IdlingRepository } from '../data/idling.repository';
import { TripRepository } from '../data/trip.repository';
import type { Vehicle } from '../domain/vehicle';
import { DeviceFollower } from './device-follower';
import { TripFollower } from './trip-follower';

const DAY_MS = 86_400_000;

/** Assigns trackers to vehicles as they are entered with them. */
@Injectable()
export class DeviceDesk {
  constructor(
    private readonly queries: QueryBus,
    private readonly fleets: FleetRepository,
    private readonly assignments: AssignmentRepository,
    private readonly trips: TripRepository,
    private readonly idlings: IdlingRepository,
    private readonly devices: DeviceFollower,
    private readonly follower: TripFollower,
  ) {}

  /**
   * From a moment on a tracker is in a vehicle, or in none; which it was in before, and what was in that vehicle, ends then.
   * One that is new and was in no vehicle is in it since the day before, or since the last tracker left. Told again, or where
   * an assignment was made meanwhile, it changes nothing.
   */
  async give(
    tx: Transaction,
    told: { trackerId: string; vehicleId: string | null; entered: boolean; at: Date },
  ): Promise<void> {
    const { trackerId, vehicleId, entered, at } = told;
    const own = await this.assignments.devicesFrom({ trackerId }, at);
    const vehicles = await this.lock([vehicleId, ...own.map((period) => period.vehicleId)]);
    const there = vehicleId === null ? [] : await this.assignments.devicesFrom({ vehicleId }, at);
    const [mine, theirs] = [sidesOf(own, at), sidesOf(there, at)];
    const now = await this.assignments.now(at);
    const overtaken = [mine.next, theirs.next].some((next) => next && next.from <= now);
    if ((mine.present?.vehicleId ?? null) === vehicleId) return;
    const vehicle = vehicleId === null ? null : (vehicles.get(vehicleId) ?? null);
    const refused = vehicleId !== null && (vehicle === null || vehicle.state === 'retired');
    const gone = (await this.queries.execute(new FindTrackersQuery({ ids: [trackerId] }))).length === 0;
    if (overtaken || refused || (gone && vehicleId !== null)) {
      if (!overtaken)
        logger.warn({ trackerId, vehicleId, gone }, 'a tracker was not assigned to the vehicle that it names');
      await this.devices.follow(tx, trackerId, [], at);
      return;
    }
    for (const ended of [mine.present, theirs.present]) if (ended) await this.end(tx, ended, at);
    if (vehicleId !== null) {
      const begins = [mine.next, theirs.next].flatMap((next) => (next ? [next.from.getTime()] : []));
      const until = begins.length > 0 ? new Date(Math.min(...begins)) : null;
      const alone = entered && mine.present === null ? await this.assignments.lastDeviceUntil(vehicleId, at) : at;
      const from = new Date(Math.max(at.getTime() - DAY_MS, alone?.getTime() ?? 0));
      const period = { id: newId(), vehicleId, kind: 'device' as const, subjectId: trackerId, slot: 1, from, until };
      await this.assignments.insert({ ...period, note: null, by: null });
      await this.follower.begin(tx, vehicleId, from);
      await this.devices.follow(tx, trackerId, [until], at);
    } else await this.devices.follow(tx, trackerId, [], at);
  }

  /** Ends a period of a tracker now, which is locked with its vehicle; its track is made anew to that moment. */
  private async end(tx: Transaction, period: AssignmentRow, at: Date): Promise<void> {
    const { id, vehicleId, subjectId, from } = period;
    if (from < at) await this.assignments.setEnd(period, at);
    else await this.assignments.remove(id);
    await this.trips.forgetOutside(vehicleId, subjectId, at);
    await this.idlings.forgetOutside(vehicleId, subjectId, at);
    await this.follower.begin(tx, vehicleId, at);
    await this.devices.follow(tx, subjectId, [], at);
  }

  /** In the order of their ids, as everybody locks them. */
  private async lock(ids: readonly (string | null)[]): Promise<Map<string, Vehicle>> {
    const found = new Map<string, Vehicle>();
    for (const id of [...new Set(ids.filter((id) => id !== null))].sort()) {
      const vehicle = await this.fleets.vehicle(id);
      if (vehicle) found.set(id, vehicle);
    }
    return found;
  }
}

/** Of periods in the order of time: the one of a moment, and the first after it. */
function sidesOf(periods: readonly AssignmentRow[], at: Date) {
  const [first = null, second = null] = periods;
  return first && first.from <= at ? { present: first, next: second } : { present: null, next: first };
}
