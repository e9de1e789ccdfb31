import { signalsOf } from './condition';
import type { Rule, Thresholds } from './decision';
import type { Model } from './model';
import { isOfCard, USUAL_VELOCITIES, velocityOf, type Velocity, type VelocityKey } from './signals';

/** What a tenant judges payments by; the revision rises with every change of it. */
export interface FraudPolicy extends Thresholds {
  revision: number;
  reviewDueMinutes: number;
  rejectAfterHours: number;
  /** Live and shadow ones. */
  rules: Rule[];
  /** What is counted for every try. */
  velocities: Velocity[];
  /** Keys whose limits must hold for tries at the same moment. */
  exactKeys: VelocityKey[];
  /** A live rule asks what the gateway alone can tell: money is reserved first, and judged again. */
  asksOfCard: boolean;
  /** The model that gives `model.score`, or null. */
  model: Model | null;
}

const velocitiesIn = (rules: readonly Rule[]): Velocity[] =>
  rules
    .flatMap(({ condition }) => signalsOf(condition))
    .map(velocityOf)
    .filter((velocity) => velocity !== null);

/** Derives from the rules what must be known to judge by them. */
export function policyOf(
  settings: Thresholds & { revision: number; reviewDueMinutes: number; rejectAfterHours: number },
  rules: Rule[],
  model: Model | null,
): FraudPolicy {
  const usual = USUAL_VELOCITIES.map((name) => velocityOf(name)!);
  const velocities = new Map([...usual, ...velocitiesIn(rules)].map((velocity) => [velocity.name, velocity]));
  const live = rules.filter(({ mode }) => mode === 'live');
  return {
    ...settings,
    rules,
    velocities: [...velocities.values()],
    exactKeys: [...new Set(velocitiesIn(live).map(({ key }) => key))],
    model,
    asksOfCard: live.some(({ condition }) => signalsOf(condition).some(isOfCard)),
  };
}
