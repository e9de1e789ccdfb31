import { Command, CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { FraudPolicies } from '../data/policies';
import { thresholdsDisordered } from '../domain/fraud.errors';
import { FraudSettingsQuery, type FraudSettings } from '../queries/settings';

/** What is judged, and how strictly, as a whole. @throws AppError invalid `fraud.thresholds-disordered` */
export class SaveFraudSettingsCommand extends Command<FraudSettings> {
  constructor(readonly settings: FraudSettings) {
    super();
  }
}

@CommandHandler(SaveFraudSettingsCommand)
export class SaveFraudSettingsHandler implements ICommandHandler<SaveFraudSettingsCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly queries: QueryBus,
    private readonly policies: FraudPolicies,
  ) {}

  execute({ settings }: SaveFraudSettingsCommand): Promise<FraudSettings> {
    const { enabled, challengeAt, reviewAt, blockAt, reviewDueMinutes, rejectAfterHours } = settings;
    const given = [challengeAt, reviewAt, blockAt].filter((at) => at !== null);
    if (given.some((at, i) => i > 0 && at < given[i - 1])) throw thresholdsDisordered();
    return this.uow.run(async (tx) => {
      this.policies.changed(tx);
      tx.later(
        `update fraud.settings set enabled = $2, challenge_at = $3, review_at = $4, block_at = $5, review_due_minutes = $6,
           reject_after_hours = $7 where tenant_id = $1 and id = $1`,
        [tx.tenantId, enabled, challengeAt, reviewAt, blockAt, reviewDueMinutes, rejectAfterHours],
      );
      return this.queries.execute(new FraudSettingsQuery());
    });
  }
}
