import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Database } from '../../../kernel/database/database';
import { keyset, type ListQuery, type Page } from '../../../kernel/http/pagination';
import type { Money } from '../../../kernel/money/money';
import type { FraudDecision } from '../contracts/assess-payment';
import { decide, type ListHit, type Rule, type RuleHit, type Thresholds } from '../domain/decision';
import { assessmentNotFound } from '../domain/fraud.errors';
import { explain, type Model } from '../domain/model';
import type { Label, Outcome } from '../domain/outcome';
import { labelOf, type Signals } from '../domain/signals';

export interface AssessmentFacts {
  id: string;
  /** The try of the payment. */
  attemptId: string;
  paymentId: string | null;
  payable: { type: string; id: string };
  amount: Money;
  decision: FraudDecision;
  shadowDecision: FraudDecision;
  score: number;
  /** Sentences for people. */
  reasons: string[];
  outcome: Outcome;
  label: Label | null;
  labelSource: string | null;
  email: string | null;
  ip: string | null;
  card: string | null;
  createdAt: string;
}

/** A judgement with all that it was made from. */
export interface AssessmentDetails extends AssessmentFacts {
  signals: { name: string; label: string; value: number | string | boolean }[];
  hits: RuleHit[];
  lists: ListHit[];
  /** What most moved the model's answer, in log-odds, positive towards fraud; empty where no model answered. */
  model: { signal: string; label: string; weight: number }[];
  /** The same signals judged again by the same versions of the rules. */
  replay: { decision: FraudDecision; score: number; same: boolean };
}

export class ListAssessmentsQuery extends Query<Page<AssessmentFacts>> {
  constructor(readonly list: ListQuery) {
    super();
  }
}

/** @throws AppError not-found `fraud.assessment-not-found` */
export class FindAssessmentQuery extends Query<AssessmentDetails> {
  constructor(readonly assessmentId: string) {
    super();
  }
}

const COLUMNS = `a.id, a.attempt_id, a.intent_id, a.payable_type, a.payable_id, a.amount::float8 as amount, a.currency, a.decision,
  a.shadow_decision, a.score, a.reasons, a.outcome, a.label, a.label_source, a.email, a.ip, a.card, a.created_at`;

interface Row {
  id: string;
  attempt_id: string;
  intent_id: string | null;
  payable_type: string;
  payable_id: string;
  amount: number;
  currency: string;
  decision: FraudDecision;
  shadow_decision: FraudDecision;
  score: number;
  reasons: string[];
  outcome: Outcome;
  label: Label | null;
  label_source: string | null;
  email: string | null;
  ip: string | null;
  card: string | null;
  created_at: Date;
}

const viewOf = (row: Row): AssessmentFacts => ({
  id: row.id,
  attemptId: row.attempt_id,
  paymentId: row.intent_id,
  payable: { type: row.payable_type, id: row.payable_id },
  amount: { amount: row.amount, currency: row.currency },
  decision: row.decision,
  shadowDecision: row.shadow_decision,
  score: row.score,
  reasons: row.reasons,
  outcome: row.outcome,
  label: row.label,
  labelSource: row.label_source,
  email: row.email,
  ip: row.ip,
  card: row.card,
  createdAt: row.created_at.toISOString(),
});

const ASSESSMENTS = keyset({
  id: 'a.id',
  sorts: { createdAt: { sql: 'a.created_at', type: 'timestamptz' }, score: { sql: 'a.score', type: 'int' } },
  defaultSort: '-createdAt',
  filters: {
    decision: { sql: 'a.decision', type: 'text' },
    outcome: { sql: 'a.outcome', type: 'text' },
    label: { sql: 'a.label', type: 'text' },
    payableId: { sql: 'a.payable_id', type: 'text' },
    paymentId: { sql: 'a.intent_id', type: 'uuid' },
    createdAt: { sql: 'a.created_at', type: 'timestamptz' },
  },
});

@QueryHandler(ListAssessmentsQuery)
export class ListAssessmentsHandler implements IQueryHandler<ListAssessmentsQuery> {
  constructor(private readonly database: Database) {}

  execute({ list }: ListAssessmentsQuery): Promise<Page<AssessmentFacts>> {
    return ASSESSMENTS.run<Row, AssessmentFacts>(this.database, list, {
      select: COLUMNS,
      from: 'fraud.assessments a',
      where: 'a.tenant_id = kernel.tenant_id()',
      map: viewOf,
    });
  }
}

type Full = Row & {
  signals: Signals;
  hits: RuleHit[];
  lists: ListHit[];
  thresholds: Thresholds;
  versions: Rule[];
  model: Model | null;
};

@QueryHandler(FindAssessmentQuery)
export class FindAssessmentHandler implements IQueryHandler<FindAssessmentQuery> {
  constructor(private readonly database: Database) {}

  async execute({ assessmentId }: FindAssessmentQuery): Promise<AssessmentDetails> {
    const [row] = await this.database.read<Full>(
      `select ${COLUMNS}, a.signals, a.hits, a.lists, a.thresholds,
         (select coalesce(jsonb_agg(jsonb_build_object('id', v.rule_id, 'version', v.version, 'name', v.name, 'mode', h.rule ->> 'mode',
              'condition', v.condition, 'weight', v.weight, 'decision', v.decision) order by h.n), '[]')
            from jsonb_array_elements(a.judged) with ordinality as h(rule, n)
            join fraud.rule_versions v on v.tenant_id = a.tenant_id and v.rule_id = (h.rule ->> 'id')::uuid
              and v.version = (h.rule ->> 'version')::int) as versions,
         (select jsonb_build_object('id', m.id, 'features', m.features, 'base', m.trees -> 'base', 'trees', m.trees -> 'trees')
            from fraud.models m where m.tenant_id = a.tenant_id and m.id = a.model_id) as model
       from fraud.assessments a where a.tenant_id = kernel.tenant_id() and a.id = $1`,
      [assessmentId],
    );
    if (!row) throw assessmentNotFound();
    const { decision, score } = decide(row.signals, row.versions, row.lists, row.thresholds);
    return {
      ...viewOf(row),
      signals: Object.entries(row.signals).flatMap(([name, value]) =>
        value === null ? [] : [{ name, label: labelOf(name), value }],
      ),
      hits: row.hits,
      lists: row.lists,
      model: row.model ? explain(row.model, row.signals) : [],
      replay: { decision, score, same: decision === row.decision && score === row.score },
    };
  }
}
