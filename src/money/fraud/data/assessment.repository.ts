import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../../kernel/database/transaction';
import type { FraudDecision } from '../contracts/assess-payment';
import type { ListHit, RuleHit, Thresholds, Verdict } from '../domain/decision';
import type { FraudPolicy } from '../domain/fraud-policy';
import type { Label, Outcome } from '../domain/outcome';
import type { CardFacts, Gathered, TryKeys } from '../domain/payment-try';
import type { Signals } from '../domain/signals';

/** A judgement about one try to pay, with all that it was made from. */
export interface Assessment {
  id: string;
  attemptId: string;
  intentId: string | null;
  payable: { type: string; id: string };
  keys: TryKeys;
  verdict: Verdict;
  signals: Signals;
  lists: ListHit[];
  thresholds: Thresholds;
  /** The model that gave `model.score`; null where none did. */
  modelId: string | null;
  /** Money is reserved first. */
  reserveFirst: boolean;
  /** False while it is judged again with what the gateway says of the card. */
  final: boolean;
  outcome: Outcome;
}

interface Row {
  id: string;
  attempt_id: string;
  intent_id: string | null;
  payable_type: string;
  payable_id: string;
  email: string | null;
  ip: string | null;
  network: string | null;
  device: string | null;
  account: string | null;
  address: string | null;
  card: string | null;
  amount: number;
  currency: string;
  decision: FraudDecision;
  shadow_decision: FraudDecision;
  score: number;
  reserve_first: boolean;
  final: boolean;
  signals: Signals;
  judged: Verdict['judged'];
  hits: RuleHit[];
  lists: ListHit[];
  thresholds: Thresholds;
  reasons: string[];
  outcome: Outcome;
  model_id: string | null;
}

const COLUMNS = `id, attempt_id, intent_id, payable_type, payable_id, email, ip, network, device, account, address, card,
  amount::float8 as amount, currency, decision, shadow_decision, score, reserve_first, final, signals, judged, hits, lists,
  thresholds, reasons, outcome, model_id`;

const thresholdsOf = ({ challengeAt, reviewAt, blockAt }: Thresholds): Thresholds => ({
  challengeAt,
  reviewAt,
  blockAt,
});

/** Judgements as they are stored, and what they are made from. */
@Injectable()
export class AssessmentRepository {
  /**
   * Lists, history and counts of a try, in one statement. Keys with exact limits are held until the end of the
   * transaction. `own` is the try's own row where it is stored already.
   */
  async gather(
    tx: Transaction,
    keys: TryKeys,
    entries: readonly string[],
    policy: FraudPolicy,
    own: string | null = null,
  ): Promise<Gathered> {
    const [{ found }] = await tx.query<{ found: Gathered }>('select fraud.gather($1, $2, $3, $4, $5) as found', [
      JSON.stringify(keys),
      entries,
      JSON.stringify(policy.velocities),
      policy.exactKeys,
      own,
    ]);
    return found;
  }

  insert(tx: Transaction, assessment: Assessment): void {
    const { keys, verdict } = assessment;
    tx.later(
      `insert into fraud.assessments (tenant_id, id, attempt_id, payable_type, payable_id, email, ip, network, device, account,
         address, card, amount, currency, decision, shadow_decision, score, reserve_first, final, signals, hits, lists, thresholds,
         reasons, outcome, judged, model_id, model_score, created_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25,
         $26, $27, ($20::jsonb ->> 'model.score')::float8, kernel.now())`,
      [
        tx.tenantId,
        assessment.id,
        assessment.attemptId,
        assessment.payable.type,
        assessment.payable.id,
        keys.email,
        keys.ip,
        keys.network,
        keys.device,
        keys.account,
        keys.address,
        keys.card,
        keys.amount,
        keys.currency,
        verdict.decision,
        verdict.shadowDecision,
        verdict.score,
        assessment.reserveFirst,
        assessment.final,
        JSON.stringify(assessment.signals),
        JSON.stringify(verdict.hits),
        JSON.stringify(assessment.lists),
        JSON.stringify(thresholdsOf(assessment.thresholds)),
        JSON.stringify(verdict.reasons),
        assessment.outcome,
        JSON.stringify(verdict.judged),
        assessment.modelId,
      ],
    );
  }

