import fc from 'fast-check';
import type { Circumstances, Condition, TimeWindow, Truth } from '../../../kernel/auth/condition';
import { conditionFaults } from '../../../kernel/auth/condition-faults';
import { alwaysHolds, decide, intersect } from '../../../kernel/auth/policy';
import { compile, reasonsOf, RoleBook, type GrantFacts, type RoleFacts } from './authorization';
import { explain } from './explanation';
import { PERMISSIONS } from './permissions';
import { SYSTEM_ROLES } from './system-roles';

const ALL = Object.keys(PERMISSIONS);
const USER = '01890a5d-ac96-774b-bcce-b302099a8057';
const OTHER = '01890a5d-ac96-774b-bcce-b302099a8058';
const ZONES = ['UTC', 'Europe/Lisbon', 'Asia/Kathmandu', 'America/St_Johns', 'Pacific/Auckland'];
const EPOCH = Date.parse('2026-03-20T00:00:00Z');
const SPAN = 30 * 86_400_000;

interface World {
  roles: RoleFacts[];
  base: string | null;
  grants: GrantFacts[];
  circumstances: Circumstances;
  scopes: string[];
}

/* The same in the plainest words, with nothing of the product: what the compiled policy must agree with. */

const matches = (pattern: string, permission: string): boolean =>
  pattern === '*' || pattern === permission || pattern === `${permission.split(':')[0]}:*`;

function roleAllows(world: World, key: string, permission: string, seen: string[] = []): boolean {
  if (seen.includes(key)) return false;
  const role = SYSTEM_ROLES.find((one) => one.key === key) ?? world.roles.find((one) => one.key === key);
  if (!role) return false;
  const parents = 'inherits' in role ? (role.inherits as string[]) : [];
  return (
    role.permissions.some((pattern) => matches(pattern, permission)) ||
    parents.some((parent) => roleAllows(world, parent, permission, [...seen, key]))
  );
}

/** One for each zone: making them is most of the work of asking them. */
const CLOCKS = new Map(
  ZONES.map((timeZone) => [
    timeZone,
    new Intl.DateTimeFormat('en-GB', {
      timeZone,
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
    }),
  ]),
);

function plainWindow({ zone, from, to, days }: TimeWindow, nowMs: number): boolean {
  const parts = Object.fromEntries(
    CLOCKS.get(zone)!
      .formatToParts(nowMs)
      .map(({ type, value }) => [type, value]),
  );
  const clock = `${parts.hour}:${parts.minute}`;
  const day = (shift: number): string =>
    ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'][
      new Date(Date.UTC(Number(parts.year), Number(parts.month) - 1, Number(parts.day) + shift)).getUTCDay()
    ];
  const on = (shift: number): boolean => !days || days.includes(day(shift) as never);
  if (from === undefined || to === undefined) return on(0);
  if (from < to) return clock >= from && clock < to && on(0);
  return (clock >= from && on(0)) || (clock < to && on(-1));
}

function plainTruth(condition: Condition, c: Circumstances): Truth {
  const three = (known: unknown, holds: () => boolean): Truth =>
    known === null || known === undefined ? null : holds();
  if ('all' in condition || 'any' in condition) {
    const [parts, wins] = 'all' in condition ? [condition.all, false] : [condition.any, true];
    const answers = parts.map((part) => plainTruth(part, c));
    return answers.includes(wins) ? wins : answers.includes(null) ? null : !wins;
  }
  if ('not' in condition) {
    const answer = plainTruth(condition.not, c);
    return answer === null ? null : !answer;
  }
  if ('time' in condition) return plainWindow(condition.time, c.nowMs);
  if ('ip' in condition) {
    const number = (ip: string): number => ip.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
    return three(c.ip, () =>
      condition.ip.some((range) => {
        const [network, bits = '32'] = range.split('/');
        const size = 2 ** (32 - Number(bits));
        return Math.floor(number(c.ip!) / size) === Math.floor(number(network) / size);
      }),
    );
  }
  if ('country' in condition) return three(c.country, () => condition.country.includes(c.country!));
  if ('aal' in condition) return three(c.aal, () => c.aal! >= condition.aal);
  if ('auth_age' in condition) return three(c.authTimeMs, () => c.nowMs - c.authTimeMs! <= condition.auth_age * 1_000);
  if ('device_trusted' in condition) return three(c.deviceTrusted, () => c.deviceTrusted === condition.device_trusted);
  if ('resource.owner' in condition) {
    const owners = condition['resource.owner'].map((owner) => (owner === 'self' ? c.userId : owner));
    return three(c.resource?.owner, () => owners.includes(c.resource!.owner!));
  }
  return three(c.resource?.state, () => condition['resource.state'].includes(c.resource!.state!));
}

