import { CommandBus } from '@nestjs/cqrs';
import { Job, type Runs } from '../../../kernel/messaging/reaction';
import { TrainModelCommand } from '../commands/train-model';

/** Trains a model of a tenant on what its tries turned out to be. */
@Job({ name: 'fraud.train-model', queue: 'maintenance' })
export class TrainFraudModel implements Runs<{ modelId: string }> {
  constructor(private readonly commands: CommandBus) {}

  async run({ modelId }: { modelId: string }): Promise<void> {
    await this.commands.execute(new TrainModelCommand(modelId));
  }
}
