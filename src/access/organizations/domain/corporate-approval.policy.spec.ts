import { newId } from '../../../kernel/ids/ids';
import {
  askedBy,
  isDelegated,
  mayDecide,
  ruleFor,
  standingOf,
  type CorporateRole,
  type Person,
  type Rule,
  type Task,
} from './corporate-approval.policy';

const person = (roles: CorporateRole[], changes: Partial<Person> = {}): Person => ({
  id: newId(),
  userId: newId(),
  departmentId: null,
  roles,
  active: true,
  delegateId: null,
  delegatedFrom: null,
  delegatedUntil: null,
  ...changes,
});
const rule = (above: number, changes: Partial<Rule> = {}): Rule => ({
  id: newId(),
  above,
  currency: 'EUR',
  categories: null,
  requesterRole: null,
  departmentId: null,
  steps: [{ role: 'manager', needed: 1 }],
  expiresHours: 72,
  escalateHours: null,
  ...changes,
});
const task = (state: Task['state'], escalated = false): Task => ({ step: 0, personId: newId(), escalated, state });

describe('approval rules', () => {
  const requester = person(['buyer'], { departmentId: 'd' });
  const wish = (amount: number, categories: string[] = []) => ({ amount, currency: 'EUR', categories, requester });

  it('hold above their limit, not at it, and in their currency alone', () => {
    const rules = [rule(10_000)];
    expect(ruleFor(rules, wish(10_000))).toBeNull();
    expect(ruleFor(rules, wish(10_001))).toBe(rules[0]);
    expect(ruleFor(rules, { ...wish(99_999), currency: 'USD' })).toBeNull();
  });

  it('with the highest limit come first, then the more particular one', () => {
    const [low, high] = [rule(100), rule(1_000)];
    const own = rule(1_000, { departmentId: 'd' });
    expect(ruleFor([low, high, own], wish(5_000))).toBe(own);
    expect(ruleFor([low, high], wish(500))).toBe(low);
    expect(ruleFor([rule(0, { departmentId: 'other' })], wish(5_000))).toBeNull();
    expect(ruleFor([rule(0, { requesterRole: 'finance' })], wish(5_000))).toBeNull();
    const travel = rule(0, { categories: ['travel'] });
    expect(ruleFor([travel], wish(1, ['meals']))).toBeNull();
    expect(ruleFor([travel], wish(1, ['meals', 'travel']))).toBe(travel);
  });

  it('never ask the requester, and first the managers of the own department', () => {
    const boss = person(['manager'], { departmentId: 'd' });
    const other = person(['manager'], { departmentId: 'e' });
    const self = person(['manager'], { departmentId: 'd' });
    const step = { role: 'manager' as const, needed: 1 };
    expect(askedBy(step, [boss, other, self], self)).toEqual([boss]);
    expect(askedBy(step, [other, requester], requester)).toEqual([other]);
    expect(askedBy(step, [self], self)).toEqual([]);
    expect(askedBy(step, [{ ...boss, active: false }], requester)).toEqual([]);
    expect(askedBy({ people: [other.id], needed: 'all' }, [boss, other], requester)).toEqual([other]);
  });

  it.each<['all' | number, Task[], string]>([
    ['all', [task('approved'), task('open')], 'open'],
    ['all', [task('approved'), task('approved')], 'approved'],
    [1, [task('approved'), task('open')], 'approved'],
    [2, [task('approved'), task('open'), task('open')], 'open'],
    // Fewer were asked than are needed: all of them.
    [5, [task('approved'), task('approved')], 'approved'],
    [1, [task('approved'), task('rejected')], 'rejected'],
    ['all', [task('open'), task('open'), task('approved', true)], 'approved'],
    ['all', [], 'open'],
  ])('with %s needed and %j are %s', (needed, tasks, standing) => {
    expect(standingOf({ role: 'approver', needed }, tasks)).toBe(standing);
  });

  it('are decided by who still may', () => {
    const step = { role: 'approver' as const, needed: 1 };
    expect(mayDecide(step, person(['approver']), false)).toBe(true);
    expect(mayDecide(step, person(['buyer']), false)).toBe(false);
    expect(mayDecide(step, person(['approver'], { active: false }), false)).toBe(false);
    expect(mayDecide(step, person(['finance']), true)).toBe(true);
    expect(mayDecide(step, person(['finance']), false)).toBe(false);
  });

  it('know a delegation by its time', () => {
    const [from, until] = [new Date('2026-03-01T00:00:00Z'), new Date('2026-03-08T00:00:00Z')];
    const away = person(['manager'], { delegateId: newId(), delegatedFrom: from, delegatedUntil: until });
    expect(isDelegated(away, from)).toBe(true);
    expect(isDelegated(away, until)).toBe(false);
    expect(isDelegated(person(['manager']), from)).toBe(false);
  });
});
