/** Roles of people in the company that buys. */
export const CORPORATE_ROLES = ['buyer', 'approver', 'manager', 'finance'] as const;
export type CorporateRole = (typeof CORPORATE_ROLES)[number];

/** One step of an approval: the steps come one after the other, the people of one step decide side by side. */
export interface ApprovalStep {
  /** People with this role; a manager of the requester's department comes before managers of others. */
  role?: CorporateRole;
  /** And these people. */
  people?: string[];
  /** How many of them must agree; `all` of those who were asked. */
  needed: 'all' | number;
}

/** Somebody of the company, as approvals see them. */
export interface Person {
  id: string;
  userId: string;
  departmentId: string | null;
  roles: readonly CorporateRole[];
  active: boolean;
  delegateId: string | null;
  delegatedFrom: Date | null;
  delegatedUntil: Date | null;
}

export interface Rule {
  id: string;
  /** Minor units; more than this needs the rule's approval. */
  above: number;
  currency: string;
  categories: readonly string[] | null;
  requesterRole: CorporateRole | null;
  departmentId: string | null;
  steps: ApprovalStep[];
  expiresHours: number;
  escalateHours: number | null;
}

/** What somebody wants approved. */
export interface Wish {
  amount: number;
  currency: string;
  categories: readonly string[];
  requester: Person;
}

/** One person asked in one step. */
export interface Task {
  step: number;
  personId: string;
  escalated: boolean;
  state: 'open' | 'approved' | 'rejected' | 'skipped';
}

/** Roles that an approval goes to when a step has nobody, and when it waits too long. */
export const LAST_RESORT: readonly CorporateRole[] = ['manager', 'finance'];

/**
 * The rule that holds for a wish: of those that match, the one with the highest limit, then the more particular one.
 * Amounts of another currency than the rule's never match it.
 */
export function ruleFor(rules: readonly Rule[], wish: Wish): Rule | null {
  const matching = rules.filter(
    (rule) =>
      rule.currency === wish.currency &&
      wish.amount > rule.above &&
      (rule.departmentId === null || rule.departmentId === wish.requester.departmentId) &&
      (rule.requesterRole === null || wish.requester.roles.includes(rule.requesterRole)) &&
      (rule.categories === null || rule.categories.some((one) => wish.categories.includes(one))),
  );
  const particular = (rule: Rule): number =>
    Number(rule.departmentId !== null) + Number(rule.requesterRole !== null) + Number(rule.categories !== null);
  return (
    [...matching].sort((a, b) => b.above - a.above || particular(b) - particular(a) || (a.id < b.id ? -1 : 1))[0] ??
    null
  );
}

/** True when the delegation of a person holds at this moment. */
export const isDelegated = (person: Person, now: Date): boolean =>
  person.delegateId !== null &&
  person.delegatedFrom !== null &&
  person.delegatedUntil !== null &&
  person.delegatedFrom <= now &&
  now < person.delegatedUntil;

const holds = (step: ApprovalStep, person: Person): boolean =>
  person.active && (step.people?.includes(person.id) || (step.role !== undefined && person.roles.includes(step.role)));

/** Whom a step asks: never the requester; managers of the requester's department alone, where there are any. */
export function askedBy(step: ApprovalStep, people: readonly Person[], requester: Person): Person[] {
  const found = people.filter((person) => person.id !== requester.id && holds(step, person));
  if (step.role !== 'manager' || step.people || requester.departmentId === null) return found;
  const own = found.filter(({ departmentId }) => departmentId === requester.departmentId);
  return own.length > 0 ? own : found;
}

/** Whom an approval goes to that a step has nobody for, or that waits too long. */
export const lastResort = (people: readonly Person[], requester: Person): Person[] =>
  people.filter((one) => one.id !== requester.id && one.active && one.roles.some((role) => LAST_RESORT.includes(role)));

/** May this person still decide what they were asked in this step? Their role may have been taken away meanwhile. */
export const mayDecide = (step: ApprovalStep, person: Person, escalated: boolean): boolean =>
  person.active && (holds(step, person) || (escalated && person.roles.some((role) => LAST_RESORT.includes(role))));

/** How a step stands after its tasks: one refusal ends all; one whom it was escalated to decides alone. */
export function standingOf(step: ApprovalStep, tasks: readonly Task[]): 'open' | 'approved' | 'rejected' {
  if (tasks.some(({ state }) => state === 'rejected')) return 'rejected';
  const agreed = tasks.filter(({ state }) => state === 'approved');
  if (agreed.some(({ escalated }) => escalated)) return 'approved';
  const asked = tasks.filter(({ escalated }) => !escalated).length;
  const needed = step.needed === 'all' ? asked : Math.min(step.needed, asked);
  return agreed.length >= Math.max(1, needed) ? 'approved' : 'open';
}
