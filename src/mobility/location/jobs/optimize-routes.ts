import { CommandBus } from '@nestjs/cqrs';
import { Job, type Runs } from '../../../kernel/messaging/reaction';
import { RunRouteJobCommand } from '../commands/run-route-job';

/** Plans routes. A process makes one plan at a time, so that beside it the queue goes on with imports. */
@Job({ name: 'location.optimize-routes', queue: 'imports' })
export class OptimizeRoutes implements Runs<{ jobId: string }> {
  constructor(private readonly commands: CommandBus) {}

  async run({ jobId }: { jobId: string }): Promise<void> {
    await this.commands.execute(new RunRouteJobCommand(jobId));
  }
}
