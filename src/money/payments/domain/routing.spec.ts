import { inOrderOf, route, type RoutingRule } from './routing';

const rule = (over: Partial<RoutingRule>): RoutingRule => ({
  name: null,
  methods: null,
  currencies: null,
  countries: null,
  minAmount: null,
  maxAmount: null,
  gateways: [{ gatewayId: 'a', weight: 1 }],
  failover: false,
  ...over,
});
const payment = { method: 'card', amount: { amount: 5_000, currency: 'EUR' }, country: 'NL' as string | null };

it('takes the first rule that fits and has an account that can', () => {
  const to = (gatewayId: string, over: Partial<RoutingRule>) => rule({ gateways: [{ gatewayId, weight: 1 }], ...over });
  const able = ['a', 'b', 'c'];
  const cases: [Partial<RoutingRule>, boolean][] = [
    [{}, true],
    [{ methods: ['card'] }, true],
    [{ methods: ['ideal'] }, false],
    [{ currencies: ['EUR', 'USD'] }, true],
    [{ currencies: ['USD'] }, false],
    [{ countries: ['NL'] }, true],
    [{ countries: ['DE'] }, false],
    [{ minAmount: 5_000 }, true],
    [{ minAmount: 5_001 }, false],
    [{ maxAmount: 5_000 }, true],
    [{ maxAmount: 4_999 }, false],
    [{ gateways: [{ gatewayId: 'gone', weight: 1 }] }, false],
    [{ gateways: [{ gatewayId: 'b', weight: 0 }] }, false],
  ];
  for (const [over, isTaken] of cases) {
    const found = route([to('b', over), to('c', {})], payment, able, 'key');
    expect([over, found?.rule]).toEqual([over, isTaken ? 0 : 1]);
  }
  expect(route([rule({ countries: ['NL'] })], { ...payment, country: null }, able, 'key')?.rule).toBeNull();
  expect(route([rule({ methods: ['ideal'] })], payment, able, 'key')).toEqual({
    rule: null,
    gatewayIds: able,
    failover: false,
  });
  expect(route([rule({})], payment, [], 'key')).toBeNull();
});

it('gives shares by weight, the same to the same key, and moves none that need not move', () => {
  const gateways = [
    { gatewayId: 'a', weight: 70 },
    { gatewayId: 'b', weight: 20 },
    { gatewayId: 'c', weight: 10 },
    { gatewayId: 'spare', weight: 0 },
  ];
  const first = new Map<string, number>();
  const moved = [];
  for (let at = 0; at < 4_000; at++) {
    const order = inOrderOf(`key-${at}`, gateways);
    first.set(order[0], (first.get(order[0]) ?? 0) + 1);
    const others = gateways.filter(({ gatewayId }) => gatewayId !== order[0]);
    const expected = [order.slice(1).join(), order.join(), 'spare'].join();
    const again = inOrderOf(`key-${at}`, gateways);
    if ([inOrderOf(`key-${at}`, others).join(), again.join(), order.at(-1)].join() !== expected) moved.push(at);
  }
  expect(moved).toEqual([]);
  // The keys are fixed, so the counts are: near 2,800, 800 and 400.
  expect([...gateways.map(({ gatewayId }) => Math.round((first.get(gatewayId) ?? 0) / 100))]).toEqual([28, 8, 4, 0]);
});
