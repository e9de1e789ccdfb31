import { CommandBus } from '@nestjs/cqrs';
import { Job, type Runs } from '../../../kernel/messaging/reaction';
import { TellArrivalsCommand } from '../commands/tell-arrivals';

/** Says when the stops that are left of a route are reached. The next one is told soon: one that fails is not tried for long. */
@Job({ name: 'fleet.tell-arrivals', queue: 'maintenance', attempts: 2 })
export class TellArrivals implements Runs<{ routeId: string }> {
  constructor(private readonly commands: CommandBus) {}

  async run({ routeId }: { routeId: string }): Promise<void> {
    await this.commands.execute(new TellArrivalsCommand(routeId));
  }
}
