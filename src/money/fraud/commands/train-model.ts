import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { setImmediate as breathe } from 'node:timers/promises';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { ModelRepository } from '../data/model.repository';
import { learn } from '../domain/model';

/** Trains a model that was asked for; done again, it changes nothing. */
export class TrainModelCommand extends Command<void> {
  constructor(readonly modelId: string) {
    super();
  }
}

@CommandHandler(TrainModelCommand)
export class TrainModelHandler implements ICommandHandler<TrainModelCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly models: ModelRepository,
  ) {}

  async execute({ modelId }: TrainModelCommand): Promise<void> {
    const tries = await this.uow.run(async (tx) => {
      const model = await this.models.stateOf(tx, modelId);
      return model?.state === 'training' ? this.models.known(tx) : null;
    });
    if (!tries) return;
    // Between trees, each some milliseconds, others of the process get their turn.
    const trained = await learn(tries, () => breathe());
    await this.uow.run(async (tx) => {
      this.models.finish(tx, modelId, trained);
    });
  }
}
