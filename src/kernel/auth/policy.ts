import type { Circumstances, Predicate, Truth } from './condition';

/** One grant as a decision asks it. */
export interface Rule {
  readonly effect: 'allow' | 'deny';
  /** Milliseconds since the epoch; null where it is not bounded. `validTo` itself is past. */
  readonly validFromMs: number | null;
  readonly validToMs: number | null;
  /** Null: always. */
  readonly test: Predicate | null;
  /** The grant in words, to compare two policies by. */
  readonly key: string;
}

/**
 * What somebody may do, compiled for one version of a tenant's policies. Neither time nor request is in it: bounds and
 * conditions are asked when it is decided.
 */
export interface Policy {
  /** Held whatever the circumstances and denied in none: `resource:action`, `resource:*` or `*`. */
  readonly always: ReadonlySet<string>;
  /** Permissions whose answer hangs on the moment, with every grant that speaks of them. None of them is in `always`. */
  readonly rules: ReadonlyMap<string, readonly Rule[]>;
  /** A second policy that must allow too (an API key acts within its owner's rights). */
  readonly within?: Policy;
}

const NO_RULES: ReadonlyMap<string, readonly Rule[]> = new Map();

/** A policy without conditions. */
export const policyOf = (...permissions: string[]): Policy => ({ always: new Set(permissions), rules: NO_RULES });

/** Nothing at all. */
export const NO_RIGHTS: Policy = policyOf();

/** True when `pattern` is the permission, its resource's wildcard or `*`. */
export const covers = (pattern: string, permission: string): boolean =>
  pattern === permission || pattern === '*' || (pattern.endsWith(':*') && permission.startsWith(pattern.slice(0, -1)));

/** True when the permission is held whatever the circumstances: what may be handed on. */
export function alwaysHolds(policy: Policy, permission: string): boolean {
  const { always, within } = policy;
  const held =
    always.has(permission) || always.has('*') || always.has(`${permission.slice(0, permission.indexOf(':'))}:*`);
  return held && !policy.rules.has(permission) && (!within || alwaysHolds(within, permission));
}

/** True while a grant's time bounds hold. */
export const isLive = ({ validFromMs, validToMs }: Pick<Rule, 'validFromMs' | 'validToMs'>, nowMs: number): boolean =>
  (validFromMs === null || nowMs >= validFromMs) && (validToMs === null || nowMs < validToMs);

/** Whether a grant applies, given what its condition answered: what cannot be told allows nothing and denies. */
export const applies = (effect: Rule['effect'], answer: Truth): boolean =>
  effect === 'allow' ? answer === true : answer !== false;

/**
 * The decision, after the tenant has matched: live grants, their conditions, then an explicit deny wins over every
 * allow, and without an allow the answer is no.
 * @param pending true where the resource is not known yet: answers whether some resource could be allowed
 */
export function decide(policy: Policy, permission: string, circumstances: Circumstances, pending = false): boolean {
  const { within } = policy;
  return (
    decideAlone(policy, permission, circumstances, pending) &&
    (!within || decide(within, permission, circumstances, pending))
  );
}

function decideAlone(policy: Policy, permission: string, circumstances: Circumstances, pending: boolean): boolean {
  const { always } = policy;
  if (always.has(permission)) return true;
  const rules = policy.rules.get(permission);
  if (rules === undefined) {
    return always.has('*') || always.has(`${permission.slice(0, permission.indexOf(':'))}:*`);
  }
  let allowed = false;
  for (const rule of rules) {
    if (!isLive(rule, circumstances.nowMs)) continue;
    // While no resource is named, an allow counts when it can come true, a deny only when it is sure to.
    const answer = rule.test === null ? true : rule.test(circumstances, pending ? rule.effect === 'allow' : undefined);
    if (!applies(rule.effect, answer)) continue;
    if (rule.effect === 'deny') return false;
    allowed = true;
  }
  return allowed;
}

/** The common part of two patterns, or null where they have none. */
function common(a: string, b: string): string | null {
  if (covers(a, b)) return b;
  return covers(b, a) ? a : null;
}

/**
 * What is left of a policy within scopes (`resource:action`, `resource:*` or `*`): an API key's rights are its scopes
 * and its owner's present rights, both.
 */
export function intersect(policy: Policy, scopes: Iterable<string>): Policy {
  const wanted = [...scopes];
  const always = new Set<string>();
  for (const held of policy.always) {
    for (const scope of wanted) {
      const both = common(held, scope);
      if (both !== null) always.add(both);
    }
  }
  const rules = new Map([...policy.rules].filter(([permission]) => wanted.some((scope) => covers(scope, permission))));
  for (const permission of rules.keys()) always.delete(permission);
  return policy.within ? { always, rules, within: intersect(policy.within, wanted) } : { always, rules };
}

/** True when two policies decide alike in all circumstances as far as their texts tell. */
export function samePolicy(a: Policy, b: Policy): boolean {
  if (a === b) return true;
  if (a.always.size !== b.always.size || a.rules.size !== b.rules.size || !a.within !== !b.within) return false;
  for (const permission of a.always) if (!b.always.has(permission)) return false;
  for (const [permission, rules] of a.rules) {
    const others = b.rules.get(permission);
    if (others?.length !== rules.length) return false;
    const keys = new Set(others.map(({ key }) => key));
    if (!rules.every(({ key }) => keys.has(key))) return false;
  }
  return !a.within || samePolicy(a.within, b.within!);
}
