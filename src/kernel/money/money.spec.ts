import fc from 'fast-check';
import { AppError } from '../errors/app-error';
import {
  add,
  allocate,
  complement,
  compare,
  currencies,
  currencyDigits,
  formatAmount,
  printAmount,
  isCurrency,
  money,
  multiply,
  parseMoney,
  subtract,
  sum,
  zero,
} from './money';

const anyCurrency = fc.constantFrom('EUR', 'JPY', 'KWD', 'USD');
const amount = fc.integer({ min: -1e12, max: 1e12 });
const eur = (value: number) => money(value, 'EUR');

describe('money', () => {
  it('knows the decimals of ISO 4217', () => {
    expect(['EUR', 'JPY', 'KWD', 'KRW', 'TND', 'HUF', 'ISK', 'CLF'].map(currencyDigits)).toEqual([
      2, 0, 3, 0, 3, 2, 0, 4,
    ]);
    expect(new Set(currencies()).size).toBe(currencies().length);
    expect(currencies().every((code) => /^[A-Z]{3}$/.test(code))).toBe(true);
    expect(isCurrency('eur')).toBe(false);
    expect(() => currencyDigits('XXX')).toThrow(RangeError);
  });

  it('refuses fractions, unsafe integers and mixed currencies', () => {
    expect(() => money(1.5, 'EUR')).toThrow(RangeError);
    expect(() => money(2 ** 53, 'EUR')).toThrow(RangeError);
    expect(() => add(eur(1), money(1, 'USD'))).toThrow('Mixed currencies');
    expect(() => compare(eur(1), money(1, 'USD'))).toThrow('Mixed currencies');
    expect(() => add(eur(Number.MAX_SAFE_INTEGER), eur(1))).toThrow(RangeError);
    expect(Object.is(money(-0, 'EUR').amount, 0)).toBe(true);
  });

  it.each([
    [5, ['0.5'], 3],
    [-5, ['0.5'], -3],
    [15, [0.1], 2],
    [14, [0.1], 1],
    [105, [0.1], 11],
    [1400, [12, complement('0')], 16800],
    [1680, [9, complement(0.15)], 12852],
    [333, [3, complement('0.05')], 949],
    [1005, ['0.001'], 1],
    [100, [1e-7], 0],
    [9007199254740991, [1], 9007199254740991],
  ])('multiplies %d by %j to %d, half-up, rounding once', (value, factors, expected) => {
    expect(multiply(eur(value), ...factors)).toEqual(eur(expected));
  });

  it('is not fooled by binary floats: 1.005 × 100 is exactly 100.5', () => {
    expect(multiply(eur(100), 1.005)).toEqual(eur(101));
    expect(multiply(eur(8), complement(0.9))).toEqual(eur(1));
    expect(multiply(eur(-100), 1.005)).toEqual(eur(-101));
  });

  it('refuses factors that are no decimals', () => {
    for (const factor of [NaN, Infinity, 'abc', '', '1,5', '0x10'])
      expect(() => multiply(eur(1), factor)).toThrow(RangeError);
  });

  it('multiplication is odd, exact for integers, and off by at most half a unit', () => {
    fc.assert(
      fc.property(amount, fc.integer({ min: -9999, max: 9999 }), (value, basisPoints) => {
        const factor = { numerator: BigInt(basisPoints), denominator: 10_000n };
        const result = multiply(eur(value), factor).amount;
        expect(multiply(eur(-value), factor).amount + result).toBe(0);
        const error = BigInt(result) * 10_000n - BigInt(value) * BigInt(basisPoints);
        expect((error < 0n ? -error : error) <= 5_000n).toBe(true);
      }),
    );
  });

  it('allocates by largest remainder, earlier parts first', () => {
    expect(allocate(eur(100), [1, 1, 1]).map((part) => part.amount)).toEqual([34, 33, 33]);
    expect(allocate(eur(5), [3, 7]).map((part) => part.amount)).toEqual([2, 3]);
    expect(allocate(eur(-100), [1, 1, 1]).map((part) => part.amount)).toEqual([-34, -33, -33]);
    expect(allocate(eur(10), [0, 0]).map((part) => part.amount)).toEqual([5, 5]);
    expect(allocate(eur(10), ['0.1', 0, '0.3']).map((part) => part.amount)).toEqual([3, 0, 7]);
    expect(() => allocate(eur(10), [])).toThrow(RangeError);
    expect(() => allocate(eur(10), [1, -1])).toThrow(RangeError);
  });

  it('parts sum to the total exactly, stay within one unit of their share, and are the same every time', () => {
    const weights = fc.array(fc.integer({ min: 0, max: 1e9 }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(amount, anyCurrency, weights, (value, currency, shares) => {
        const total = money(value, currency);
        const parts = allocate(total, shares);
        expect(sum(parts, currency)).toEqual(total);
        expect(allocate(total, shares)).toEqual(parts);
        const whole = shares.reduce((a, b) => a + b, 0);
        if (whole === 0) return;
        parts.forEach((part, index) => {
          const error = BigInt(part.amount) * BigInt(whole) - BigInt(value) * BigInt(shares[index]);
          expect((error < 0n ? -error : error) < BigInt(whole)).toBe(true);
        });
      }),
    );
  });

  it('gives each the same whatever their order; only where remainders are the same does the earlier one get the last unit', () => {
    const drawn = fc
      .array(fc.integer({ min: 0, max: 1000 }), { minLength: 1, maxLength: 20 })
      .chain((shares) =>
        fc.tuple(fc.constant(shares), fc.shuffledSubarray([...shares.keys()], { minLength: shares.length })),
      );
    fc.assert(
      fc.property(amount, drawn, (value, [shares, order]) => {
        const parts = allocate(eur(value), shares).map((part) => part.amount);
        const shuffled = allocate(
          eur(value),
          order.map((index) => shares[index]),
        ).map((part) => part.amount);
        const whole = shares.reduce((a, b) => a + b, 0) || shares.length;
        const even = shares.every((share) => share === 0);
        const remainder = (index: number): bigint =>
          (BigInt(Math.abs(value)) * BigInt(even ? 1 : shares[index])) % BigInt(whole);
        const moved = order.flatMap((index, at) => {
          const difference = shuffled[at] - parts[index];
          expect(Math.abs(difference)).toBeLessThanOrEqual(1);
          return difference === 0 ? [] : [{ difference, remainder: remainder(index) }];
        });
        expect(moved.reduce((all, { difference }) => all + difference, 0)).toBe(0);
        expect(new Set(moved.map((one) => one.remainder)).size).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('a heavier part never gets less', () => {
    fc.assert(
      fc.property(fc.nat(1e9), fc.array(fc.nat(1000), { minLength: 2, maxLength: 10 }), (value, shares) => {
        const parts = allocate(eur(value), shares).map((part) => part.amount);
        for (let i = 0; i < shares.length; i++)
          for (let j = 0; j < shares.length; j++)
            if (shares[i] > shares[j]) expect(parts[i]).toBeGreaterThanOrEqual(parts[j]);
      }),
    );
  });

  it('parses and formats decimals', () => {
    expect(parseMoney('12.5', 'EUR')).toEqual(eur(1250));
    expect(parseMoney(' -0.05 ', 'EUR')).toEqual(eur(-5));
    expect(parseMoney('18.0000', 'USD')).toEqual(money(1800, 'USD'));
    expect(parseMoney('1250', 'JPY')).toEqual(money(1250, 'JPY'));
    expect(parseMoney('1.234', 'KWD')).toEqual(money(1234, 'KWD'));
    expect(formatAmount(eur(-5))).toBe('-0.05');
    expect(formatAmount(money(1250, 'JPY'))).toBe('1250');
    expect(formatAmount(money(5, 'KWD'))).toBe('0.005');
    expect([99_999, 123_456_789, -100_000].map((amount) => printAmount(eur(amount)))).toEqual([
      '999.99',
      '1,234,567.89',
      '−1,000.00',
    ]);
    expect(printAmount(money(1_250_000, 'JPY'))).toBe('1,250,000');
  });

  it.each(['1.005', '1,5', '', 'abc', '1e3', '1.', '.5', '--1', '99999999999999999'])('refuses %j as euros', (text) => {
    expect(() => parseMoney(text, 'EUR')).toThrow(AppError);
  });

  it('refuses an unknown currency by its own code', () => {
    expect(() => parseMoney('1', 'EURO')).toThrow(
      expect.objectContaining({ code: 'money.unknown-currency', kind: 'invalid' }),
    );
  });

  it('parse is the inverse of format; add and subtract undo each other', () => {
    fc.assert(
      fc.property(amount, amount, anyCurrency, (a, b, currency) => {
        const m = money(a, currency);
        expect(parseMoney(formatAmount(m), currency)).toEqual(m);
        expect(subtract(add(m, money(b, currency)), money(b, currency))).toEqual(m);
        expect(sum([], currency)).toEqual(zero(currency));
      }),
    );
  });
});
