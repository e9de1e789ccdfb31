import { Injectable } from '@nestjs/common';
import { Clock } from '../../../kernel/clock/clock';
import type { Transaction } from '../../../kernel/database/transaction';
import { newId } from '../../../kernel/ids/ids';
import { Timer, type Fires } from '../../../kernel/messaging/reaction';
import { TripRepository } from '../data/trip.repository';
import { FollowVehicleJob } from '../jobs/follow-vehicle';

const EVERY_MS = 600_000;
const DAY_MS = 86_400_000;
/** How far back an assignment that is entered late is followed. */
const MOST_BACK_MS = 31 * DAY_MS;

/** Follows the tracks of vehicles that have a tracker: one chain of timers a vehicle, each of which asks for a job. */
@Injectable()
export class TripFollower {
  constructor(
    private readonly clock: Clock,
    private readonly trips: TripRepository,
  ) {}

  /** A vehicle has a tracker from a moment on, which may be past or to come. What was followed before is followed on. */
  async begin(tx: Transaction, vehicleId: string, from: Date): Promise<void> {
    const now = this.clock.nowMs();
    const chain = newId();
    const madeUntil = await this.trips.follow(vehicleId, new Date(Math.max(from.getTime(), now - MOST_BACK_MS)), chain);
    tx.timer(FollowTrips, { vehicleId, chain }, new Date(Math.max(madeUntil.getTime(), now) + EVERY_MS));
  }
}

/** Has the trips of a vehicle made up to now, and comes again, as long as the vehicle has a tracker. */
@Timer({ name: 'fleet.follow-trips' })
export class FollowTrips implements Fires<{ vehicleId: string; chain: string }> {
  constructor(
    private readonly clock: Clock,
    private readonly trips: TripRepository,
  ) {}

  async fire({ vehicleId, chain }: { vehicleId: string; chain: string }, tx: Transaction): Promise<void> {
    // Otherwise it is over, or another chain took over.
    if (!(await this.trips.goesOn(vehicleId, chain))) return;
    const now = this.clock.nowMs();
    tx.job(FollowVehicleJob, { vehicleId, upTo: new Date(now).toISOString() });
    tx.timer(FollowTrips, { vehicleId, chain }, new Date(now + EVERY_MS));
  }
}
