import fc from 'fast-check';
import { giveBack, learn, linesBetween, newSale, positionOf, raise, share, type Sale, type SaleFacts } from './sale';
import type { Line } from './journal-draft';

const eur = (amount: number) => ({ amount, currency: 'EUR' });

/** Two lines, 10.00 off the first, 19 % tax on top of 90.00, 9.99 and 5.00 of shipping. */
const facts = (): SaleFacts => ({
  orderId: '01900000-0000-7000-8000-000000000001',
  number: '1000001',
  channel: 'web',
  customerId: 'c',
  shipping: eur(500),
  tax: eur(1_710 + 190 + 95),
  taxIncluded: false,
  total: eur(9_000 + 999 + 500 + 1_995),
  lines: [
    { lineId: 'a', sku: 'TEA', name: 'Tea', quantity: 5, discount: eur(1_000), tax: eur(1_710), total: eur(9_000) },
    { lineId: 'b', sku: 'JAM', name: 'Jam', quantity: 3, discount: eur(0), tax: eur(190), total: eur(999) },
  ],
});
const TOTAL = 12_494;

const sale = (change: (sale: Sale) => void = () => undefined, known = true): Sale => {
  const made = newSale('EUR');
  if (known) learn(made, facts());
  change(made);
  return made;
};

const by = (lines: readonly Line[]): Record<string, number> => {
  const sums: Record<string, number> = {};
  for (const { account, amount } of lines) raise(sums, account, amount.amount);
  return sums;
};
const paid = (of: Sale): void => {
  of.paid = true;
  raise(of.captured, 'p', TOTAL);
};

