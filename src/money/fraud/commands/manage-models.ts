import { Command, CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { ModelRepository } from '../data/model.repository';
import { FraudPolicies } from '../data/policies';
import { modelNotFound, modelNotReady, tooFewLabels, trainingUnderWay } from '../domain/fraud.errors';
import { LEAST_FRAUDS, LEAST_LEGITIMATE } from '../domain/model';
import { TrainFraudModel } from '../jobs/train-fraud-model';
import { FindModelQuery, type ModelFacts } from '../queries/models';

/** Asks for a model of what is known by now. @throws AppError conflict `fraud.too-few-labels`, `fraud.training-under-way` */
export class AskForModelCommand extends Command<ModelFacts> {}

/** Lets a model give the signal `model.score`, or none does. @throws AppError not-found `fraud.model-not-found`, conflict `fraud.model-not-ready` */
export class ActivateModelCommand extends Command<ModelFacts> {
  constructor(
    readonly modelId: string,
    readonly active: boolean,
  ) {
    super();
  }
}

@CommandHandler(AskForModelCommand)
export class AskForModelHandler implements ICommandHandler<AskForModelCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly queries: QueryBus,
    private readonly models: ModelRepository,
  ) {}

  execute(): Promise<ModelFacts> {
    return this.uow.run(async (tx) => {
      const { frauds, legitimate } = await this.models.countKnown(tx);
      if (frauds < LEAST_FRAUDS || legitimate < LEAST_LEGITIMATE) throw tooFewLabels(frauds, legitimate);
      const modelId = await this.models.open(tx);
      if (!modelId) throw trainingUnderWay();
      tx.job(TrainFraudModel, { modelId });
      return this.queries.execute(new FindModelQuery(modelId));
    });
  }
}

@CommandHandler(ActivateModelCommand)
export class ActivateModelHandler implements ICommandHandler<ActivateModelCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly queries: QueryBus,
    private readonly models: ModelRepository,
    private readonly policies: FraudPolicies,
  ) {}

  execute({ modelId, active }: ActivateModelCommand): Promise<ModelFacts> {
    return this.uow.run(async (tx) => {
      const model = await this.models.stateOf(tx, modelId);
      if (!model) throw modelNotFound();
      if (active && model.state !== 'ready') throw modelNotReady(model.state);
      if (active !== model.active) await this.models.activate(tx, active ? modelId : null);
      this.policies.changed(tx);
      return this.queries.execute(new FindModelQuery(modelId));
    });
  }
}
