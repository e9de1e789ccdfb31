import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { Clock } from '../../../kernel/clock/clock';
import type { Transaction } from '../../../kernel/database/transaction';
import { newId } from '../../../kernel/ids/ids';
import { Timer, type Fires } from '../../../kernel/messaging/reaction';
import { TripRepository } from '../data/trip.repository';
import { MakeTripsCommand } from './make-trips';

const EVERY_MS = 600_000;
/** How late positions may come and still be followed by themselves, and how much is followed at once. */
const LATE_MS = 10 * 3_600_000;
const AT_ONCE_MS = 2 * 3_600_000;
const DAY_MS = 86_400_000;
/** How far back an assignment that is entered late is followed. */
const MOST_BACK_MS = 31 * DAY_MS;

/** Follows the tracks of vehicles that have a tracker: one chain of timers a vehicle. */
@Injectable()
export class TripFollower {
  constructor(
    private readonly clock: Clock,
    private readonly trips: TripRepository,
  ) {}

  /** A vehicle has a tracker from a moment on, which may be past or to come. */
  async begin(tx: Transaction, vehicleId: string, from: Date): Promise<void> {
    const since = new Date(Math.max(from.getTime(), this.clock.nowMs() - MOST_BACK_MS));
    const chain = newId();
    await this.trips.follow(vehicleId, since, chain);
    tx.timer(FollowTrips, { vehicleId, chain }, new Date(Math.max(since.getTime(), this.clock.nowMs()) + EVERY_MS));
  }
}

/** Makes the trips of a vehicle up to now, two hours at a time, and those of the ten hours before once more. */
@Timer({ name: 'fleet.follow-trips' })
export class FollowTrips implements Fires<{ vehicleId: string; chain: string }> {
  constructor(
    private readonly clock: Clock,
    private readonly commands: CommandBus,
    private readonly trips: TripRepository,
  ) {}

  async fire({ vehicleId, chain }: { vehicleId: string; chain: string }, tx: Transaction): Promise<void> {
    const until = await this.trips.madeUntil(vehicleId, chain);
    // Another chain took over, with a tracker that was put in later.
    if (!until) return;
    const now = this.clock.nowMs();
    const to = new Date(Math.min(now, until.getTime() + AT_ONCE_MS));
    if (to > until)
      await this.commands.execute(new MakeTripsCommand(vehicleId, new Date(until.getTime() - LATE_MS), to));
    const behind = to.getTime() < now;
    if (!(await this.trips.advance(vehicleId, to, behind))) return;
    tx.timer(FollowTrips, { vehicleId, chain }, new Date(behind ? now : now + EVERY_MS));
  }
}
