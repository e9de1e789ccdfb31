import { averagePrecision, contributions, predict, train, type BoostedTrees } from './boosted-trees';
import { labelOf, USUAL_VELOCITIES, type Signals } from './signals';

/** What a model looks at: a signal as a number, or whether a signal has a value (`card.avs=fail`). */
export const FEATURES: readonly string[] = [
  'amount',
  'amount.round',
  'amount.just-under',
  'amount.to-median',
  'email.disposable',
  'shopper.guest',
  'shopper.first-order',
  'shopper.paid-orders',
  'shopper.known-days',
  'shopper.chargebacks',
  'shopper.refusals',
  'shopper.refund-ratio',
  'ip.proxy',
  'ip.country-mismatch',
  'billing.mismatch',
  'billing.country-mismatch',
  'card.country-mismatch',
  'card.avs=fail',
  'card.cvc=fail',
  'card.funding=prepaid',
  'time.hour',
  ...USUAL_VELOCITIES,
];

/** A trained model as it judges. */
export interface Model extends BoostedTrees {
  id: string;
  features: string[];
}

/** One try with what it turned out to be; `score` is that of the rules then. */
export interface Labelled {
  signals: Signals;
  score: number;
  fraud: boolean;
}

/** How much of each is needed before anything can be learnt. */
export const LEAST_FRAUDS = 30;
export const LEAST_LEGITIMATE = 100;
/** Share of the tries, the newest ones, that the model is tried on and does not see before. */
const TESTED = 0.25;

/** A try as numbers; NaN where nobody knows. */
export const rowOf = (signals: Signals, features: readonly string[] = FEATURES): number[] =>
  features.map((feature) => {
    const [name, wanted] = feature.split('=');
    const value = signals[name] ?? null;
    if (value === null) return NaN;
    if (wanted !== undefined) return value === wanted ? 1 : 0;
    return typeof value === 'string' ? NaN : Number(value);
  });

/** Likelihood of fraud, 0 to 1. */
export const likelihoodOf = (model: Model, signals: Signals): number => predict(model, rowOf(signals, model.features));

/** What most moved a model's answer, strongest first: log-odds, positive towards fraud. */
export function explain(model: Model, signals: Signals, most = 5): { signal: string; label: string; weight: number }[] {
  const { byFeature } = contributions(model, rowOf(signals, model.features));
  return [...byFeature]
    .map(([feature, weight]) => ({ feature: model.features[feature], weight }))
    .sort((a, b) => Math.abs(b.weight) - Math.abs(a.weight))
    .slice(0, most)
    .map(({ feature, weight }) => {
      const [name, value] = feature.split('=');
      return { signal: name, label: value ? `${labelOf(name)}: ${value}` : labelOf(name), weight };
    });
}

export interface Trained {
  features: string[];
  trees: BoostedTrees;
  samples: number;
  frauds: number;
  tested: number;
  testedFrauds: number;
  /** Average precision (area under precision over recall) on the tested tries; null where none of them was fraud. */
  modelPrecision: number | null;
  /** The same for the rules' score. */
  rulesPrecision: number | null;
}

/** Learns from the older tries, and measures on the newer ones, as it would have been used. @param tries oldest first */
export async function learn(tries: readonly Labelled[], breathe?: () => Promise<unknown>): Promise<Trained> {
  const split = Math.floor(tries.length * (1 - TESTED));
  const [older, newer] = [tries.slice(0, split), tries.slice(split)];
  const answer = ({ fraud }: Labelled): 0 | 1 => (fraud ? 1 : 0);
  const trees = await train(
    older.map(({ signals }) => rowOf(signals)),
    older.map(answer),
    undefined,
    breathe,
  );
  const answers = newer.map(answer);
  const testedFrauds = newer.filter(({ fraud }) => fraud).length;
  const precision = (scores: number[]): number | null => (testedFrauds > 0 ? averagePrecision(scores, answers) : null);
  return {
    features: [...FEATURES],
    trees,
    samples: older.length,
    frauds: older.filter(({ fraud }) => fraud).length,
    tested: newer.length,
    testedFrauds,
    modelPrecision: precision(newer.map(({ signals }) => predict(trees, rowOf(signals)))),
    rulesPrecision: precision(newer.map(({ score }) => score)),
  };
}
