import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Database } from '../../../kernel/database/database';
import type { Money } from '../../../kernel/money/money';
import type { RuleMode } from '../domain/decision';

/** How a rule did: of the tries that it hit, what they turned out to be. */
export interface RuleRecord {
  ruleId: string;
  name: string;
  /** As it is now; null where it was deleted. */
  mode: RuleMode | null;
  hits: number;
  fraud: number;
  legitimate: number;
  /** Of the hits whose truth is known, the share that was fraud; null where none is known. */
  precision: number | null;
  /** Of all fraud that is known, the share that it hit. */
  recall: number | null;
}

export interface FraudAnalytics {
  from: string;
  to: string;
  tries: number;
  decisions: { allow: number; challenge: number; review: number; block: number };
  outcomes: { open: number; blocked: number; declined: number; reserved: number; paid: number; let_go: number };
  labels: { fraud: number; legitimate: number };
  /** Share of tries that were refused, reviewed, declined by the bank, and of paid ones that proved to be fraud. */
  rates: { block: number | null; review: number | null; decline: number | null; fraud: number | null };
  /** In each currency: what was tried, paid, refused, and paid and proved to be fraud. */
  amounts: { tried: Money; paid: Money; blocked: Money; fraud: Money }[];
  reviews: {
    opened: number;
    open: number;
    approved: number;
    rejected: number;
    /** Of the rejected ones, those that nobody decided. */
    lapsed: number;
    closed: number;
    overdue: number;
    /** Median minutes until people decided. */
    medianMinutes: number | null;
  };
  rules: RuleRecord[];
}

/** What judging brought in a time: from included, to not. */
export class FraudAnalyticsQuery extends Query<FraudAnalytics> {
  constructor(
    readonly from: Date,
    readonly to: Date,
  ) {
    super();
  }
}

const ANALYTICS = `with tries as materialized (
    select id, decision, outcome, label, amount, currency, hits from fraud.assessments
    where tenant_id = kernel.tenant_id() and created_at >= $1 and created_at < $2
  ), by_rule as (
    select (h ->> 'ruleId')::uuid as rule_id, max(h ->> 'name') as name, count(*)::int as hits,
      count(*) filter (where label = 'fraud')::int as fraud, count(*) filter (where label = 'legitimate')::int as legitimate
    from tries, jsonb_array_elements(hits) h group by 1
  )
  select
    (select jsonb_build_object('tries', count(*),
       'decisions', jsonb_build_object('allow', count(*) filter (where decision = 'allow'), 'challenge', count(*) filter (where decision = 'challenge'),
         'review', count(*) filter (where decision = 'review'), 'block', count(*) filter (where decision = 'block')),
       'outcomes', jsonb_build_object('open', count(*) filter (where outcome = 'open'), 'blocked', count(*) filter (where outcome = 'blocked'),
         'declined', count(*) filter (where outcome = 'declined'), 'reserved', count(*) filter (where outcome = 'reserved'),
         'paid', count(*) filter (where outcome = 'paid'), 'let_go', count(*) filter (where outcome = 'let_go')),
       'labels', jsonb_build_object('fraud', count(*) filter (where label = 'fraud'), 'legitimate', count(*) filter (where label = 'legitimate')),
       'paidFraud', count(*) filter (where outcome = 'paid' and label = 'fraud')) from tries) as totals,
    (select coalesce(jsonb_agg(jsonb_build_object('currency', currency, 'tried', tried, 'paid', paid, 'blocked', blocked, 'fraud', fraud) order by currency), '[]')
       from (select currency, sum(amount) as tried, coalesce(sum(amount) filter (where outcome = 'paid'), 0) as paid,
           coalesce(sum(amount) filter (where outcome = 'blocked'), 0) as blocked,
           coalesce(sum(amount) filter (where outcome = 'paid' and label = 'fraud'), 0) as fraud from tries group by currency) m) as amounts,
    (select jsonb_build_object('opened', count(*), 'open', count(*) filter (where state = 'open'), 'approved', count(*) filter (where state = 'approved'),
       'rejected', count(*) filter (where state = 'rejected'), 'lapsed', count(*) filter (where state = 'rejected' and decided_how = 'time'),
       'closed', count(*) filter (where state = 'closed'), 'overdue', count(*) filter (where overdue),
       'medianMinutes', percentile_cont(0.5) within group (order by extract(epoch from decided_at - opened_at) / 60) filter (where decided_how = 'person'))
       from fraud.reviews where tenant_id = kernel.tenant_id() and opened_at >= $1 and opened_at < $2) as reviews,
    (select coalesce(jsonb_agg(jsonb_build_object('ruleId', b.rule_id, 'name', coalesce(r.name, b.name), 'mode', r.mode, 'hits', b.hits,
       'fraud', b.fraud, 'legitimate', b.legitimate) order by b.hits desc, b.rule_id), '[]')
       from by_rule b left join fraud.rules r on r.tenant_id = kernel.tenant_id() and r.id = b.rule_id and r.deleted_at is null) as rules`;

interface Row {
  totals: Pick<FraudAnalytics, 'tries' | 'decisions' | 'outcomes' | 'labels'> & { paidFraud: number };
  amounts: { currency: string; tried: number; paid: number; blocked: number; fraud: number }[];
  reviews: FraudAnalytics['reviews'];
  rules: Omit<RuleRecord, 'precision' | 'recall'>[];
}

const share = (part: number, whole: number): number | null => (whole > 0 ? part / whole : null);

@QueryHandler(FraudAnalyticsQuery)
export class FraudAnalyticsHandler implements IQueryHandler<FraudAnalyticsQuery> {
  constructor(private readonly database: Database) {}

  async execute({ from, to }: FraudAnalyticsQuery): Promise<FraudAnalytics> {
    const [{ totals, amounts, reviews, rules }] = await this.database.read<Row>(ANALYTICS, [from, to]);
    const { paidFraud, ...counted } = totals;
    const { tries, decisions, outcomes, labels } = counted;
    return {
      from: from.toISOString(),
      to: to.toISOString(),
      ...counted,
      rates: {
        block: share(decisions.block, tries),
        review: share(decisions.review, tries),
        decline: share(outcomes.declined, tries - outcomes.blocked),
        fraud: share(paidFraud, outcomes.paid),
      },
      amounts: amounts.map(({ currency, ...sums }) => {
        const of = (amount: number): Money => ({ amount, currency });
        return { tried: of(sums.tried), paid: of(sums.paid), blocked: of(sums.blocked), fraud: of(sums.fraud) };
      }),
      reviews,
      rules: rules.map((rule) => ({
        ...rule,
        precision: share(rule.fraud, rule.fraud + rule.legitimate),
        recall: share(rule.fraud, labels.fraud),
      })),
    };
  }
}
