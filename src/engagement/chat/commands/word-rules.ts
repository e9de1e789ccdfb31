import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { currentContext } from '../../../kernel/context/request-context';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { newId } from '../../../kernel/ids/ids';
import { WordRuleRepository, type StoredRule } from '../data/word-rule.repository';
import { ruleEmpty, ruleNotFound, ruleThere, ruleTooLong, tooManyRules } from '../domain/chat.errors';
import { foldWords, LONGEST_RULE, MOST_RULES, type WordAction } from '../domain/word-rules';

/** @throws AppError invalid `chat.word-rule-empty`, `chat.word-rule-too-long`, conflict `chat.word-rule-exists`, `chat.too-many-word-rules` */
export class AddWordRuleCommand extends Command<StoredRule> {
  constructor(readonly rule: { words: string; withinWords: boolean; action: WordAction }) {
    super();
  }
}

/** @throws AppError not-found `chat.word-rule-not-found` */
export class ChangeWordRuleCommand extends Command<StoredRule> {
  constructor(
    readonly ruleId: string,
    readonly action: WordAction,
  ) {
    super();
  }
}

/** @throws AppError not-found `chat.word-rule-not-found` */
export class RemoveWordRuleCommand extends Command<void> {
  constructor(readonly ruleId: string) {
    super();
  }
}

@CommandHandler(AddWordRuleCommand)
export class AddWordRuleHandler implements ICommandHandler<AddWordRuleCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly rules: WordRuleRepository,
  ) {}

  execute({ rule }: AddWordRuleCommand): Promise<StoredRule> {
    const folded = foldWords(rule.words);
    if (folded === '') throw ruleEmpty();
    if (folded.length > LONGEST_RULE) throw ruleTooLong(LONGEST_RULE);
    const createdBy = currentContext().principal.userId;
    return this.uow.run(async (tx) => {
      if ((await this.rules.countLocked(tx)) >= MOST_RULES) throw tooManyRules(MOST_RULES);
      const added = await this.rules.add(tx, { ...rule, id: newId(), folded, createdBy });
      if (!added) throw ruleThere();
      return added;
    });
  }
}

@CommandHandler(ChangeWordRuleCommand)
export class ChangeWordRuleHandler implements ICommandHandler<ChangeWordRuleCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly rules: WordRuleRepository,
  ) {}

  execute({ ruleId, action }: ChangeWordRuleCommand): Promise<StoredRule> {
    return this.uow.run(async (tx) => {
      const changed = await this.rules.change(tx, ruleId, action);
      if (!changed) throw ruleNotFound();
      return changed;
    });
  }
}

@CommandHandler(RemoveWordRuleCommand)
export class RemoveWordRuleHandler implements ICommandHandler<RemoveWordRuleCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly rules: WordRuleRepository,
  ) {}

  async execute({ ruleId }: RemoveWordRuleCommand): Promise<void> {
    await this.uow.run(async (tx) => {
      if (!(await this.rules.remove(tx, ruleId))) throw ruleNotFound();
    });
  }
}
