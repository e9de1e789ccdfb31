import { conditionFaults, judge, type Condition } from './condition';
import { decide, type Rule } from './decision';
import { candidatesOf, networksOf, normalEntry } from './list-entry';
import { addressKeyOf, canonicalEmail } from './payment-try';
import { labelOf, velocityOf } from './signals';

const rule = (over: Partial<Rule>): Rule => ({
  id: 'r',
  version: 1,
  name: 'Rule',
  mode: 'live',
  condition: { signal: 'amount', op: 'gt', value: 0 },
  weight: 0,
  decision: null,
  ...over,
});
const NEVER = { challengeAt: null, reviewAt: null, blockAt: null };

describe('what a judgement comes to', () => {
  const verdict = (
    rules: Rule[],
    lists: ('allow' | 'block')[] = [],
    thresholds = NEVER as Parameters<typeof decide>[3],
  ) =>
    decide(
      { amount: 5 },
      rules,
      lists.map((list) => ({ list, kind: 'email', value: 'a@b.example' })),
      thresholds,
    ).decision;

  it.each([
    [[], [], 'allow'],
    [[rule({ decision: 'review' })], [], 'review'],
    [[rule({ decision: 'review' }), rule({ decision: 'challenge' })], [], 'review'],
    [[rule({ decision: 'review' }), rule({ decision: 'allow' })], [], 'allow'],
    [[rule({ decision: 'block' }), rule({ decision: 'allow' })], [], 'block'],
    [[rule({ decision: 'block' })], ['allow'], 'allow'],
    [[rule({ decision: 'allow' })], ['block', 'allow'], 'block'],
    [[rule({ decision: 'block', mode: 'shadow' })], [], 'allow'],
    [[rule({ decision: 'block', condition: { signal: 'amount', op: 'gt', value: 5 } })], [], 'allow'],
  ] as [Rule[], ('allow' | 'block')[], string][])('case %#', (rules, lists, expected) =>
    expect(verdict(rules, lists)).toBe(expected),
  );

  it('takes the strictest of score and demands', () => {
    const at = { challengeAt: 10, reviewAt: 50, blockAt: 90 };
    const scores = [0, 10, 49, 50, 90].map((weight) => verdict([rule({ weight })], [], at));
    expect(scores).toEqual(['allow', 'challenge', 'challenge', 'review', 'block']);
    expect(verdict([rule({ weight: 10 }), rule({ decision: 'review' })], [], at)).toBe('review');
    expect(verdict([rule({ weight: 60 }), rule({ weight: -20 })], [], at)).toBe('challenge');
  });
});

describe('conditions', () => {
  const holds = (condition: Condition, signals = { amount: 5, 'shipping.country': 'PT', 'ip.proxy': false }) =>
    judge(condition, signals).holds;

  it('hold by their comparisons, and never by what nobody knows', () => {
    expect(holds({ signal: 'shipping.country', op: 'in', value: ['pt', 'ES'] })).toBe(true);
    expect(holds({ signal: 'card.country', op: 'ne', value: 'PT' })).toBe(false);
    expect(holds({ signal: 'card.country', op: 'known', value: false })).toBe(true);
    expect(holds({ not: { signal: 'ip.proxy', op: 'eq', value: true } })).toBe(true);
    expect(
      holds({
        all: [
          { signal: 'amount', op: 'gte', value: 5 },
          { signal: 'amount', op: 'lt', value: 5 },
        ],
      }),
    ).toBe(false);
    expect(
      holds({
        any: [
          { signal: 'amount', op: 'gte', value: 5 },
          { signal: 'amount', op: 'lt', value: 5 },
        ],
      }),
    ).toBe(true);
  });

  it('say in words why', () => {
    const { because } = judge({ signal: 'tries.email.1h', op: 'gt', value: 5 }, { 'tries.email.1h': 6 });
    expect(because).toEqual(['Tries to pay with the same email address in 1 hour: 6 (is more than 5)']);
    expect(labelOf('amount.card.30m')).toBe(
      'Minor units tried to pay in this currency with the same card in 30 minutes',
    );
  });

  it('are refused where they are no conditions', () => {
    let deep: object = { signal: 'amount', op: 'eq', value: 1 };
    for (let i = 0; i < 5; i++) deep = { all: [deep] };
    const many = { any: Array.from({ length: 51 }, () => ({ signal: 'amount', op: 'eq', value: 1 })) };
    for (const bad of [
      null,
      3,
      [],
      {},
      deep,
      many,
      { all: {} },
      { signal: 'amount', op: 'eq', value: '5' },
      { not: 1 },
    ])
      expect(conditionFaults(bad)).not.toEqual([]);
    expect(velocityOf('tries.email.90d')).toMatchObject({ seconds: 7_776_000 });
    for (const name of ['tries.email.91d', 'tries.email.0h', 'cards.card.1h', 'tries.nobody.1h'])
      expect(velocityOf(name)).toBeNull();
  });
});

describe('lists', () => {
  it.each([
    ['email', ' A@B.example ', 'a@b.example'],
    ['domain', '@Mail.Example.', 'mail.example'],
    ['ip', '192.0.2.77/24', '192.0.2.0/24'],
    ['ip', '192.0.2.77', '192.0.2.77/32'],
    ['ip', '::ffff:192.0.2.77', '192.0.2.77/32'],
    ['ip', '2001:DB8::1/33', '2001:db8:0:0:0:0:0:0/33'],
    ['ip', '2001:db8:ffff::/33', '2001:db8:8000:0:0:0:0:0/33'],
    ['ip', '0.0.0.0/0', '0.0.0.0/0'],
    ['ip', '192.0.2.256', null],
    ['ip', '192.0.2.0/33', null],
    ['ip', 'fe80::1%eth0', null],
    ['country', 'pt', 'PT'],
    ['card', '4242 4242', null],
  ] as const)('%s %s is kept as %s', (kind, value, kept) => expect(normalEntry(kind, value)).toBe(kept));

  it('find an address by every network that it lies in', () => {
    expect(networksOf('192.0.2.77')).toHaveLength(33);
    expect(networksOf('192.0.2.77')).toEqual(expect.arrayContaining(['192.0.2.0/24', '192.0.2.64/26', '0.0.0.0/0']));
    expect(networksOf('2001:db8::1')).toHaveLength(129);
    const about = {
      email: 'a@x.y.example',
      ip: null,
      card: 'c',
      account: null,
      device: null,
      countries: ['PT', null, 'PT'],
    };
    expect(candidatesOf(about)).toEqual([
      'email:a@x.y.example',
      'domain:x.y.example',
      'domain:y.example',
      'card:c',
      'country:PT',
    ]);
  });
});

describe('one shopper has one key', () => {
  it('for spellings of an address', () => {
    expect(canonicalEmail(' Sam.Shopper+x@GoogleMail.com')).toBe('samshopper@gmail.com');
    expect(canonicalEmail('Sam.Shopper+x@example.com')).toBe('sam.shopper@example.com');
    expect(canonicalEmail('nobody')).toBeNull();
    const home = { line1: 'Rua Ó, 7', postalCode: '4000-001', country: 'PT' };
    expect(addressKeyOf({ ...home, line1: 'rua o 7', postalCode: '4000 001', country: 'pt' })).toBe(addressKeyOf(home));
    expect(addressKeyOf({ ...home, line1: '' })).toBeNull();
  });
});
