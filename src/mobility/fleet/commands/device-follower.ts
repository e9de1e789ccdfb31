import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import type { Transaction } from '../../../kernel/database/transaction';
import { Timer, type Fires } from '../../../kernel/messaging/reaction';
import { AssignTrackerCommand } from '../../location/contracts/trackers';
import { AssignmentRepository } from '../data/assignment.repository';

/** Tells the location context in which vehicle a tracker is, as the assignments have it now. */
@Injectable()
export class DeviceFollower {
  constructor(
    private readonly commands: CommandBus,
    private readonly assignments: AssignmentRepository,
  ) {}

  /** @param moments at which it is to be looked again, because a period begins or ends then */
  async follow(tx: Transaction, trackerId: string, moments: readonly Date[] = []): Promise<void> {
    const vehicleId = await this.assignments.vehicleOfTracker(trackerId);
    await this.commands.execute(new AssignTrackerCommand({ trackerId, vehicleId }));
    for (const moment of moments) tx.timer(FollowDevice, { trackerId }, moment);
  }
}

/** A period of a device begins or ends. */
@Timer({ name: 'fleet.follow-device' })
export class FollowDevice implements Fires<{ trackerId: string }> {
  constructor(private readonly devices: DeviceFollower) {}

  fire({ trackerId }: { trackerId: string }, tx: Transaction): Promise<void> {
    return this.devices.follow(tx, trackerId);
  }
}
