import { predicateOf, type Circumstances, type Condition } from './condition';
import { alwaysHolds, decide, intersect, NO_RIGHTS, policyOf, samePolicy, type Policy, type Rule } from './policy';

const now: Circumstances = {
  nowMs: 1_000,
  userId: null,
  ip: null,
  country: null,
  aal: 1,
  authTimeMs: null,
  deviceTrusted: null,
};
const rule = (effect: Rule['effect'], condition: Condition | null, bounds: [number?, number?] = []): Rule => ({
  effect,
  validFromMs: bounds[0] ?? null,
  validToMs: bounds[1] ?? null,
  test: condition && predicateOf(condition),
  key: JSON.stringify([effect, condition, bounds]),
});
const withRules = (...rules: Rule[]): Policy => ({
  always: new Set(['orders:read']),
  rules: new Map([['orders:write', rules]]),
});
const writes = (...rules: Rule[]): boolean => decide(withRules(...rules), 'orders:write', now);

describe('a policy', () => {
  it('knows patterns, and nothing by default', () => {
    const policy = policyOf('orders:*', 'products:read');
    for (const [permission, held] of [
      ['orders:read', true],
      ['orders:write', true],
      ['products:read', true],
      ['products:write', false],
      ['orders', false],
      ['order:read', false],
      ['constructor', false],
      ['__proto__', false],
    ] as const) {
      expect([permission, decide(policy, permission, now)]).toEqual([permission, held]);
    }
    expect(decide(policyOf('*'), 'anything:at-all', now)).toBe(true);
    expect(decide(NO_RIGHTS, 'orders:read', now)).toBe(false);
  });

  it('goes by the clock: the beginning counts, the end does not', () => {
    expect(writes(rule('allow', null, [1_000]))).toBe(true);
    expect(writes(rule('allow', null, [1_001]))).toBe(false);
    expect(writes(rule('allow', null, [undefined, 1_001]))).toBe(true);
    expect(writes(rule('allow', null, [undefined, 1_000]))).toBe(false);
    expect(writes(rule('allow', null), rule('deny', null, [undefined, 1_000]))).toBe(true);
  });

  it('fails closed on what cannot be told', () => {
    const unknown: Condition = { country: ['PT'] };
    expect(writes(rule('allow', unknown))).toBe(false);
    expect(writes(rule('allow', null), rule('deny', unknown))).toBe(false);
    expect(writes(rule('allow', { not: unknown }))).toBe(false);
    expect(writes(rule('allow', null), rule('deny', { not: unknown }))).toBe(false);
  });

  it('lets a denial win, in whatever order', () => {
    const deny = rule('deny', { aal: 1 });
    expect(writes(deny, rule('allow', null))).toBe(false);
    expect(writes(rule('allow', null), deny)).toBe(false);
    expect(writes(rule('allow', null), rule('deny', { aal: 2 }))).toBe(true);
  });

  it('lets as far as the handler who hangs on a resource that is not named yet', () => {
    const paid: Condition = { 'resource.state': ['paid'] };
    const ask = (pending: boolean, ...rules: Rule[]): boolean =>
      decide(withRules(...rules), 'orders:write', now, pending);
    expect([ask(true, rule('allow', paid)), ask(false, rule('allow', paid))]).toEqual([true, false]);
    expect(ask(true, rule('allow', null), rule('deny', paid))).toBe(true);
    expect(ask(false, rule('allow', null), rule('deny', paid))).toBe(false);
    expect(ask(true, rule('allow', null), rule('deny', null))).toBe(false);
    expect(ask(true, rule('allow', { all: [paid, { aal: 2 }] }))).toBe(false);
  });

  it('within scopes is both', () => {
    const cases: [string[], string[], string[], string[]][] = [
      [['*'], ['orders:read'], ['orders:read'], ['orders:write', 'products:read']],
      [['orders:*'], ['*'], ['orders:read', 'orders:write'], ['products:read']],
      [['orders:read', 'products:read'], ['orders:*'], ['orders:read'], ['products:read', 'orders:write']],
      [['orders:read'], ['orders:write'], [], ['orders:read', 'orders:write']],
      [['*'], [], [], ['orders:read']],
    ];
    for (const [held, scopes, yes, no] of cases) {
      const policy = intersect(policyOf(...held), scopes);
      for (const permission of yes) expect(decide(policy, permission, now)).toBe(true);
      for (const permission of no) expect(decide(policy, permission, now)).toBe(false);
    }
  });

  it('keeps its conditions and denials within scopes', () => {
    const policy = withRules(rule('allow', null), rule('deny', { aal: 1 }));
    expect(decide(intersect(policy, ['*']), 'orders:write', now)).toBe(false);
    expect(decide(intersect(policy, ['orders:write']), 'orders:write', { ...now, aal: 2 })).toBe(false);
    expect(decide(intersect({ ...policy, always: new Set(['*']) }, ['orders:write']), 'orders:write', now)).toBe(false);
    expect(intersect(policy, ['orders:read']).rules.size).toBe(0);
  });

  it('within another allows what both do', () => {
    const policy: Policy = {
      ...policyOf('orders:read', 'orders:write'),
      within: policyOf('orders:read', 'products:read'),
    };
    expect(['orders:read', 'orders:write', 'products:read'].map((one) => decide(policy, one, now))).toEqual([
      true,
      false,
      false,
    ]);
    expect(alwaysHolds(policy, 'orders:write')).toBe(false);
    expect(decide(intersect(policy, ['products:read']), 'products:read', now)).toBe(false);
  });

  it('can be handed on only where it holds always', () => {
    expect(alwaysHolds(policyOf('orders:*'), 'orders:write')).toBe(true);
    expect(alwaysHolds(withRules(rule('allow', { aal: 1 })), 'orders:write')).toBe(false);
    expect(
      alwaysHolds({ ...withRules(rule('allow', null, [undefined, 2_000])), always: new Set(['*']) }, 'orders:write'),
    ).toBe(false);
  });

  it('is the same as another of the same words', () => {
    expect(samePolicy(policyOf('a:b', 'c:d'), policyOf('c:d', 'a:b'))).toBe(true);
    expect(samePolicy(policyOf('a:b'), policyOf('a:c'))).toBe(false);
    expect(samePolicy(withRules(rule('allow', { aal: 1 })), withRules(rule('allow', { aal: 1 })))).toBe(true);
    expect(samePolicy(withRules(rule('allow', { aal: 1 })), withRules(rule('allow', { aal: 2 })))).toBe(false);
    expect(samePolicy(withRules(rule('allow', null)), withRules(rule('deny', null)))).toBe(false);
    expect(samePolicy({ ...policyOf('a:b'), within: policyOf('a:b') }, policyOf('a:b'))).toBe(false);
  });
});
