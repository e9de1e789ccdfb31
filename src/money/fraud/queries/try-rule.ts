import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { setImmediate as breathe } from 'node:timers/promises';
import { clock } from '../../../kernel/clock/clock';
import { Database } from '../../../kernel/database/database';
import type { FraudDecision } from '../contracts/assess-payment';
import { checkedCondition } from '../domain/checked-condition';
import { judge, signalsOf } from '../domain/condition';
import { decide, type ListHit, type Rule, type Thresholds } from '../domain/decision';
import { ruleNotFound } from '../domain/fraud.errors';
import type { Label } from '../domain/outcome';
import { USUAL_VELOCITIES, velocityOf, type Signals } from '../domain/signals';

/** Judges one condition by made-up signals. @throws AppError invalid `fraud.condition-invalid` */
export class TestConditionQuery extends Query<{ hit: boolean; because: string[] }> {
  constructor(
    readonly condition: unknown,
    readonly signals: Signals,
  ) {
    super();
  }
}

/** A rule that is not there yet, or one that takes the place of `ruleId`. */
export interface RuleDraft {
  ruleId: string | null;
  condition: unknown;
  weight: number;
  decision: FraudDecision | null;
  from: Date | null;
  to: Date | null;
}

/** What a rule would have done. */
export interface DryRun {
  /** Tries that were judged again, the newest of the time asked for. */
  tries: number;
  /** There were more. */
  truncated: boolean;
  hits: number;
  fraudHits: number;
  legitimateHits: number;
  /** Of the hits whose truth is known, the share that was fraud; null where none is known. */
  precision: number | null;
  /** Of the fraud that is known, the share that is hit. */
  recall: number | null;
  /** Tries that would be decided otherwise, by what they were and would be. */
  changes: { from: FraudDecision; to: FraudDecision; tries: number; fraud: number; legitimate: number }[];
  /** The newest hits. */
  samples: { assessmentId: string; because: string[]; from: FraudDecision; to: FraudDecision }[];
}

/**
 * Judges past tries again with a rule that is not there yet, beside the live rules of now; changes nothing. Counts that
 * nobody asked for then are counted as they were then.
 * @throws AppError invalid `fraud.condition-invalid`, not-found `fraud.rule-not-found`
 */
export class DryRunRuleQuery extends Query<DryRun> {
  constructor(readonly draft: RuleDraft) {
    super();
  }
}

const MOST_TRIES = 5_000;
const SAMPLES = 10;
/** Tries between which other requests get their turn. */
const BREATH = 200;
const DAYS = 90;

@QueryHandler(TestConditionQuery)
export class TestConditionHandler implements IQueryHandler<TestConditionQuery> {
  execute({ condition, signals }: TestConditionQuery): Promise<{ hit: boolean; because: string[] }> {
    const { holds, because } = judge(checkedCondition(condition), signals);
    return Promise.resolve({ hit: holds, because });
  }
}

interface Row {
  id: string;
  decision: FraudDecision;
  label: Label | null;
  signals: Signals;
  lists: ListHit[];
}

@QueryHandler(DryRunRuleQuery)
export class DryRunRuleHandler implements IQueryHandler<DryRunRuleQuery> {
  constructor(private readonly database: Database) {}

  async execute({ draft }: DryRunRuleQuery): Promise<DryRun> {
    const condition = checkedCondition(draft.condition);
    const { rules, thresholds } = await this.policy(draft.ruleId);
    const rule: Rule = {
      id: draft.ruleId ?? 'draft',
      version: 0,
      name: 'Draft',
      mode: 'live',
      condition,
      weight: draft.weight,
      decision: draft.decision,
    };
    const rows = await this.tries(draft, [...new Set(signalsOf(condition))]);
    const run = new Tally();
    for (const [i, row] of rows.slice(0, MOST_TRIES).entries()) {
      if (i % BREATH === BREATH - 1) await breathe();
      const { holds, because } = judge(condition, row.signals);
      const { decision: to } = decide(row.signals, [...rules, rule], row.lists, thresholds);
      run.add(row, holds ? because : null, to);
    }
    return run.result(rows.length > MOST_TRIES);
  }

