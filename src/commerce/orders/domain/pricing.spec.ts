import fc from 'fast-check';
import { currencyDigits } from '../../../kernel/money/money';
import { demandAgreed, keptQuoteOf, quoteOf, quoteWhole, type Sellable } from './cart-quote';
import { NO_SETTINGS, taxTermsOf, type CheckoutSettings } from './checkout-settings';
import { calculate, type PricedLine } from './price-calculation';
import type { TaxRate, TaxTerms } from './tax';

const rate = (basisPoints: number, name = `Tax ${basisPoints}`): TaxRate => ({ name, basisPoints });
const terms = (rates: Record<string, TaxRate[]>, included = false, rounding: 'net' | 'tax' = 'net'): TaxTerms => ({
  included,
  rounding,
  ratesOf: (category) => rates[category] ?? [],
});
const line = (unitPrice: number, quantity: number, discount = 0, taxCategory = 'S'): PricedLine => ({
  unitPrice,
  quantity,
  discount,
  taxCategory,
});
const refused = (code: string) => expect.objectContaining({ code });

describe('tax', () => {
  const amounts = ({ taxes }: { taxes: { amount: number }[] }) => taxes.map(({ amount }) => amount);

  it('is that of the published examples', () => {
    // Peppol BIS Billing 3, base example: 7 × 400 − 3 × 500 and a charge of 25, 25 % VAT.
    expect(
      calculate('NOK', [line(40_000, 7, 150_000)], { amount: 2_500, taxCategory: 'S' }, terms({ S: [rate(2500)] })),
    ).toMatchObject({ taxes: [{ base: 132_500, amount: 33_125 }], total: 165_625 });
    // Its allowance example: 4000 (S), 1000 (E), 900 (S), charge 200, allowance 200.
    const allowance = calculate(
      'EUR',
      [line(400_000, 1, 20_000), line(100_000, 1, 0, 'E'), line(90_000, 1)],
      { amount: 20_000, taxCategory: 'S' },
      terms({ S: [rate(2500)], E: [rate(0, 'Exempt')] }),
    );
    expect(allowance.taxes.map(({ base, amount }) => [base, amount])).toEqual([
      [490_000, 122_500],
      [100_000, 0],
    ]);
    expect(allowance.total).toBe(712_500);
    // Lago, apply_taxes: 10.00 at 10 %, 20.00 at 10 % and 12 %; with a coupon of 10.00 spread over both.
    const both = terms({ A: [rate(1000)], B: [rate(1000), rate(1200)] });
    expect(amounts(calculate('EUR', [line(1000, 1, 0, 'A'), line(2000, 1, 0, 'B')], null, both))).toEqual([240, 300]);
    expect(amounts(calculate('EUR', [line(1000, 1, 333, 'A'), line(2000, 1, 667, 'B')], null, both))).toEqual([
      160, 200,
    ]);
    // Zuora: 2.99 with 4 % in it.
    const zuora = (rounding: 'net' | 'tax') =>
      calculate('EUR', [line(299, 1)], null, terms({ S: [rate(400)] }, true, rounding)).taxes[0];
    expect(zuora('net')).toMatchObject({ base: 288, amount: 11 });
    expect(zuora('tax')).toMatchObject({ base: 287, amount: 12 });
  });

  it('counts minor units of any currency', () => {
    for (const [currency, price, tax] of [
      ['JPY', 105, 11],
      ['EUR', 10_50, 1_05],
      ['KWD', 10_505, 1_051],
    ] as const)
      expect({
        digits: currencyDigits(currency),
        ...calculate(currency, [line(price, 1)], null, terms({ S: [rate(1000)] })),
      }).toMatchObject({ digits: { JPY: 0, EUR: 2, KWD: 3 }[currency], taxTotal: tax, total: price + tax });
  });
});

