import fc from 'fast-check';
import { availableOf, planHold, sumDemand, type Lot, type StockedLevel } from './stock.policy';

const lot = (id: string, onHand: number, more: Partial<Lot> = {}): Lot => ({
  id,
  number: null,
  receivedAt: new Date('2026-01-01T00:00:00Z'),
  removeAt: null,
  onHand,
  reserved: 0,
  unavailable: 0,
  ...more,
});

const level = (id: string, sku: string, onHand: number, more: Partial<StockedLevel> = {}): StockedLevel => ({
  id,
  sku,
  locationId: id,
  locationName: id,
  isDefault: false,
  onHand,
  reserved: 0,
  unavailable: 0,
  incoming: 0,
  reorderLevel: 0,
  backordered: 0,
  expected: 0,
  version: 1,
  lots: [lot(id, onHand, { reserved: more.reserved ?? 0, unavailable: more.unavailable ?? 0 })],
  ...more,
});

describe('planning a hold', () => {
  it('adds demand up per SKU before it looks', () => {
    const demand = sumDemand([
      { sku: 'A', quantity: 2 },
      { sku: 'B', quantity: 1 },
      { sku: 'A', quantity: 2 },
    ]);
    expect([...demand]).toEqual([
      ['A', 4],
      ['B', 1],
    ]);
    expect(planHold([level('1', 'A', 3), level('2', 'B', 1)], demand).short).toEqual([
      { sku: 'A', requested: 4, available: 3 },
    ]);
  });

  it('takes from the default location first and answers in lock order', () => {
    const levels = [level('1', 'A', 5), level('2', 'A', 3, { isDefault: true })];
    expect(planHold(levels, new Map([['A', 4]])).allocations).toEqual([
      { levelId: '1', sku: 'A', quantity: 1, backordered: 0, lots: [{ lotId: '1', quantity: 1 }] },
      { levelId: '2', sku: 'A', quantity: 3, backordered: 0, lots: [{ lotId: '2', quantity: 3 }] },
    ]);
  });

  it('counts what is reserved and unavailable, and promises beyond the stock up to the limit alone', () => {
    const busy = level('1', 'A', 10, { reserved: 4, unavailable: 1 });
    const terms = (most: number | null) => new Map([['A', { mode: 'backorder' as const, most, promisedAt: null }]]);
    expect(availableOf(busy)).toBe(5);
    expect(planHold([busy], new Map([['A', 6]])).short).toHaveLength(1);
    for (const most of [1, null])
      expect(planHold([busy], new Map([['A', 6]]), terms(most))).toEqual({
        allocations: [{ levelId: '1', sku: 'A', quantity: 6, backordered: 1, lots: [{ lotId: '1', quantity: 5 }] }],
        short: [],
      });
    expect(planHold([{ ...busy, backordered: 3 }], new Map([['A', 6]]), terms(3)).short).toEqual([
      { sku: 'A', requested: 6, available: 2 },
    ]);
  });

  it('leaves to those who wait what came for them, wherever it lies', () => {
    const levels = [level('1', 'A', 0, { isDefault: true, backordered: 2, reserved: 2, lots: [] }), level('2', 'A', 3)];
    expect(planHold(levels, new Map([['A', 1]])).allocations).toMatchObject([{ levelId: '2', quantity: 1 }]);
    expect(planHold(levels, new Map([['A', 2]])).short).toEqual([{ sku: 'A', requested: 2, available: 1 }]);
  });

  it('gives what expires first, then what came first, and splits over lots', () => {
    const day = (n: number): Date => new Date(Date.UTC(2026, 5, n));
    const lots = [
      lot('keeps', 5),
      lot('later', 5, { removeAt: day(20) }),
      lot('soon-new', 1, { removeAt: day(10), receivedAt: day(2) }),
      lot('soon-old', 2, { removeAt: day(10), receivedAt: day(1) }),
      lot('taken', 4, { removeAt: day(1), reserved: 3, unavailable: 1 }),
    ];
    const [given] = planHold([level('1', 'A', 17, { lots })], new Map([['A', 9]])).allocations;
    expect(given.lots).toEqual([
      { lotId: 'soon-old', quantity: 2 },
      { lotId: 'soon-new', quantity: 1 },
      { lotId: 'later', quantity: 5 },
      { lotId: 'keeps', quantity: 1 },
    ]);
  });

  it('takes what lies anywhere before it promises what lies nowhere', () => {
    const levels = [level('1', 'A', 2, { isDefault: true }), level('2', 'A', 3)];
    const terms = new Map([['A', { mode: 'backorder' as const, most: 9, promisedAt: null }]]);
    const plan = planHold(levels, new Map([['A', 6]]), terms);
    expect(plan.allocations.map((each) => [each.quantity, each.backordered])).toEqual([
      [3, 1],
      [3, 0],
    ]);
  });

  it('allocates exactly the demand or says what is short, never more than a level has', () => {
    const levels = fc.uniqueArray(fc.record({ id: fc.uuid(), sku: fc.constantFrom('A', 'B'), onHand: fc.nat(20) }), {
      selector: (each) => each.id,
      maxLength: 6,
    });
    const lines = fc.array(fc.record({ sku: fc.constantFrom('A', 'B'), quantity: fc.integer({ min: 1, max: 15 }) }), {
      minLength: 1,
      maxLength: 5,
    });
    fc.assert(
      fc.property(levels, lines, (found, wanted) => {
        const demand = sumDemand(wanted);
        const plan = planHold(
          found.map(({ id, sku, onHand }) => level(id, sku, onHand)),
          demand,
        );
        for (const { levelId, quantity } of plan.allocations)
          expect(quantity).toBeLessThanOrEqual(found.find((each) => each.id === levelId)!.onHand);
        for (const [sku, requested] of demand) {
          const given = plan.allocations
            .filter((each) => each.sku === sku)
            .reduce((sum, each) => sum + each.quantity, 0);
          const short = plan.short.find((each) => each.sku === sku);
          expect(given).toBe(short ? short.available : requested);
        }
        const ids = plan.allocations.map((each) => each.levelId);
        expect(ids).toEqual([...ids].sort());
      }),
    );
  });
});
