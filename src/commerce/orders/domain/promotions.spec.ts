import fc from 'fast-check';
import { discountsOf, type Promotion } from './promotions';

const now = new Date('2026-03-01T12:00:00Z');
const promotion = (more: Partial<Promotion>): Promotion => ({
  id: more.name ?? 'p',
  name: 'p',
  code: null,
  kind: 'percentage',
  basisPoints: null,
  amount: null,
  currency: null,
  buyQuantity: null,
  getQuantity: null,
  minimumAmount: null,
  productIds: [],
  categoryIds: [],
  customerGroupIds: [],
  firstOrder: false,
  combinable: true,
  priority: 0,
  startsAt: null,
  endsAt: null,
  usageLimit: null,
  customerLimit: null,
  used: 0,
  ...more,
});
const line = (unitPrice: number, quantity: number, productId = 'a', categoryId: string | null = null) => ({
  unitPrice,
  quantity,
  productId,
  categoryId,
});
const sale = (lines: ReturnType<typeof line>[], freight = 0) => ({
  currency: 'EUR',
  lines,
  freight,
  groupIds: ['vip'],
  now,
});
const percent = (basisPoints: number, more: Partial<Promotion> = {}) => promotion({ basisPoints, ...more });
const off = (amount: number, more: Partial<Promotion> = {}) =>
  promotion({ kind: 'amount', amount, currency: 'EUR', ...more });
const free = (buyQuantity: number, getQuantity: number, more: Partial<Promotion> = {}) =>
  promotion({ kind: 'buy_x_get_y', buyQuantity, getQuantity, ...more });

describe('promotions', () => {
  const table: [string, Promotion[], ReturnType<typeof line>[], number[]][] = [
    ['a share, rounded once and spread', [percent(1000)], [line(999, 1), line(5, 1)], [100, 0]],
    ['an amount, spread over its lines', [off(1000)], [line(1000, 1), line(2000, 1)], [333, 667]],
    ['never more than there is', [off(9999)], [line(1000, 1), line(2000, 1)], [1000, 2000]],
    ['on a product', [percent(5000, { productIds: ['b'] })], [line(100, 1), line(100, 1, 'b')], [0, 50]],
    ['on a category', [percent(5000, { categoryIds: ['c'] })], [line(100, 1, 'a', 'c'), line(100, 1, 'b')], [50, 0]],
    ['the cheapest of three', [free(2, 1)], [line(900, 2), line(500, 1)], [0, 500]],
    ['two of seven', [free(2, 1)], [line(100, 7)], [200]],
    ['every third at half its price', [free(2, 1, { basisPoints: 5000 })], [line(333, 3)], [167]],
    ['in turn by priority', [percent(5000, { name: 'z' }), off(200, { priority: -1 })], [line(1000, 1)], [600]],
    [
      'alone where that saves more',
      [percent(1000), percent(3000, { name: 'x', combinable: false })],
      [line(100, 1)],
      [30],
    ],
    [
      'together where that saves more',
      [percent(3000), percent(2000, { name: 'x', combinable: false })],
      [line(100, 1)],
      [30],
    ],
  ];
  it.each(table)('take %s', (_name, promotions, lines, expected) => {
    expect(discountsOf(promotions, sale(lines)).lines).toEqual(expected);
  });

  it('count free shipping by what shipping would cost', () => {
    const shipping = promotion({ kind: 'free_shipping', combinable: false, name: 's' });
    const choose = (freight: number) => discountsOf([percent(1000), shipping], sale([line(1000, 1)], freight));
    expect(choose(99)).toMatchObject({ freeShipping: false, lines: [100], refused: [{ reason: 'not-combinable' }] });
    expect(choose(101)).toMatchObject({ freeShipping: true, lines: [0] });
  });

  it('never take more than a line has, and say what each took, for any promotions and lines', () => {
    const anyPromotion = fc
      .record({
        kind: fc.constantFrom('percentage' as const, 'amount' as const, 'buy_x_get_y' as const),
        basisPoints: fc.integer({ min: 1, max: 10_000 }),
        amount: fc.integer({ min: 1, max: 100_000 }),
        buyQuantity: fc.integer({ min: 1, max: 4 }),
        getQuantity: fc.integer({ min: 1, max: 3 }),
        productIds: fc.subarray(['a', 'b']),
        combinable: fc.boolean(),
        priority: fc.integer({ min: -2, max: 2 }),
        id: fc.uuid(),
      })
      .map((each) => promotion({ ...each, currency: 'EUR' }));
    const anyLine = fc
      .tuple(fc.nat(100_000), fc.integer({ min: 1, max: 50 }), fc.constantFrom('a', 'b', 'c'))
      .map(([price, quantity, product]) => line(price, quantity, product));
    fc.assert(
      fc.property(
        fc.array(anyPromotion, { maxLength: 5 }),
        fc.array(anyLine, { minLength: 1, maxLength: 8 }),
        (promotions, lines) => {
          const found = discountsOf(promotions, sale(lines));
          found.lines.forEach((each, index) => {
            expect(each).toBeGreaterThanOrEqual(0);
            expect(each).toBeLessThanOrEqual(lines[index].unitPrice * lines[index].quantity);
          });
          const total = found.lines.reduce((a, b) => a + b, 0);
          expect(found.applied.reduce((all, { amount }) => all + amount, 0)).toBe(total);
          expect(found.applied.length + found.refused.length).toBe(promotions.length);
          // No single promotion would have saved more.
          for (const each of promotions)
            if (!each.combinable)
              expect(discountsOf([each], sale(lines)).lines.reduce((a, b) => a + b, 0)).toBeLessThanOrEqual(total);
        },
      ),
    );
  });

  it('may be for groups of customers alone', () => {
    const off = (ids: string[]) => discountsOf([percent(1000, { customerGroupIds: ids })], sale([line(1000, 1)]));
    expect(off(['vip', 'staff']).lines).toEqual([100]);
    expect(off(['staff'])).toMatchObject({ lines: [0], refused: [{ reason: 'customer-group' }] });
  });
});
