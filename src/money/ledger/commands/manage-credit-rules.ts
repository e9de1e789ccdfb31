import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { CreditRepository } from '../data/credit.repository';
import { REMIND_DAYS, type GiftCardRules, type StoreCreditRules } from '../domain/credit-rules';

/** Says how gift cards are made from now on. */
export class SaveGiftCardRulesCommand extends Command<GiftCardRules> {
  constructor(readonly rules: Omit<GiftCardRules, 'remindDays'> & Partial<Pick<GiftCardRules, 'remindDays'>>) {
    super();
  }
}

/** Says when store credit ends that moves from now on; what is there keeps its end until then. */
export class SaveStoreCreditRulesCommand extends Command<StoreCreditRules> {
  constructor(readonly rules: StoreCreditRules) {
    super();
  }
}

@CommandHandler(SaveGiftCardRulesCommand)
export class SaveGiftCardRulesHandler implements ICommandHandler<SaveGiftCardRulesCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly credits: CreditRepository,
  ) {}

  execute({ rules }: SaveGiftCardRulesCommand): Promise<GiftCardRules> {
    return this.uow.run(async () => {
      const { validDays, remindDays = REMIND_DAYS, skus } = rules;
      const saved = { validDays, remindDays, skus: [...new Set(skus)] };
      await this.credits.saveRules(saved);
      return saved;
    });
  }
}

@CommandHandler(SaveStoreCreditRulesCommand)
export class SaveStoreCreditRulesHandler implements ICommandHandler<SaveStoreCreditRulesCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly credits: CreditRepository,
  ) {}

  execute({ rules: { validDays, remindDays } }: SaveStoreCreditRulesCommand): Promise<StoreCreditRules> {
    return this.uow.run(async () => {
      const saved = { validDays, remindDays };
      await this.credits.saveStoreCreditRules(saved);
      return saved;
    });
  }
}