  /** The judgement about a try, locked; null where none was made. */
  async lockByAttempt(tx: Transaction, attemptId: string): Promise<Assessment | null> {
    const [row] = await tx.query<Row>(
      `select ${COLUMNS} from fraud.assessments where tenant_id = $1 and attempt_id = $2 for update`,
      [tx.tenantId, attemptId],
    );
    return row ? assessmentOf(row) : null;
  }

  async lock(tx: Transaction, id: string): Promise<Assessment | null> {
    const [row] = await tx.query<Row>(
      `select ${COLUMNS} from fraud.assessments where tenant_id = $1 and id = $2 for update`,
      [tx.tenantId, id],
    );
    return row ? assessmentOf(row) : null;
  }

  /** Stores what a second judgement, with the card known, came to. */
  settle(tx: Transaction, { id, signals, lists, verdict, keys, modelId }: Assessment): void {
    tx.later(
      `update fraud.assessments set final = true, card = $3, decision = $4, shadow_decision = $5, score = $6, signals = $7, hits = $8,
         lists = $9, reasons = $10, judged = $11, model_id = $12, model_score = ($7::jsonb ->> 'model.score')::float8
       where tenant_id = $1 and id = $2`,
      [
        tx.tenantId,
        id,
        keys.card,
        verdict.decision,
        verdict.shadowDecision,
        verdict.score,
        JSON.stringify(signals),
        JSON.stringify(verdict.hits),
        JSON.stringify(lists),
        JSON.stringify(verdict.reasons),
        JSON.stringify(verdict.judged),
        modelId,
      ],
    );
  }

  /** Notes what became of the money, and of which payment the try is. */
  noteOutcome(tx: Transaction, attemptId: string, intentId: string, outcome: Outcome, card: CardFacts | null): void {
    tx.later(
      `update fraud.assessments set intent_id = $3, outcome = $4, card = coalesce(card, $5)
       where tenant_id = $1 and attempt_id = $2 and (outcome <> 'paid' or $4 = 'paid')`,
      [tx.tenantId, attemptId, intentId, outcome, card?.fingerprint ?? null],
    );
  }

  /** The try goes on under another id. */
  move(tx: Transaction, from: string, to: string): void {
    tx.later(`update fraud.assessments set attempt_id = $3 where tenant_id = $1 and attempt_id = $2`, [
      tx.tenantId,
      from,
      to,
    ]);
  }

  noteRefund(tx: Transaction, attemptId: string, amount: number): void {
    tx.later(
      `update fraud.assessments set refunded = least(amount, refunded + $3) where tenant_id = $1 and attempt_id = $2`,
      [tx.tenantId, attemptId, amount],
    );
  }

  /** What a try turned out to be. A person's word is not overruled by anything but another person's. */
  label(tx: Transaction, which: { attemptId: string } | { id: string }, label: Label | null, source: string): void {
    const [column, value] = 'id' in which ? ['id', which.id] : ['attempt_id', which.attemptId];
    tx.later(
      `update fraud.assessments set label = $3::text, label_source = case when $3::text is null then null else $4::text end,
         labelled_at = case when $3::text is null then null else kernel.now() end
       where tenant_id = $1 and ${column} = $2 and ($4::text = 'person' or label_source is distinct from 'person')`,
      [tx.tenantId, value, label, source],
    );
  }
}

const assessmentOf = (row: Row): Assessment => ({
  id: row.id,
  attemptId: row.attempt_id,
  intentId: row.intent_id,
  payable: { type: row.payable_type, id: row.payable_id },
  keys: {
    email: row.email,
    ip: row.ip,
    network: row.network,
    device: row.device,
    account: row.account,
    address: row.address,
    card: row.card,
    amount: row.amount,
    currency: row.currency,
  },
  verdict: {
    decision: row.decision,
    shadowDecision: row.shadow_decision,
    score: row.score,
    judged: row.judged,
    hits: row.hits,
    reasons: row.reasons,
  },
  signals: row.signals,
  lists: row.lists,
  thresholds: row.thresholds,
  modelId: row.model_id,
  reserveFirst: row.reserve_first,
  final: row.final,
  outcome: row.outcome,
});
