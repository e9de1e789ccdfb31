import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../../kernel/database/transaction';
import { AssessmentRepository, type Assessment } from '../data/assessment.repository';
import { FraudPolicies } from '../data/policies';
import { decide } from '../domain/decision';
import type { FraudPolicy } from '../domain/fraud-policy';
import { candidatesOf } from '../domain/list-entry';
import { likelihoodOf } from '../domain/model';
import { cardSignals, signalsOfTry, type CardFacts, type TryFacts, type TryKeys } from '../domain/payment-try';
import type { Signals } from '../domain/signals';

export type Judgement = Pick<Assessment, 'verdict' | 'signals' | 'lists' | 'thresholds' | 'modelId'> & {
  policy: FraudPolicy;
};

const text = (value: Signals[string] | undefined): string | null => (typeof value === 'string' ? value : null);

/** Judges tries: gathers what is known, and lets the tenant's rules decide. */
@Injectable()
export class Judge {
  constructor(
    private readonly policies: FraudPolicies,
    private readonly assessments: AssessmentRepository,
  ) {}

  /** A new try. Null where nothing is on any more. */
  async first(tx: Transaction, known: FraudPolicy, keys: TryKeys, facts: TryFacts): Promise<Judgement | null> {
    const countries = [facts.shipping?.country?.toUpperCase() || null, facts.ipCountry];
    const entries = [...candidatesOf({ ...keys, countries }), ...asWritten(facts.email)];
    const found = await this.gather(tx, known, keys, entries, null);
    if (!found) return null;
    const { policy, gathered } = found;
    const signals = withModel(policy, signalsOfTry(facts, gathered, null));
    const verdict = decide(signals, policy.rules, gathered.lists, policy);
    return { verdict, signals, lists: gathered.lists, thresholds: policy, modelId: policy.model?.id ?? null, policy };
  }

  /** A try again, now that the gateway has told of the card. What was known of the shopper then stays; counts are of now. */
  async again(tx: Transaction, assessment: Assessment, card: CardFacts | null): Promise<Assessment> {
    const policy = await this.policies.find(tx);
    const keys = { ...assessment.keys, card: card?.fingerprint ?? null };
    if (!policy) return { ...assessment, keys, final: true };
    const shipping = text(assessment.signals['shipping.country']);
    const countries = [shipping, text(assessment.signals['ip.country']), card?.country ?? null];
    const entries = candidatesOf({ ...keys, countries });
    const found = await this.gather(tx, policy, keys, entries, assessment.id);
    if (!found) return { ...assessment, keys, final: true };
    const { gathered } = found;
    // What was listed then is listed still: the address as it was written is not kept.
    const lists = [...assessment.lists, ...gathered.lists.filter((hit) => !assessment.lists.some(sameAs(hit)))];
    const { chargebacks } = gathered.history;
    const signals = withModel(found.policy, {
      ...assessment.signals,
      ...gathered.velocity,
      ...cardSignals(card, shipping),
      'shopper.chargebacks': chargebacks,
    });
    const verdict = decide(signals, found.policy.rules, lists, found.policy);
    const modelId = found.policy.model?.id ?? null;
    return { ...assessment, keys, signals, lists, thresholds: found.policy, verdict, modelId, final: true };
  }

  private async gather(
    tx: Transaction,
    known: FraudPolicy,
    keys: TryKeys,
    entries: readonly string[],
    own: string | null,
  ) {
    const gathered = await this.assessments.gather(tx, keys, entries, known, own);
    if (gathered.revision === known.revision) return { policy: known, gathered };
    // Another process changed it a moment ago.
    const policy = await this.policies.load(tx);
    return policy && { policy, gathered: await this.assessments.gather(tx, keys, entries, policy, own) };
  }
}

const sameAs =
  (hit: { list: string; kind: string; value: string }) =>
  (other: { list: string; kind: string; value: string }): boolean =>
    hit.list === other.list && hit.kind === other.kind && hit.value === other.value;

/** The address as it was written, for lists that hold it so. */
const asWritten = (email: string | null): string[] => (email ? [`email:${email.trim().toLowerCase()}`] : []);

/** The model's answer is one signal more. */
const withModel = ({ model }: FraudPolicy, signals: Signals): Signals =>
  model ? { ...signals, 'model.score': likelihoodOf(model, signals) } : signals;
