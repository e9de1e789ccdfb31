import { CommandBus } from '@nestjs/cqrs';
import { Job, type RunningJob, type Runs } from '../../../kernel/messaging/reaction';
import { RunImportCommand } from '../commands/run-import';

const ATTEMPTS = 5;

/** Runs an import of products; a further attempt goes on where the one before stopped. */
@Job({ name: 'catalog.run-import', queue: 'imports', attempts: ATTEMPTS })
export class RunImport implements Runs<{ importId: string }> {
  constructor(private readonly commands: CommandBus) {}

  async run({ importId }: { importId: string }, job: RunningJob): Promise<void> {
    await this.commands.execute(new RunImportCommand(importId, job.attempt >= ATTEMPTS));
  }
}
