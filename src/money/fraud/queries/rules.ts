import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Database } from '../../../kernel/database/database';
import { keyset, type ListQuery, type Page } from '../../../kernel/http/pagination';
import type { FraudDecision } from '../contracts/assess-payment';
import type { Condition } from '../domain/condition';
import type { RuleMode } from '../domain/decision';
import { ruleNotFound } from '../domain/fraud.errors';

export interface RuleFacts {
  id: string;
  version: number;
  name: string;
  description: string | null;
  mode: RuleMode;
  condition: Condition;
  weight: number;
  decision: FraudDecision | null;
  createdAt: string;
  updatedAt: string;
}

/** One version of a rule, as it judged from `at` on. */
export type RuleVersionFacts = Omit<RuleFacts, 'id' | 'description' | 'createdAt' | 'updatedAt'> & {
  at: string;
  changedBy: string | null;
};

export class ListRulesQuery extends Query<Page<RuleFacts>> {
  constructor(readonly list: ListQuery) {
    super();
  }
}

/** A rule that was not deleted. @throws AppError not-found `fraud.rule-not-found` */
export class FindRuleQuery extends Query<RuleFacts> {
  constructor(readonly ruleId: string) {
    super();
  }
}

/** Every version of a rule, newest first; deleted rules have theirs. @throws AppError not-found `fraud.rule-not-found` */
export class RuleVersionsQuery extends Query<{ data: RuleVersionFacts[] }> {
  constructor(readonly ruleId: string) {
    super();
  }
}

const COLUMNS = `r.id, r.version, r.name, r.description, r.mode, r.condition, r.weight, r.decision, r.created_at, r.updated_at`;

type Row = Omit<RuleFacts, 'createdAt' | 'updatedAt'> & { created_at: Date; updated_at: Date };

const viewOf = ({ created_at: createdAt, updated_at: updatedAt, ...row }: Row): RuleFacts => ({
  ...row,
  createdAt: createdAt.toISOString(),
  updatedAt: updatedAt.toISOString(),
});

const RULES = keyset({
  id: 'r.id',
  sorts: { createdAt: { sql: 'r.created_at', type: 'timestamptz' }, name: { sql: 'r.name', type: 'text' } },
  defaultSort: 'createdAt',
  filters: { mode: { sql: 'r.mode', type: 'text' } },
});

@QueryHandler(ListRulesQuery)
export class ListRulesHandler implements IQueryHandler<ListRulesQuery> {
  constructor(private readonly database: Database) {}

  execute({ list }: ListRulesQuery): Promise<Page<RuleFacts>> {
    return RULES.run<Row, RuleFacts>(this.database, list, {
      select: COLUMNS,
      from: 'fraud.rules r',
      where: 'r.tenant_id = kernel.tenant_id() and r.deleted_at is null',
      map: viewOf,
    });
  }
}

@QueryHandler(FindRuleQuery)
export class FindRuleHandler implements IQueryHandler<FindRuleQuery> {
  constructor(private readonly database: Database) {}

  async execute({ ruleId }: FindRuleQuery): Promise<RuleFacts> {
    const [row] = await this.database.read<Row>(
      `select ${COLUMNS} from fraud.rules r where r.tenant_id = kernel.tenant_id() and r.id = $1 and r.deleted_at is null`,
      [ruleId],
    );
    if (!row) throw ruleNotFound();
    return viewOf(row);
  }
}

@QueryHandler(RuleVersionsQuery)
export class RuleVersionsHandler implements IQueryHandler<RuleVersionsQuery> {
  constructor(private readonly database: Database) {}

  async execute({ ruleId }: RuleVersionsQuery): Promise<{ data: RuleVersionFacts[] }> {
    const rows = await this.database.read<Omit<RuleVersionFacts, 'at'> & { at: Date }>(
      `select version, name, mode, condition, weight, decision, at, changed_by as "changedBy" from fraud.rule_versions
       where tenant_id = kernel.tenant_id() and rule_id = $1 order by version desc limit 200`,
      [ruleId],
    );
    if (rows.length === 0) throw ruleNotFound();
    return { data: rows.map(({ at, ...row }) => ({ ...row, at: at.toISOString() })) };
  }
}
