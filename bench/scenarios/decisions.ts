import type { Condition } from '../../src/kernel/auth/condition';
import { decide, type Policy } from '../../src/kernel/auth/policy';
import { circumstancesOf, GUEST, hasPermission, type Principal } from '../../src/kernel/auth/principal';
import { enterContext } from '../../src/kernel/context/request-context';
import { newId } from '../../src/kernel/ids/ids';
import { compile, reasonsOf, RoleBook, type GrantFacts } from '../../src/access/identity/domain/authorization';
import type { Measure } from '../report';

const BATCH = 1_000;
const BATCHES = 200;
const AIM_MICROSECONDS = 20;

/** A tree that is asked to its end: office hours, an address, a level of assurance. */
const CONDITION: Condition = {
  all: [
    { any: [{ country: ['ES'] }, { ip: ['192.0.2.0/24', '10.0.0.0/8', '2001:db8::/32'] }] },
    {
      time: {
        zone: 'Europe/Lisbon',
        from: '00:00',
        to: '23:59',
        days: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'],
      },
    },
    { not: { aal: 3 } },
    { auth_age: 31_536_000 },
  ],
};

const principalWith = (policy: Policy): Principal => ({
  ...GUEST,
  kind: 'user',
  userId: newId(),
  tenantId: newId(),
  aal: 2,
  authTime: new Date(),
  country: 'PT',
  policy,
});

const grants = (count: number): GrantFacts[] =>
  Array.from({ length: count }, (_, n) => ({
    id: newId(),
    subject: { type: 'user', id: newId() },
    role: null,
    permission: 'orders:write',
    // All but the last deny elsewhere, so that every one of them is asked.
    effect: n === count - 1 ? 'allow' : 'deny',
    resource: null,
    condition: n === count - 1 ? CONDITION : { all: [CONDITION, { country: ['ES'] }] },
    validFromMs: 0,
    validToMs: null,
  }));

/** Microseconds of one decision: median and slowest hundredth of batches of a thousand. */
function measure(scenario: string, ask: () => boolean, note: string): Measure {
  const times: number[] = [];
  for (let batch = 0; batch < BATCHES; batch++) {
    const started = process.hrtime.bigint();
    for (let n = 0; n < BATCH; n++) if (!ask()) throw new Error(`${scenario}: this should have been allowed.`);
    if (batch >= 20) times.push(Number(process.hrtime.bigint() - started) / 1_000 / BATCH);
  }
  times.sort((a, b) => a - b);
  const [median, slow] = [times[Math.floor(times.length / 2)], times[Math.floor(times.length * 0.99)]];
  return {
    scenario,
    unit: 'µs',
    value: median,
    aim: `≤ ${AIM_MICROSECONDS}`,
    met: median <= AIM_MICROSECONDS,
    note: `${note}; slowest hundredth ${slow.toFixed(2)}`,
  };
}

/** What one permission decision costs, warm, in this process. */
export function decisions(): Measure[] {
  const book = new RoleBook();
  const policy = (count: number): Policy => compile(reasonsOf(book, 'user', grants(count)));
  const plain = principalWith(book.policyOf('staff'));
  const some = principalWith(policy(1));
  const many = principalWith(policy(10));
  const context = { requestId: newId(), tenantId: null, principal: GUEST, ip: '10.1.2.3' };
  return enterContext(context, () => [
    measure('decision: role', () => hasPermission(plain, 'orders:write'), 'a look-up in a set'),
    measure('decision: conditional grant', () => hasPermission(some, 'orders:write'), 'time zone, address, level, age'),
    measure(
      'decision: 10 conditional grants',
      () => hasPermission(many, 'orders:write'),
      'nine denials that do not apply',
    ),
    measure(
      'decision: circumstances known',
      () => decide(some.policy, 'orders:write', { ...circumstancesOf(some), country: 'ES' }),
      'the evaluator alone',
    ),
  ]);
}
