import type { FraudDecision } from '../contracts/assess-payment';
import { judge, type Condition } from './condition';
import type { Signals } from './signals';

export const DECISIONS: readonly FraudDecision[] = ['allow', 'challenge', 'review', 'block'];
/** `shadow` judges and is told, and decides nothing. */
export type RuleMode = 'off' | 'shadow' | 'live';
export const RULE_MODES: readonly RuleMode[] = ['off', 'shadow', 'live'];

/** One version of a rule, as it judges. */
export interface Rule {
  id: string;
  version: number;
  name: string;
  mode: RuleMode;
  condition: Condition;
  /** Points that a hit adds, −100 to 100. */
  weight: number;
  /** What a hit demands whatever the score; null adds points alone. */
  decision: FraudDecision | null;
}

/** Scores from which on a decision is taken; null is never. */
export interface Thresholds {
  challengeAt: number | null;
  reviewAt: number | null;
  blockAt: number | null;
}

/** An entry of a list that fits the try. */
export interface ListHit {
  list: 'allow' | 'block' | 'proxy' | 'disposable';
  kind: string;
  value: string;
}

export interface RuleHit {
  ruleId: string;
  version: number;
  name: string;
  mode: 'shadow' | 'live';
  weight: number;
  decision: FraudDecision | null;
  /** Sentences for people. */
  because: string[];
}

/** A judgement with all that is needed to come to it again. */
export interface Verdict {
  decision: FraudDecision;
  /** What it would be if the rules in shadow were live. */
  shadowDecision: FraudDecision;
  /** 0 to 100. */
  score: number;
  /** Every rule that judged, with its version. */
  judged: { id: string; version: number; mode: 'shadow' | 'live' }[];
  hits: RuleHit[];
  reasons: string[];
}

const STRICTNESS: Record<FraudDecision, number> = { allow: 0, challenge: 1, review: 2, block: 3 };
const strictest = (decisions: readonly FraudDecision[]): FraudDecision =>
  decisions.reduce((strict, one) => (STRICTNESS[one] > STRICTNESS[strict] ? one : strict), 'allow');

const byScore = (score: number, { challengeAt, reviewAt, blockAt }: Thresholds): FraudDecision => {
  if (blockAt !== null && score >= blockAt) return 'block';
  if (reviewAt !== null && score >= reviewAt) return 'review';
  return challengeAt !== null && score >= challengeAt ? 'challenge' : 'allow';
};

const scoreOf = (hits: readonly RuleHit[]): number =>
  Math.max(
    0,
    Math.min(
      100,
      hits.reduce((sum, { weight }) => sum + weight, 0),
    ),
  );

/**
 * A list that blocks goes before one that allows, and both before the rules. Of the rules, one that blocks goes before
 * one that allows, and that before the score and the others, of which the strictest counts.
 */
function resolve(hits: readonly RuleHit[], lists: readonly ListHit[], thresholds: Thresholds): FraudDecision {
  if (lists.some(({ list }) => list === 'block')) return 'block';
  if (lists.some(({ list }) => list === 'allow')) return 'allow';
  const demanded = hits.map(({ decision }) => decision).filter((decision) => decision !== null);
  if (demanded.includes('block')) return 'block';
  if (demanded.includes('allow')) return 'allow';
  return strictest([...demanded, byScore(scoreOf(hits), thresholds)]);
}

const LISTED = { block: 'On the list of those refused', allow: 'On the list of those let through' } as const;

/** Judges a try. Pure: the same signals, rules, lists and thresholds always give the same verdict. */
export function decide(
  signals: Signals,
  rules: readonly Rule[],
  lists: readonly ListHit[],
  thresholds: Thresholds,
): Verdict {
  const all: RuleHit[] = [];
  const judged: Verdict['judged'] = [];
  for (const { id, version, name, mode, weight, decision, condition } of rules) {
    if (mode === 'off') continue;
    judged.push({ id, version, mode });
    const { holds, because } = judge(condition, signals);
    if (holds) all.push({ ruleId: id, version, name, mode, weight, decision, because });
  }
  const live = all.filter(({ mode }) => mode === 'live');
  const listed = lists.filter(({ list }) => list === 'block' || list === 'allow');
  return {
    decision: resolve(live, lists, thresholds),
    shadowDecision: resolve(all, lists, thresholds),
    score: scoreOf(live),
    judged,
    hits: all,
    reasons: [
      ...listed.map(({ list, kind, value }) => `${LISTED[list as keyof typeof LISTED]}: ${kind} ${value}`),
      ...live.flatMap(({ name, because }) => (because.length > 0 ? because.map((one) => `${name}: ${one}`) : [name])),
    ],
  };
}
