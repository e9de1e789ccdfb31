import {
  predicateOf,
  everyPredicate,
  resourceIs,
  type Condition,
  type Predicate,
} from '../../../kernel/auth/condition';
import type { Policy, Rule } from '../../../kernel/auth/policy';
import { expandPattern } from './permissions';
import { systemRole, SYSTEM_ROLES } from './system-roles';

export const SUBJECT_TYPES = ['user', 'team', 'apiKey'] as const;
export type SubjectType = (typeof SUBJECT_TYPES)[number];

export interface Subject {
  type: SubjectType;
  id: string;
}

/** A tenant's own role. */
export interface RoleFacts {
  key: string;
  /** Permissions and `resource:*` patterns that it names itself. */
  permissions: readonly string[];
  /** Keys of the roles whose permissions it has too. */
  inherits: readonly string[];
}

/** A grant as it is stored: of a role or of a permission, never of both. */
export interface GrantFacts {
  id: string;
  subject: Subject;
  role: string | null;
  permission: string | null;
  effect: 'allow' | 'deny';
  /** `<type>/<id>`: about this one thing alone. */
  resource: string | null;
  condition: Condition | null;
  validFromMs: number | null;
  validToMs: number | null;
}

/** Why a permission may be allowed or denied: one grant (or the member's role), with the way through the roles. */
export interface Reason {
  /** Null for the role that the member has in the organization. */
  grant: GrantFacts | null;
  effect: 'allow' | 'deny';
  /** Roles from the granted one to the one that names the permission; empty for a permission granted itself. */
  path: readonly string[];
}

type Paths = ReadonlyMap<string, readonly string[]>;

/** The roles of a tenant at one version of its policies, expanded when first asked for. */
export class RoleBook {
  private readonly roles: Map<string, RoleFacts>;
  private readonly paths = new Map<string, Paths>();
  private readonly plain = new Map<string, Policy>();

  constructor(roles: Iterable<RoleFacts> = []) {
    this.roles = new Map([...roles].map((role) => [role.key, role]));
  }

  /** Keys of all roles, the product's first. */
  keys(): string[] {
    return [...SYSTEM_ROLES.map(({ key }) => key), ...this.roles.keys()];
  }

  /** True for a system role and for a role of this tenant. */
  has(key: string): boolean {
    return systemRole(key) !== undefined || this.roles.has(key);
  }

  /**
   * What a role allows, with all that it inherits: each permission with the shortest way to a role that names it.
   * An unknown role allows nothing; a circle, which the database does not let come to be, ends.
   */
  expand(key: string): Paths {
    const known = this.paths.get(key);
    if (known) return known;
    const found = new Map<string, readonly string[]>();
    const seen = new Set([key]);
    let level: (readonly string[])[] = [[key]];
    while (level.length > 0) {
      const next: (readonly string[])[] = [];
      for (const path of level) {
        const role = systemRole(path[path.length - 1]) ?? this.roles.get(path[path.length - 1]);
        if (!role) continue;
        for (const pattern of role.permissions) {
          for (const permission of expandPattern(pattern)) if (!found.has(permission)) found.set(permission, path);
        }
        for (const parent of 'inherits' in role ? role.inherits : []) {
          if (seen.has(parent)) continue;
          seen.add(parent);
          next.push([...path, parent]);
        }
      }
      level = next;
    }
    // Unknown names are not kept: they come from outside.
    if (this.has(key)) this.paths.set(key, found);
    return found;
  }

  /** The policy of a member who has a role and no grants; shared by all such members. */
  policyOf(key: string): Policy {
    let policy = this.plain.get(key);
    if (!policy) {
      policy = compile(reasonsOf(this, key, []));
      if (this.has(key)) this.plain.set(key, policy);
    }
    return policy;
  }
}

/** The permission's resource is of this type: a grant for one order says nothing about products. */
const speaksOf = (resource: string | null, permission: string): boolean =>
  resource === null || permission.startsWith(`${resource.slice(0, resource.indexOf('/'))}:`);

/** Every permission that a role or a grant speaks of, with all the reasons: what both decision and explanation are made of. */
export function reasonsOf(
  book: RoleBook,
  baseRole: string | null,
  grants: readonly GrantFacts[],
): Map<string, Reason[]> {
  const reasons = new Map<string, Reason[]>();
  const add = (permission: string, reason: Reason): void => {
    const present = reasons.get(permission);
    if (present) present.push(reason);
    else reasons.set(permission, [reason]);
  };
  if (baseRole !== null) {
    for (const [permission, path] of book.expand(baseRole)) add(permission, { grant: null, effect: 'allow', path });
  }
  for (const grant of grants) {
    const named: Iterable<readonly [string, readonly string[]]> =
      grant.role === null
        ? expandPattern(grant.permission ?? '').map((permission) => [permission, []] as const)
        : book.expand(grant.role);
    for (const [permission, path] of named) {
      if (speaksOf(grant.resource, permission)) add(permission, { grant, effect: grant.effect, path });
    }
  }
  return reasons;
}

/** The condition of a grant and the thing it is limited to, as one question; null when it has neither. */
export function testOf({ condition, resource }: Pick<GrantFacts, 'condition' | 'resource'>): Predicate | null {
  const parts: Predicate[] = [];
  if (resource !== null) parts.push(resourceIs(resource.slice(resource.indexOf('/') + 1)));
  if (condition !== null) parts.push(predicateOf(condition));
  return parts.length === 0 ? null : parts.length === 1 ? parts[0] : everyPredicate(parts);
}

const ALWAYS: Rule = { effect: 'allow', validFromMs: null, validToMs: null, test: null, key: 'allow' };

/** A reason as the decision asks it. */
export function ruleOf({ grant, effect }: Reason): Rule {
  if (!grant) return ALWAYS;
  const { validFromMs, validToMs, condition, resource } = grant;
  const key = JSON.stringify([effect, validFromMs, validToMs, resource, condition]);
  return { effect, validFromMs, validToMs, test: testOf(grant), key };
}

const holdsAlways = ({ validFromMs, validToMs, test }: Rule): boolean =>
  validFromMs === null && validToMs === null && test === null;

/** Makes reasons into what is asked on every request: see `Policy`. */
export function compile(reasons: ReadonlyMap<string, readonly Reason[]>): Policy {
  const always = new Set<string>();
  const rules = new Map<string, readonly Rule[]>();
  const made = new Map<GrantFacts, Rule>();
  const ruleFor = (reason: Reason): Rule => {
    if (!reason.grant) return ALWAYS;
    let rule = made.get(reason.grant);
    if (!rule) made.set(reason.grant, (rule = ruleOf(reason)));
    return rule;
  };
  for (const [permission, list] of reasons) {
    const all = list.map(ruleFor);
    const denies = all.filter(({ effect }) => effect === 'deny');
    const allows = all.filter(({ effect }) => effect === 'allow');
    if (allows.length === 0 || denies.some(holdsAlways)) continue;
    if (allows.some(holdsAlways)) {
      if (denies.length === 0) always.add(permission);
      else rules.set(permission, [...denies, ALWAYS]);
    } else rules.set(permission, [...denies, ...allows]);
  }
  return { always, rules };
}