  /** The live rules but the one that the draft replaces. */
  private async policy(ruleId: string | null): Promise<{ rules: Rule[]; thresholds: Thresholds }> {
    const [row] = await this.database.read<Thresholds & { rules: Rule[]; known: boolean }>(
      `select s.challenge_at as "challengeAt", s.review_at as "reviewAt", s.block_at as "blockAt",
         coalesce((select jsonb_agg(jsonb_build_object('id', r.id, 'version', r.version, 'name', r.name, 'mode', r.mode,
             'condition', r.condition, 'weight', r.weight, 'decision', r.decision)) from fraud.rules r
            where r.tenant_id = kernel.tenant_id() and r.mode = 'live' and r.deleted_at is null and r.id is distinct from $1::uuid), '[]') as rules,
         $1::uuid is null or exists (select from fraud.rules r where r.tenant_id = kernel.tenant_id() and r.id = $1 and r.deleted_at is null) as known
       from (select 1) one left join fraud.settings s on s.tenant_id = kernel.tenant_id() and s.id = kernel.tenant_id()`,
      [ruleId],
    );
    if (!row.known) throw ruleNotFound();
    const { challengeAt, reviewAt, blockAt } = row;
    return { rules: row.rules, thresholds: { challengeAt, reviewAt, blockAt } };
  }

  private tries({ from, to }: RuleDraft, signals: string[]): Promise<Row[]> {
    const further = signals
      .filter((name) => !USUAL_VELOCITIES.includes(name))
      .map(velocityOf)
      .filter((one) => one !== null);
    const counted = further.length
      ? `a.signals || fraud.count_velocity(jsonb_build_object('email', a.email, 'network', a.network, 'device', a.device, 'account', a.account,
           'address', a.address, 'card', a.card, 'amount', a.amount, 'currency', a.currency), $4, a.created_at, a.id, true)`
      : `case when $4::jsonb is null then '{}' else a.signals end`;
    const until = to ?? clock.now();
    return this.database.read<Row>(
      `select a.id, a.decision, a.label, ${counted} as signals, a.lists from (
         select * from fraud.assessments where tenant_id = kernel.tenant_id() and created_at >= $1 and created_at <= $2
         order by created_at desc, id desc limit $3) a order by a.created_at desc, a.id desc`,
      [from ?? new Date(until.getTime() - DAYS * 86_400_000), until, MOST_TRIES + 1, JSON.stringify(further)],
    );
  }
}

/** Counts what a rule would have done. */
class Tally {
  private tries = 0;
  private fraud = 0;
  private readonly hits = { all: 0, fraud: 0, legitimate: 0 };
  private readonly changes = new Map<string, DryRun['changes'][number]>();
  private readonly samples: DryRun['samples'] = [];

  add({ id, decision: from, label }: Row, because: string[] | null, to: FraudDecision): void {
    this.tries += 1;
    if (label === 'fraud') this.fraud += 1;
    if (because) {
      this.hits.all += 1;
      if (label) this.hits[label] += 1;
      if (this.samples.length < SAMPLES) this.samples.push({ assessmentId: id, because, from, to });
    }
    if (from === to) return;
    const key = `${from}>${to}`;
    const change = this.changes.get(key) ?? { from, to, tries: 0, fraud: 0, legitimate: 0 };
    change.tries += 1;
    if (label) change[label] += 1;
    this.changes.set(key, change);
  }

  result(truncated: boolean): DryRun {
    const { all, fraud, legitimate } = this.hits;
    return {
      tries: this.tries,
      truncated,
      hits: all,
      fraudHits: fraud,
      legitimateHits: legitimate,
      precision: fraud + legitimate > 0 ? fraud / (fraud + legitimate) : null,
      recall: this.fraud > 0 ? fraud / this.fraud : null,
      changes: [...this.changes.values()],
      samples: this.samples,
    };
  }
}
