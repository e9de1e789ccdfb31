import { CommandBus } from '@nestjs/cqrs';
import { Job, type Runs } from '../../../kernel/messaging/reaction';
import { SweepFilesCommand } from '../commands/sweep-files';

/** Removes bytes of a tenant that nothing uses. */
@Job({ name: 'files.sweep', queue: 'maintenance', attempts: 3 })
export class SweepFiles implements Runs<object> {
  constructor(private readonly commands: CommandBus) {}

  async run(): Promise<void> {
    await this.commands.execute(new SweepFilesCommand());
  }
}