function plainDecision(world: World, permission: string): boolean {
  const { circumstances: c } = world;
  const live = world.grants.filter((grant) => {
    const named =
      grant.role === null ? matches(grant.permission!, permission) : roleAllows(world, grant.role, permission);
    const ofType = grant.resource === null || grant.resource.split('/')[0] === permission.split(':')[0];
    const begun = grant.validFromMs === null || grant.validFromMs <= c.nowMs;
    const ended = grant.validToMs !== null && grant.validToMs <= c.nowMs;
    return named && ofType && begun && !ended;
  });
  const holds = (grant: GrantFacts): Truth => {
    const about: Truth =
      grant.resource === null
        ? true
        : c.resource?.id === undefined || c.resource.id === null
          ? null
          : c.resource.id === grant.resource.split('/')[1];
    const under = grant.condition === null ? true : plainTruth(grant.condition, c);
    return about === false || under === false ? false : about === null || under === null ? null : true;
  };
  if (live.some((grant) => grant.effect === 'deny' && holds(grant) !== false)) return false;
  if (world.base !== null && roleAllows(world, world.base, permission)) return true;
  return live.some((grant) => grant.effect === 'allow' && holds(grant) === true);
}

/* Worlds. */

const ip = fc.constantFrom('10.0.0.1', '10.1.0.1', '192.0.2.7', '203.0.113.9');
const state = fc.constantFrom('paid', 'shipped');
const clockTime = fc.constantFrom('00:00', '06:30', '09:00', '18:00', '23:59');
const timeWindow = fc
  .record({
    zone: fc.constantFrom(...ZONES),
    from: clockTime,
    to: clockTime,
    days: fc.option(fc.subarray(['mon', 'wed', 'sat', 'sun'] as const, { minLength: 1 }), { nil: undefined }),
  })
  .filter(({ from, to }) => from !== to)
  .map((window): TimeWindow => {
    const { days, ...rest } = window;
    return days ? { ...rest, days: [...days] } : rest;
  });
const leaf: fc.Arbitrary<Condition> = fc.oneof(
  timeWindow.map((time) => ({ time })),
  fc
    .subarray(['10.0.0.0/8', '10.1.0.0/16', '192.0.2.7', '0.0.0.0/0'], { minLength: 1 })
    .map((ranges) => ({ ip: ranges })),
  fc.subarray(['PT', 'ES'], { minLength: 1 }).map((country) => ({ country })),
  fc.constantFrom<1 | 2 | 3>(1, 2, 3).map((aal) => ({ aal })),
  fc.integer({ min: 1, max: 5_000 }).map((auth_age) => ({ auth_age })),
  fc.boolean().map((device_trusted) => ({ device_trusted })),
  fc.subarray(['self', OTHER], { minLength: 1 }).map((owners) => ({ 'resource.owner': owners })),
  state.map((one) => ({ 'resource.state': [one] })),
);
const condition: fc.Arbitrary<Condition> = fc.letrec<{ node: Condition }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 3 },
    leaf,
    fc.array(tie('node'), { minLength: 1, maxLength: 3 }).map((all) => ({ all })),
    fc.array(tie('node'), { minLength: 1, maxLength: 3 }).map((any) => ({ any })),
    tie('node').map((not) => ({ not })),
  ),
})).node;
const pattern = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...ALL) },
  { weight: 2, arbitrary: fc.constantFrom('orders:*', 'customers:*', 'roles:*') },
  { weight: 1, arbitrary: fc.constant('*') },
);
const OWN = ['alpha', 'beta', 'gamma', 'delta'];
const anyRole = fc.constantFrom(...OWN, 'staff', 'customer', 'user', 'developer', 'nobody');
const instant = fc.integer({ min: EPOCH - SPAN, max: EPOCH + 2 * SPAN });
const world: fc.Arbitrary<World> = fc.record({
  roles: fc.tuple(
    ...OWN.map((key) =>
      fc.record({
        key: fc.constant(key),
        permissions: fc.array(pattern, { maxLength: 3 }),
        // Circles too: the database refuses them, and a decision must still end.
        inherits: fc.array(anyRole, { maxLength: 2 }),
      }),
    ),
  ),
  base: fc.option(anyRole, { nil: null }),
  grants: fc.array(
    fc
      .record({
        id: fc.uuid(),
        what: fc.oneof(
          anyRole.map((role) => ({ role, permission: null })),
          pattern.map((permission) => ({ role: null, permission })),
        ),
        effect: fc.constantFrom('allow' as const, 'allow' as const, 'deny' as const),
        resource: fc.option(fc.constantFrom('orders/1', 'orders/2', 'customers/1'), { nil: null, freq: 4 }),
        condition: fc.option(condition, { nil: null }),
        validFromMs: fc.option(instant, { nil: null }),
        validToMs: fc.option(instant, { nil: null }),
      })
      .map(({ what, ...grant }): GrantFacts => ({ ...grant, ...what, subject: { type: 'user', id: USER } })),
    { maxLength: 6 },
  ),
  circumstances: fc.record({
    nowMs: fc.integer({ min: EPOCH, max: EPOCH + SPAN }),
    userId: fc.constant(USER),
    ip: fc.option(ip, { nil: null }),
    country: fc.option(fc.constantFrom('PT', 'FR'), { nil: null }),
    aal: fc.option(fc.constantFrom(1, 2), { nil: null }),
    authTimeMs: fc.option(fc.integer({ min: EPOCH - 4_000_000, max: EPOCH }), { nil: null }),
    deviceTrusted: fc.option(fc.boolean(), { nil: null }),
    resource: fc.option(
      fc.record({
        id: fc.option(fc.constantFrom('1', '2'), { nil: null }),
        owner: fc.option(fc.constantFrom(USER, OTHER), { nil: null }),
        state: fc.option(state, { nil: null }),
      }),
      { nil: undefined },
    ),
  }),
  scopes: fc.array(pattern, { maxLength: 3 }),
});

