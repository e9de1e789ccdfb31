import fc from 'fast-check';
import { taxIn, worthOf } from './refund';

describe('what goes back for parts of a line', () => {
  it('adds up to what was paid, with its tax, in whatever parts', () => {
    const parts = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(
        parts,
        fc.integer({ min: 0, max: 99_999 }),
        fc.integer({ min: 0, max: 100 }),
        (pieces, gross, rate) => {
          const quantity = pieces.reduce((sum, one) => sum + one, 0);
          const sold = { quantity, gross, tax: Math.floor((gross * rate) / 200) };
          const earlier = { quantity: 0, amount: 0 };
          let taxes = 0;
          for (const count of pieces) {
            const amount = worthOf(sold, earlier, count);
            const tax = taxIn(sold, earlier.amount, amount);
            expect(tax).toBeGreaterThanOrEqual(0);
            expect(tax).toBeLessThanOrEqual(amount);
            expect(Math.abs(amount - (gross * count) / quantity)).toBeLessThanOrEqual(1);
            taxes += tax;
            earlier.quantity += count;
            earlier.amount += amount;
          }
          expect([earlier.amount, taxes]).toEqual([gross, sold.tax]);
        },
      ),
    );
  });

  it('never exceeds what is left after a free amount', () => {
    expect(worthOf({ quantity: 3, gross: 1_000, tax: 160 }, { quantity: 1, amount: 900 }, 1)).toBe(100);
    expect(worthOf({ quantity: 3, gross: 1_000, tax: 160 }, { quantity: 2, amount: 600 }, 1)).toBe(400);
    expect(taxIn({ gross: 1_000, tax: 160 }, 900, 400)).toBe(16);
    expect(taxIn({ gross: 0, tax: 0 }, 0, 0)).toBe(0);
  });
});