describe('a price', () => {
  const anyLine = fc
    .record({
      unitPrice: fc.nat(5_000_000),
      quantity: fc.integer({ min: 1, max: 500 }),
      share: fc.nat(10_000),
      taxCategory: fc.constantFrom('A', 'B', 'C'),
    })
    .map(({ share, ...each }) => ({
      ...each,
      discount: Math.floor((each.unitPrice * each.quantity * share) / 10_000),
    }));
  const anyTerms = fc
    .record({
      A: fc.array(fc.nat(3_000), { maxLength: 3 }),
      B: fc.array(fc.nat(3_000), { maxLength: 2 }),
      included: fc.boolean(),
      rounding: fc.constantFrom('net' as const, 'tax' as const),
    })
    .map(({ A, B, included, rounding }) =>
      terms({ A: A.map((each) => rate(each)), B: B.map((each) => rate(each)) }, included, rounding),
    );
  const anyFreight = fc.option(fc.record({ amount: fc.nat(100_000), taxCategory: fc.constantFrom('A', 'B', 'C') }));
  const anyCurrency = fc.constantFrom('JPY', 'EUR', 'KWD');
  const anyLines = fc.array(anyLine, { minLength: 1, maxLength: 12 });
  const sum = (numbers: number[]): number => numbers.reduce((a, b) => a + b, 0);

  it('is the sum of its parts, to the minor unit', () => {
    fc.assert(
      fc.property(anyCurrency, anyLines, anyFreight, anyTerms, (currency, lines, freight, tax) => {
        const price = calculate(currency, lines, freight, tax);
        expect(price.subtotal).toBe(sum(lines.map(({ unitPrice, quantity }) => unitPrice * quantity)));
        expect(price.discountTotal).toBe(sum(lines.map(({ discount }) => discount)));
        expect(price.total).toBe(
          price.subtotal - price.discountTotal + price.shippingTotal + (price.taxIncluded ? 0 : price.taxTotal),
        );
        expect(sum(price.lines.map(({ total }) => total))).toBe(price.subtotal - price.discountTotal);
        expect(sum(price.lines.map((each) => each.tax)) + price.shippingTax).toBe(price.taxTotal);
        expect(sum(price.taxes.map(({ amount }) => amount))).toBe(price.taxTotal);
        for (const each of price.lines) expect(each.tax).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  it('taxes each line within a minor unit a tax of its exact share, in whatever order the lines come', () => {
    fc.assert(
      fc.property(anyLines, anyTerms, (lines, tax) => {
        const price = calculate('EUR', lines, null, tax);
        price.lines.forEach(({ total, tax: part }, index) => {
          const rates = tax.ratesOf(lines[index].taxCategory);
          const all = sum(rates.map(({ basisPoints }) => basisPoints));
          const exact = tax.included ? (total * all) / (10_000 + all) : (total * all) / 10_000;
          expect(Math.abs(part - exact)).toBeLessThanOrEqual(1.5 * Math.max(1, rates.length));
        });
        const turned = calculate('EUR', [...lines].reverse(), null, tax);
        const { lines: _lines, ...figures } = price;
        expect(turned).toMatchObject(figures);
      }),
    );
  });

  it('never goes below nothing', () => {
    expect(() => calculate('EUR', [line(100, 1, 101)], null, terms({}))).toThrow(RangeError);
    expect(() => calculate('EUR', [line(100, 1, -1)], null, terms({}))).toThrow(RangeError);
  });
});

describe('the quote of a cart', () => {
  const variant = (sku: string, amount: number, more: Partial<Sellable> = {}, currency = 'EUR'): Sellable => ({
    variantId: `v-${sku}`,
    productId: `p-${sku}`,
    sku,
    name: null,
    productName: sku,
    price: { amount, currency },
    active: true,
    categoryId: null,
    categoryName: null,
    ...more,
  });
  const VAT: CheckoutSettings = {
    ...NO_SETTINGS,
    taxRates: [
      { country: 'PT', category: 'standard', ...rate(2300, 'IVA') },
      { country: 'PT', category: 'books', ...rate(600, 'IVA') },
      { country: 'DE', category: 'standard', ...rate(1900, 'USt') },
    ],
  };
  const now = new Date('2026-03-01T12:00:00Z');
  const bare = {
    settings: NO_SETTINGS,
    destination: null,
    promotions: [],
    methods: [],
    methodId: null,
    groupIds: [],
    now,
  };
  const to = (country: string, settings = VAT) => ({
    ...bare,
    settings,
    destination: { country, region: null, postalCode: null },
  });
  const one = [{ sku: 'A', quantity: 1 }];

  it('copies names and prices, and taxes by country and category', () => {
    const variants = [variant('A', 250), variant('B', 1000, { taxCategory: 'books' })];
    const cart = [
      { sku: 'A', quantity: 3 },
      { sku: 'B', quantity: 1 },
    ];
    expect(quoteWhole(cart, variants, bare)).toMatchObject({
      currency: 'EUR',
      lines: [{ sku: 'A', unitPrice: 250, total: 750, tax: 0 }, { sku: 'B' }],
    });
    expect(quoteWhole(cart, variants, to('PT')).figures).toMatchObject({ taxTotal: 173 + 60, total: 1750 + 233 });
    expect(quoteWhole(cart, variants, to('DE')).figures).toMatchObject({ taxTotal: 143, total: 1893 });
    expect(quoteWhole(cart, variants, to('FR')).figures).toMatchObject({ taxTotal: 0, total: 1750 });
    const assumed = { ...bare, settings: { ...VAT, defaultCountry: 'DE' }, destination: null };
    expect(quoteWhole(cart, variants, assumed).figures.taxTotal).toBe(143);
    expect(taxTermsOf(VAT, null).ratesOf('standard')).toEqual([]);
  });

  it('refuses what cannot be sold, and shows what of the rest can', () => {
    const mixed = [variant('A', 1), variant('B', 1, {}, 'USD')];
    const two = [...one, { sku: 'B', quantity: 1 }];
    expect(() => quoteWhole([], [], bare)).toThrow(refused('orders.cart-empty'));
    expect(() => quoteWhole(one, [], bare)).toThrow(refused('orders.not-for-sale'));
    expect(() => quoteWhole(one, [variant('A', 1, { active: false })], bare)).toThrow(refused('orders.not-for-sale'));
    expect(() => quoteWhole(two, mixed, bare)).toThrow(refused('orders.mixed-currencies'));
    expect(quoteOf(two, mixed, bare)).toBeNull();
    expect(quoteOf([], [], bare)).toBeNull();
    expect(quoteOf(two, [variant('A', 5)], bare)?.figures.total).toBe(5);
  });

  it('is what the shopper agreed to, or refused with the new price', () => {
    const quote = quoteWhole(one, [variant('A', 100)], bare);
    const shown = keptQuoteOf(quote);
    const dearer = quoteWhole(one, [variant('A', 120)], bare);
    const changed = (agreed: Parameters<typeof demandAgreed>[1]) => {
      try {
        demandAgreed(dearer, agreed);
        return null;
      } catch (error) {
        return error;
      }
    };
    expect(() => demandAgreed(quote, { shown })).not.toThrow();
    expect(() => demandAgreed(quote, { shown: null })).not.toThrow();
    expect(changed({ shown })).toMatchObject({
      code: 'orders.price-changed',
      data: {
        expected: { amount: 100, currency: 'EUR' },
        total: { amount: 120, currency: 'EUR' },
        priceHash: dearer.hash,
        changes: [{ sku: 'A', was: { amount: 100 }, now: { amount: 120 } }],
      },
    });
    expect(changed({ shown, total: { amount: 120, currency: 'EUR' } })).toBeNull();
    expect(changed({ shown, hash: dearer.hash })).toBeNull();
    expect(changed({ shown, hash: quote.hash })).toMatchObject({ code: 'orders.price-changed' });
    expect(changed({ shown: null, total: { amount: 120, currency: 'USD' } })).toMatchObject({
      code: 'orders.price-changed',
    });
  });

  it('asks the same where only the tax in a price is another', () => {
    const included = { ...VAT, pricesIncludeTax: true };
    const [pt, de] = ['PT', 'DE'].map((country) => quoteWhole(one, [variant('A', 1230)], to(country, included)));
    expect(pt.figures).toMatchObject({ taxTotal: 230, total: 1230 });
    expect(de.figures).toMatchObject({ taxTotal: 196, total: 1230 });
    expect(pt.hash).toBe(de.hash);
    const added = ['PT', 'DE'].map((country) => quoteWhole(one, [variant('A', 1230)], to(country)).hash);
    expect(added[0]).not.toBe(added[1]);
  });
});