describe('the books of an order', () => {
  const table: [string, (of: Sale) => void, Record<string, number>][] = [
    ['captured, and nothing else known', (of) => raise(of.captured, 'p', TOTAL), { 2100: -TOTAL }],
    ['paid: tax is due', paid, { 2100: -10_499, 2200: -1_995 }],
    [
      'shipped in part: revenue of what left, and all shipping',
      (of) => {
        paid(of);
        of.shipped = { a: 2 };
      },
      // 40 % of line a: 36.00 net after 4.00 discount.
      { 2100: -(10_499 - 3_600 - 500), 2200: -1_995, 4000: -4_000, 4010: -500, 4090: 400 },
    ],
    [
      'all goods given up and given back, the freight kept: it is revenue, with its tax',
      (of) => {
        paid(of);
        of.given = { a: 5, b: 3 };
        of.fulfilled = true;
        of.refunded = { p: TOTAL - 595 };
      },
      { 2200: -95, 4010: -500 },
    ],
    [
      'the same, and the freight given back too',
      (of) => {
        paid(of);
        of.given = { a: 5, b: 3 };
        of.fulfilled = true;
        of.refunded = { p: TOTAL };
        of.refundedShipping = 595;
      },
      { 4010: -500, 4095: 500 },
    ],
    [
      'shipped in full',
      (of) => {
        paid(of);
        of.fulfilled = true;
      },
      { 2200: -1_995, 4000: -10_999, 4010: -500, 4090: 1_000 },
    ],
    [
      'shipped before it was paid: a receivable',
      (of) => {
        of.shipped = { a: 5, b: 3 };
      },
      { 1200: TOTAL, 2200: -1_995, 4000: -10_999, 4010: -500, 4090: 1_000 },
    ],
    [
      'shipped and given back in full',
      (of) => {
        paid(of);
        of.fulfilled = true;
        raise(of.refunded, 'p', TOTAL);
      },
      { 4000: -10_999, 4010: -500, 4090: 1_000, 4095: 10_499 },
    ],
    [
      'cancelled before it left, money still here',
      (of) => {
        paid(of);
        of.cancelled = true;
      },
      { 2100: -TOTAL },
    ],
    [
      'cancelled and given back',
      (of) => {
        paid(of);
        of.cancelled = true;
        raise(of.refunded, 'p', TOTAL);
      },
      {},
    ],
    [
      'one line given up and given back, the rest shipped',
      (of) => {
        paid(of);
        of.given = { b: 3 };
        raise(of.refunded, 'p', 999 + 190);
        of.shipped = { a: 5 };
      },
      { 2200: -1_805, 4000: -10_000, 4010: -500, 4090: 1_000 },
    ],
    [
      'a line without tax of its own given back by name: the tax of that line alone',
      (of) => {
        paid(of);
        of.fulfilled = true;
        giveBack(of, { attemptId: 'p', amount: eur(1_189), lines: [{ lineId: 'b', amount: eur(1_189) }] });
      },
      { 2200: -1_805, 4000: -10_999, 4010: -500, 4090: 1_000, 4095: 999 },
    ],
    [
      'a line given up, named in the refund: no tax goes back twice',
      (of) => {
        paid(of);
        of.given = { b: 3 };
        of.shipped = { a: 5 };
        giveBack(of, { attemptId: 'p', amount: eur(1_189), lines: [{ lineId: 'b', amount: eur(1_189) }] });
      },
      { 2200: -1_805, 4000: -10_000, 4010: -500, 4090: 1_000 },
    ],
    [
      'lines and freight given back by name are everything',
      (of) => {
        paid(of);
        of.fulfilled = true;
        const lines = [
          { lineId: 'a', amount: eur(10_710) },
          { lineId: 'b', amount: eur(1_189) },
        ];
        giveBack(of, { attemptId: 'p', amount: eur(TOTAL), lines, shipping: { amount: eur(595) } });
      },
      { 4000: -10_999, 4010: -500, 4090: 1_000, 4095: 10_499 },
    ],
    [
      'charged twice, the second given back',
      (of) => {
        paid(of);
        raise(of.unused, 'q', TOTAL);
        raise(of.refunded, 'q', TOTAL);
      },
      { 2100: -10_499, 2200: -1_995 },
    ],
  ];

  it.each(table)('%s', (_what, change, expected) => {
    expect(by(positionOf(sale(change)))).toEqual(expected);
  });

  it('are the same where prices hold their tax', () => {
    const gross: SaleFacts = {
      ...facts(),
      taxIncluded: true,
      shipping: eur(595),
      tax: eur(1_995),
      lines: [
        {
          lineId: 'a',
          sku: 'TEA',
          name: 'Tea',
          quantity: 5,
          discount: eur(1_190),
          tax: eur(1_710),
          total: eur(10_710),
        },
        { lineId: 'b', sku: 'JAM', name: 'Jam', quantity: 3, discount: eur(0), tax: eur(190), total: eur(1_189) },
      ],
    };
    const made = newSale('EUR');
    learn(made, gross);
    paid(made);
    made.fulfilled = true;
    expect(by(positionOf(made))).toEqual({ 2200: -1_995, 4000: -10_999, 4010: -500, 4090: 1_000 });
  });

  it.each([
    ['PT', { channel: 'web', country: 'PT' }],
    ['Portugal', { channel: 'web' }],
    [null, { channel: 'web' }],
  ])('say where an order went, where that is a country of ISO 3166 (%s)', (country, place) => {
    const made = newSale('EUR');
    learn(made, { ...facts(), country });
    paid(made);
    made.fulfilled = true;
    for (const { account, dimensions } of positionOf(made))
      if (account !== '2100') expect(dimensions).toMatchObject(place);
    const tax = positionOf(made).find(({ account }) => account === '2200');
    expect(tax?.dimensions).toEqual(place);
  });

  it('are those of an order of an earlier release, which tells its total alone', () => {
    const made = newSale('EUR');
    const { orderId, number, channel, customerId } = facts();
    const lines = [{ sku: 'TEA', name: 'Tea', quantity: 5, total: eur(9_000) }];
    learn(made, { orderId, number, channel, customerId, total: eur(9_500), lines });
    raise(made.captured, 'p', 9_500);
    made.paid = made.fulfilled = true;
    expect(by(positionOf(made))).toEqual({ 4000: -9_000, 4010: -500 });
  });

  const event: fc.Arbitrary<(of: Sale) => void> = fc.oneof(
    fc.constant((of: Sale) => raise(of.captured, 'p', TOTAL)),
    fc.constant((of: Sale) => raise(of.unused, 'q', TOTAL)),
    fc.constant((of: Sale) => raise(of.refunded, 'q', TOTAL)),
    fc.integer({ min: 1, max: TOTAL }).map((amount) => (of: Sale) => raise(of.refunded, 'p', amount)),
    fc.tuple(fc.constantFrom('a', 'b'), fc.integer({ min: 1, max: 4_000 })).map(
      ([lineId, amount]) =>
        (of: Sale) =>
          giveBack(of, { attemptId: 'p', amount: eur(amount), lines: [{ lineId, amount: eur(amount) }] }),
    ),
    fc.constantFrom('a', 'b').map((line) => (of: Sale) => raise(of.shipped, line, 1)),
    fc.constantFrom('a', 'b').map((line) => (of: Sale) => raise(of.given, line, 1)),
    fc.constantFrom('paid' as const, 'cancelled' as const, 'fulfilled' as const).map((flag) => (of: Sale) => {
      learn(of, facts());
      of[flag] = true;
    }),
  );

  it('end the same in whatever order events come, and each step balances', () => {
    fc.assert(
      fc.property(
        fc
          .array(event, { maxLength: 12 })
          .chain((events) => fc.tuple(fc.constant(events), fc.shuffledSubarray(events, { minLength: events.length }))),
        ([events, shuffled]) => {
          const run = (order: readonly ((of: Sale) => void)[]): Record<string, number> => {
            const of = newSale('EUR');
            const posted: Line[] = [];
            for (const change of order) {
              const cash = () =>
                [of.captured, of.unused].flatMap(Object.values).reduce((a, b) => a + b, 0) -
                Object.values(of.refunded).reduce((a, b) => a + b, 0);
              const [before, had] = [positionOf(of), cash()];
              change(of);
              const lines = linesBetween(before, positionOf(of));
              expect(lines.reduce((sum, { amount }) => sum + amount.amount, 0) + cash() - had).toBe(0);
              posted.push(...lines);
            }
            expect(linesBetween(positionOf(of), posted)).toEqual([]);
            return by(positionOf(of));
          };
          expect(run(shuffled)).toEqual(run(events));
        },
      ),
      { numRuns: 100 },
    );
  });

  it('parts counted from the start add up to the whole', () => {
    fc.assert(
      fc.property(fc.nat(1e9), fc.integer({ min: 1, max: 50 }), fc.nat(49), (amount, pieces, count) => {
        fc.pre(count <= pieces);
        expect(share(amount, pieces, pieces)).toBe(amount);
        expect(share(amount, pieces, count)).toBeLessThanOrEqual(amount);
      }),
    );
  });
});
