import { predicateOf, type Circumstances, type Condition, type Truth } from '../../../kernel/auth/condition';
import { applies, isLive } from '../../../kernel/auth/policy';
import { ruleOf, type Reason, type Subject } from './authorization';

/** A part of a condition, or a time bound, that keeps a grant from applying. */
export interface FailedCondition {
  grantId: string;
  /** JSON pointer into the grant, such as `/condition/all/0/ip`. */
  pointer: string;
  /** `unknown`: the attribute is not known here, which allows nothing. */
  outcome: 'not_satisfied' | 'unknown';
  /** What the grant asks for. */
  wanted: unknown;
  /** What was found; null where it is not known. */
  found: unknown;
}

/** A grant that speaks of the permission, and whether it counts now. */
export interface ExplainedGrant {
  /** Null for the role that the member has in the organization. */
  id: string | null;
  subject: Subject | null;
  effect: 'allow' | 'deny';
  role: string | null;
  permission: string | null;
  resource: string | null;
  condition: Condition | null;
  validFrom: Date | null;
  validTo: Date | null;
  /** Roles from the granted one to the one that names the permission. */
  path: string[];
  applies: boolean;
}

export interface Explanation {
  allowed: boolean;
  reason: 'allowed' | 'explicitly_denied' | 'not_granted' | 'conditions_failed' | 'out_of_scope';
  grants: ExplainedGrant[];
  /** Roles by which the decision was come to, from the granted one on; empty without one. */
  path: string[];
  failedConditions: FailedCondition[];
}

/** What is known of an attribute, as a person would say it. */
function foundOf(condition: Condition, circumstances: Circumstances): unknown {
  const { nowMs, ip, country, aal, authTimeMs, deviceTrusted, resource } = circumstances;
  if ('time' in condition) return new Date(nowMs).toISOString();
  if ('ip' in condition) return ip;
  if ('country' in condition) return country;
  if ('aal' in condition) return aal;
  if ('auth_age' in condition) return authTimeMs === null ? null : Math.floor((nowMs - authTimeMs) / 1_000);
  if ('device_trusted' in condition) return deviceTrusted;
  if ('resource.owner' in condition) return resource?.owner ?? null;
  return resource?.state ?? null;
}

type Failure = Omit<FailedCondition, 'grantId'>;

const outcomeOf = (answer: Truth): Failure['outcome'] => (answer === null ? 'unknown' : 'not_satisfied');

/** The parts of a condition that are in its way; none where it holds. */
export function failuresOf(condition: Condition, circumstances: Circumstances, pointer = '/condition'): Failure[] {
  const answer = predicateOf(condition)(circumstances);
  if (answer === true) return [];
  if ('all' in condition || 'any' in condition) {
    const [name, parts] = 'all' in condition ? ['all', condition.all] : ['any', condition.any];
    return parts.flatMap((part, index) => failuresOf(part, circumstances, `${pointer}/${name}/${index}`));
  }
  if ('not' in condition) {
    return [{ pointer: `${pointer}/not`, outcome: outcomeOf(answer), wanted: condition, found: null }];
  }
  const [[name, wanted]] = Object.entries(condition) as [string, unknown][];
  return [
    { pointer: `${pointer}/${name}`, outcome: outcomeOf(answer), wanted, found: foundOf(condition, circumstances) },
  ];
}

function failuresOfGrant({ grant }: Reason, circumstances: Circumstances): FailedCondition[] {
  if (!grant) return [];
  const { id, validFromMs, validToMs, condition, resource } = grant;
  const failures: Failure[] = [];
  const iso = (ms: number): string => new Date(ms).toISOString();
  const found = iso(circumstances.nowMs);
  if (validFromMs !== null && circumstances.nowMs < validFromMs) {
    failures.push({ pointer: '/validFrom', outcome: 'not_satisfied', wanted: iso(validFromMs), found });
  }
  if (validToMs !== null && circumstances.nowMs >= validToMs) {
    failures.push({ pointer: '/validTo', outcome: 'not_satisfied', wanted: iso(validToMs), found });
  }
  if (resource !== null) {
    const wanted = resource.slice(resource.indexOf('/') + 1);
    const asked = circumstances.resource?.id ?? null;
    if (asked !== wanted)
      failures.push({ pointer: '/resource', outcome: outcomeOf(asked === null ? null : false), wanted, found: asked });
  }
  if (condition !== null) failures.push(...failuresOf(condition, circumstances));
  return failures.map((failure) => ({ grantId: id, ...failure }));
}

/** Says of every reason whether it counts, and which of them decided. `allowed` is the decision that was made. */
export function explain(reasons: readonly Reason[], circumstances: Circumstances, allowed: boolean): Explanation {
  const judged = reasons.map((reason) => {
    const rule = ruleOf(reason);
    const counts =
      isLive(rule, circumstances.nowMs) && applies(rule.effect, rule.test === null ? true : rule.test(circumstances));
    return { reason, counts };
  });
  const deciding =
    judged.find(({ reason, counts }) => counts && reason.effect === 'deny') ?? judged.find(({ counts }) => counts);
  return {
    allowed,
    reason: allowed
      ? 'allowed'
      : deciding?.reason.effect === 'deny'
        ? 'explicitly_denied'
        : judged.some(({ reason }) => reason.effect === 'allow')
          ? 'conditions_failed'
          : 'not_granted',
    grants: judged.map(({ reason, counts }) => grantView(reason, counts)),
    path: [...(deciding?.reason.path ?? [])],
    failedConditions: judged.flatMap(({ reason, counts }) => (counts ? [] : failuresOfGrant(reason, circumstances))),
  };
}

function grantView({ grant, effect, path }: Reason, counts: boolean): ExplainedGrant {
  const at = (ms: number | null | undefined): Date | null => (ms === null || ms === undefined ? null : new Date(ms));
  return {
    id: grant?.id ?? null,
    subject: grant?.subject ?? null,
    effect,
    role: grant ? grant.role : (path[0] ?? null),
    permission: grant?.permission ?? null,
    resource: grant?.resource ?? null,
    condition: grant?.condition ?? null,
    validFrom: at(grant?.validFromMs),
    validTo: at(grant?.validToMs),
    path: [...path],
    applies: counts,
  };
}
