import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import type { Transaction } from '../../../kernel/database/transaction';
import { Timer, type Fires } from '../../../kernel/messaging/reaction';
import { AssignTrackerCommand, MoveTrackersOfVehicleCommand } from '../../location/contracts/trackers';
import { AssignmentRepository } from '../data/assignment.repository';

const IN_NONE = { vehicleId: null, fleetId: null };

/** Tells the location context in which vehicle, and so in which fleet, a tracker is, as the assignments have it now. */
@Injectable()
export class DeviceFollower {
  constructor(
    private readonly commands: CommandBus,
    private readonly assignments: AssignmentRepository,
  ) {}

  /**
   * @param moments at which it is looked again where they are to come, because a period begins or ends then
   * @param mayBeGone a tracker that was deleted has no vehicle to be told of; only a new assignment minds
   * @param since a moment that has come, of what is told
   */
  async follow(
    tx: Transaction,
    trackerId: string,
    moments: readonly (Date | null)[] = [],
    since: Date | null = null,
    mayBeGone = true,
  ): Promise<void> {
    const now = await this.assignments.now(since);
    const { vehicleId, fleetId } = (await this.assignments.vehicleOfTracker(trackerId, now)) ?? IN_NONE;
    await this.commands.execute(new AssignTrackerCommand({ trackerId, vehicleId, fleetId, mayBeGone }));
    for (const moment of moments)
      if (moment && moment > now) tx.timer(FollowDevice, { trackerId, at: moment.toISOString() }, moment);
  }

  /** The vehicle, whose row is locked and written, is of another fleet from now on, and what lies in it with it. */
  async followFleet(tx: Transaction, vehicleId: string, fleetId: string | null): Promise<void> {
    await this.commands.execute(new MoveTrackersOfVehicleCommand({ vehicleId, fleetId }));
    const trackerId = await this.assignments.trackerOfVehicle(vehicleId, await this.assignments.now());
    if (trackerId !== null) await this.follow(tx, trackerId);
  }
}

interface DeviceMoment {
  trackerId: string;
  /** RFC 3339. */
  at?: string;
}

/** A period of a device begins or ends. */
@Timer({ name: 'fleet.follow-device' })
export class FollowDevice implements Fires<DeviceMoment> {
  constructor(private readonly devices: DeviceFollower) {}

  fire({ trackerId, at }: DeviceMoment, tx: Transaction): Promise<void> {
    return this.devices.follow(tx, trackerId, [], at ? new Date(at) : null);
  }
}
