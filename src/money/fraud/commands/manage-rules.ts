import { Command, CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { newId } from '../../../kernel/ids/ids';
import { FraudPolicies } from '../data/policies';
import { RuleRepository, type StoredRule } from '../data/rule.repository';
import { checkedCondition } from '../domain/checked-condition';
import type { Condition } from '../domain/condition';
import { ruleHasNoEffect, ruleNotFound } from '../domain/fraud.errors';
import { FindRuleQuery, type RuleFacts } from '../queries/rules';

/** What people say of a rule; `condition` is checked here. */
export type RuleTerms = Omit<StoredRule, 'id' | 'version' | 'condition'> & { condition: unknown };

/** @throws AppError invalid `fraud.condition-invalid`, `fraud.rule-without-effect` */
function checked<T extends RuleTerms>(terms: T): T & { condition: Condition } {
  if (terms.weight === 0 && terms.decision === null) throw ruleHasNoEffect();
  return { ...terms, condition: checkedCondition(terms.condition) };
}

/**
 * A new rule. @throws AppError invalid `fraud.condition-invalid`, `fraud.rule-without-effect`, conflict
 * `fraud.rule-name-taken`, `fraud.too-many-rules`
 */
export class CreateRuleCommand extends Command<RuleFacts> {
  constructor(readonly terms: RuleTerms) {
    super();
  }
}

/** The next version of a rule. @throws as `CreateRuleCommand`, and not-found `fraud.rule-not-found` */
export class ChangeRuleCommand extends Command<RuleFacts> {
  constructor(
    readonly ruleId: string,
    readonly change: Partial<RuleTerms>,
  ) {
    super();
  }
}

/** Takes a rule away. @throws AppError not-found `fraud.rule-not-found` */
export class DeleteRuleCommand extends Command<void> {
  constructor(readonly ruleId: string) {
    super();
  }
}

@CommandHandler(CreateRuleCommand)
export class CreateRuleHandler implements ICommandHandler<CreateRuleCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly queries: QueryBus,
    private readonly rules: RuleRepository,
    private readonly policies: FraudPolicies,
  ) {}

  execute({ terms }: CreateRuleCommand): Promise<RuleFacts> {
    const rule = { ...checked(terms), id: newId(), version: 1 };
    return this.uow.run(async (tx) => {
      await this.rules.insert(tx, rule);
      this.policies.changed(tx);
      return this.queries.execute(new FindRuleQuery(rule.id));
    });
  }
}

@CommandHandler(ChangeRuleCommand)
export class ChangeRuleHandler implements ICommandHandler<ChangeRuleCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly queries: QueryBus,
    private readonly rules: RuleRepository,
    private readonly policies: FraudPolicies,
  ) {}

  execute({ ruleId, change }: ChangeRuleCommand): Promise<RuleFacts> {
    return this.uow.run(async (tx) => {
      const rule = await this.rules.lock(tx, ruleId);
      if (!rule) throw ruleNotFound();
      const given = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
      await this.rules.update(tx, checked({ ...rule, ...given, version: rule.version + 1 }));
      this.policies.changed(tx);
      return this.queries.execute(new FindRuleQuery(ruleId));
    });
  }
}

@CommandHandler(DeleteRuleCommand)
export class DeleteRuleHandler implements ICommandHandler<DeleteRuleCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly rules: RuleRepository,
    private readonly policies: FraudPolicies,
  ) {}

  execute({ ruleId }: DeleteRuleCommand): Promise<void> {
    return this.uow.run(async (tx) => {
      if (!(await this.rules.lock(tx, ruleId))) throw ruleNotFound();
      this.rules.remove(tx, ruleId);
      this.policies.changed(tx);
    });
  }
}
