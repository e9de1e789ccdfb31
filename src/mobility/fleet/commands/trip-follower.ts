import { Injectable } from '@nestjs/common';
import { Clock } from '../../../kernel/clock/clock';
import type { Transaction } from '../../../kernel/database/transaction';
import { newId } from '../../../kernel/ids/ids';
import { Timer, type Fires } from '../../../kernel/messaging/reaction';
import { TripRepository } from '../data/trip.repository';
import { isToFollow, LOOK_MS } from '../domain/following';
import { FollowVehicleJob } from '../jobs/follow-vehicle';
import { VehicleEar } from './vehicle-ear';

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
    tx.timer(FollowTrips, { vehicleId, chain }, new Date(Math.max(madeUntil.getTime(), now) + LOOK_MS));
  }
}

/** Has the trips of a vehicle made up to now where there is something new, and comes again, as long as it has a tracker. */
@Timer({ name: 'fleet.follow-trips' })
export class FollowTrips implements Fires<{ vehicleId: string; chain: string }> {
  constructor(
    private readonly clock: Clock,
    private readonly trips: TripRepository,
    private readonly ear: VehicleEar,
  ) {}

  async fire({ vehicleId, chain }: { vehicleId: string; chain: string }, tx: Transaction): Promise<void> {
    // Otherwise it is over, or another chain took over.
    const following = await this.trips.goesOn(vehicleId, chain);
    if (!following) return;
    const now = this.clock.nowMs();
    const [madeUntil, startedAt, endedAt] = [
      following.madeUntil.getTime(),
      following.startedAt?.getTime() ?? null,
      following.endedAt?.getTime() ?? null,
    ];
    const latest = await this.ear.heard(vehicleId, following.madeUntil);
    const heard = latest && latest.at > (following.heardAt?.getTime() ?? 0) ? latest : null;
    if (isToFollow(vehicleId, { madeUntil, startedAt, endedAt, heard }, now))
      tx.job(FollowVehicleJob, { vehicleId, upTo: new Date(now).toISOString() });
    tx.timer(FollowTrips, { vehicleId, chain }, new Date(now + LOOK_MS));
  }
}
