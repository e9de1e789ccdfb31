import { CommandBus } from '@nestjs/cqrs';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { Job, type Runs } from '../../../kernel/messaging/reaction';
import { EraseTrackerCommand } from '../commands/erase-tracker';

/** Parts of one run. */
const PARTS = 20;

/** Erases what a deleted tracker told, part by part. */
@Job({ name: 'location.erase-tracker', queue: 'maintenance' })
export class EraseTracker implements Runs<{ trackerId: string }> {
  constructor(
    private readonly commands: CommandBus,
    private readonly uow: UnitOfWork,
  ) {}

  async run({ trackerId }: { trackerId: string }): Promise<void> {
    for (let part = 0; part < PARTS; part++)
      if (!(await this.commands.execute(new EraseTrackerCommand(trackerId)))) return;
    // Years of positions go to the end of the line now and then.
    await this.uow.run(async (tx) => tx.job(EraseTracker, { trackerId }));
  }
}
