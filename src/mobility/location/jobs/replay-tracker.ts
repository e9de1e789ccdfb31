import { CommandBus } from '@nestjs/cqrs';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { Job, type Runs } from '../../../kernel/messaging/reaction';
import { ReplayTrackCommand } from '../commands/replay-track';

/** Puts right what follows from a tracker's fixes, after some came late. */
@Job({ name: 'location.replay-tracker', queue: 'maintenance' })
export class ReplayTracker implements Runs<{ trackerId: string }> {
  constructor(
    private readonly commands: CommandBus,
    private readonly uow: UnitOfWork,
  ) {}

  async run({ trackerId }: { trackerId: string }): Promise<void> {
    // A long one goes to the end of the line now and then.
    if (await this.commands.execute(new ReplayTrackCommand(trackerId)))
      await this.uow.run(async (tx) => tx.job(ReplayTracker, { trackerId }));
  }
}