describe('the evaluator', () => {
  it('decides as the plain words do, explains what it decides, and gives away no more than it holds', () => {
    let allowed = 0;
    let refused = 0;
    fc.assert(
      fc.property(world, (one) => {
        const { circumstances: c } = one;
        const reasons = reasonsOf(new RoleBook(one.roles), one.base, one.grants);
        const policy = compile(reasons);
        const scoped = intersect(policy, one.scopes);
        const faults: string[] = [];
        for (const permission of ALL) {
          const expected = plainDecision(one, permission);
          const holds = (what: string, is: boolean): void => {
            if (!is) faults.push(`${permission}, ${expected ? 'allowed' : 'refused'} by the plain words: ${what}`);
          };
          holds('the decision', decide(policy, permission, c) === expected);
          const told = explain(reasons.get(permission) ?? [], c, expected);
          holds('the explanation', (told.reason === 'allowed') === expected);
          if (expected)
            holds(
              'a grant is told',
              told.grants.some(({ applies, effect }) => applies && effect === 'allow'),
            );
          const inScope = one.scopes.some((scope) => matches(scope, permission));
          holds('the decision within scopes', decide(scoped, permission, c) === (expected && inScope));
          // What may be handed on is allowed everywhere, at any time; what may be, reaches the handler.
          if (alwaysHolds(policy, permission)) holds('it always holds', expected);
          if (expected) holds('at the door', decide(policy, permission, { ...c, resource: undefined }, true));
          if (expected) allowed += 1;
          else refused += 1;
        }
        // Once for a world: a hundred thousand comparisons by Jest cost more than what is compared.
        expect(faults).toEqual([]);
      }),
      { numRuns: 500 },
    );
    // The worlds are no trivial ones.
    expect(Math.min(allowed, refused)).toBeGreaterThan(1_000);
  });

  it('is asked conditions that the edge lets in', () => {
    fc.assert(fc.property(condition, (one) => expect(conditionFaults(one)).toEqual([])));
  });

  it('shows the shortest way through the roles', () => {
    const book = new RoleBook([
      { key: 'night', permissions: ['inventory:read'], inherits: ['shift', 'user'] },
      { key: 'shift', permissions: ['orders:*'], inherits: ['staff'] },
    ]);
    expect(book.expand('night').get('orders:write')).toEqual(['night', 'shift']);
    expect(book.expand('night').get('products:write')).toEqual(['night', 'shift', 'staff']);
    expect(book.expand('night').get('organizations:read')).toEqual(['night', 'user']);
    expect(book.expand('night').get('members:write')).toBeUndefined();
    expect(book.expand('__proto__').size).toBe(0);
  });

  it('keeps what holds always apart, where it is a look-up', () => {
    const grant = (facts: Partial<GrantFacts>): GrantFacts => ({
      id: OTHER,
      subject: { type: 'user', id: USER },
      role: null,
      permission: 'orders:write',
      effect: 'allow',
      resource: null,
      condition: null,
      validFromMs: null,
      validToMs: null,
      ...facts,
    });
    const policyWith = (...grants: GrantFacts[]) => compile(reasonsOf(new RoleBook(), 'user', grants));
    expect(policyWith(grant({})).always.has('orders:write')).toBe(true);
    expect(policyWith(grant({}), grant({ condition: { aal: 2 } })).rules.size).toBe(0);
    expect(policyWith(grant({ validToMs: 5 })).rules.get('orders:write')).toHaveLength(1);
    expect(policyWith(grant({}), grant({ effect: 'deny', validToMs: 5 })).rules.get('orders:write')).toHaveLength(2);
    expect(policyWith(grant({}), grant({ effect: 'deny' }))).toEqual({
      always: new Set([
        'fleet:read-own',
        'fleet:write-own',
        'organizations:read',
        'push-tokens:read-own',
        'push-tokens:write-own',
      ]),
      rules: new Map(),
    });
  });
});
