import { CommandBus } from '@nestjs/cqrs';
import { Job, type Runs } from '../../../kernel/messaging/reaction';
import { FollowVehicleCommand } from '../commands/follow-vehicle';

/** Makes the trips of a vehicle up to a moment. */
@Job({ name: 'fleet.follow-vehicle', queue: 'maintenance' })
export class FollowVehicleJob implements Runs<{ vehicleId: string; upTo: string }> {
  constructor(private readonly commands: CommandBus) {}

  async run({ vehicleId, upTo }: { vehicleId: string; upTo: string }): Promise<void> {
    await this.commands.execute(new FollowVehicleCommand(vehicleId, new Date(upTo)));
  }
}
