import { CommandBus } from '@nestjs/cqrs';
import { Job, type Runs } from '../../../kernel/messaging/reaction';
import { ReplayTrackCommand } from '../commands/replay-track';

/** Puts right what follows from a tracker's fixes, after some came late. */
@Job({ name: 'location.replay-tracker', queue: 'maintenance' })
export class ReplayTracker implements Runs<{ trackerId: string }> {
  constructor(private readonly commands: CommandBus) {}

  async run({ trackerId }: { trackerId: string }): Promise<void> {
    await this.commands.execute(new ReplayTrackCommand(trackerId));
  }
}
