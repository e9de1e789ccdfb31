import { createHash } from 'node:crypto';
import type { Money } from '../../../kernel/money/money';

/** Which accounts take which payments. Conditions that are null fit everything. */
export interface RoutingRule {
  name: string | null;
  /** Values of `paymentMethod.type`. */
  methods: string[] | null;
  /** ISO 4217. */
  currencies: string[] | null;
  /** ISO 3166-1 alpha-2: where the bill, else the parcel, goes to. */
  countries: string[] | null;
  /** Minor units of the rule's one currency, both included. */
  minAmount: number | null;
  maxAmount: number | null;
  /** Shares of the payments; 0 takes payments over and begins none. */
  gateways: { gatewayId: string; weight: number }[];
  /** A payment that one account surely did not take is tried at the next. */
  failover: boolean;
}

/** What rules look at. */
export interface RoutedPayment {
  method: string;
  amount: Money;
  /** Null where nobody said it: a rule with countries does not fit then. */
  country: string | null;
}

/** How an account was chosen; kept with the try, so that the choice can be made again. */
export interface Route {
  /** Version of the rules; 0 where there were none. */
  version: number;
  /** Number of the rule, from 0; null: none fitted, and the oldest account that could took it. */
  rule: number | null;
  /** `weight`: by the hash of the try's id; `client`: the token was of this account. */
  by: 'weight' | 'client' | 'failover';
}

const within = <T>(values: readonly T[] | null, value: T | null): boolean =>
  values === null || (value !== null && values.includes(value));

export const fits = (rule: RoutingRule, { method, amount, country }: RoutedPayment): boolean =>
  within(rule.methods, method) &&
  within(rule.currencies, amount.currency) &&
  within(rule.countries, country) &&
  (rule.minAmount === null || amount.amount >= rule.minAmount) &&
  (rule.maxAmount === null || amount.amount <= rule.maxAmount);

/**
 * Accounts in the order in which a key takes them: the first one by share, the others for when it fails. Weighted
 * rendezvous hashing (Schindelhauer and Schomaker, 2005): the same key always gives the same order, shares come out by
 * weight, and an account that leaves moves no payments of the others. Those of weight 0 come last, as listed.
 */
export function inOrderOf(key: string, gateways: RoutingRule['gateways']): string[] {
  const scored = gateways.map(({ gatewayId, weight }) => ({ gatewayId, score: scoreOf(key, gatewayId, weight) }));
  return scored.sort((a, b) => (a.score === b.score ? 0 : a.score - b.score)).map(({ gatewayId }) => gatewayId);
}

function scoreOf(key: string, gatewayId: string, weight: number): number {
  if (weight === 0) return Infinity;
  const hash = createHash('sha256').update(`${key}:${gatewayId}`).digest();
  // 52 bits, in the middle of their step: never 0, never 1.
  const share = (hash.readUIntBE(0, 6) * 16 + (hash[6] >> 4) + 0.5) / 2 ** 52;
  return -Math.log(share) / weight;
}

export interface Candidates {
  rule: number | null;
  /** Best first, never empty. */
  gatewayIds: string[];
  failover: boolean;
}

/**
 * Accounts that take a payment: those of the first rule that fits and has any that can; where no rule fits, the oldest
 * account that can.
 * @param able accounts that are on and have the method and the currency, oldest first
 * @returns null where no account can
 */
export function route(
  rules: readonly RoutingRule[],
  payment: RoutedPayment,
  able: readonly string[],
  key: string,
): Candidates | null {
  for (const [index, rule] of rules.entries()) {
    if (!fits(rule, payment)) continue;
    const gateways = rule.gateways.filter(({ gatewayId }) => able.includes(gatewayId));
    if (gateways.some(({ weight }) => weight > 0) || (gateways.length > 0 && rule.failover))
      return { rule: index, gatewayIds: inOrderOf(key, gateways), failover: rule.failover };
  }
  return able.length ? { rule: null, gatewayIds: [...able], failover: false } : null;
}
