import { CommandBus } from '@nestjs/cqrs';
import { Job, type Runs } from '../../../kernel/messaging/reaction';
import { EraseTrackerCommand } from '../commands/erase-tracker';

/** Erases what a deleted tracker told, part by part. */
@Job({ name: 'location.erase-tracker', queue: 'maintenance' })
export class EraseTracker implements Runs<{ trackerId: string }> {
  constructor(private readonly commands: CommandBus) {}

  async run({ trackerId }: { trackerId: string }): Promise<void> {
    while (await this.commands.execute(new EraseTrackerCommand(trackerId)));
  }
}
