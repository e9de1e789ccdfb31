import { invalid } from '../errors/app-error';
import { currencyDigits, isCurrency } from './currencies';
import { divideHalfUp, rational, type Factor } from './rational';

export { currencies, currencyDigits, isCurrency } from './currencies';
export { complement, type Factor, type Rational } from './rational';

/** An amount in minor units (cents) of an ISO 4217 currency. Never a fraction, never a float of major units. */
export type Money = { amount: number; currency: string };

/** An amount that cannot be held exactly: a client can ask for it, with many pieces of something dear. */
export class AmountOutOfRange extends RangeError {
  constructor() {
    super('Amount of money out of range');
  }
}

function minor(amount: bigint, currency: string): Money {
  if (amount > BigInt(Number.MAX_SAFE_INTEGER) || amount < BigInt(Number.MIN_SAFE_INTEGER))
    throw new AmountOutOfRange();
  return { amount: Number(amount), currency };
}

function sameCurrency(a: Money, b: Money): void {
  if (a.currency !== b.currency) throw new RangeError(`Mixed currencies: ${a.currency} and ${b.currency}`);
}

/** Checked money. @throws RangeError for a fraction, an unsafe integer or an unknown currency. */
export function money(amount: number, currency: string): Money {
  if (!Number.isSafeInteger(amount)) throw new RangeError('An amount of money is a whole number of minor units');
  currencyDigits(currency);
  return { amount: amount === 0 ? 0 : amount, currency };
}

/** Nothing, in this currency. */
export const zero = (currency: string): Money => money(0, currency);

/** a + b, of one currency. */
export function add(a: Money, b: Money): Money {
  sameCurrency(a, b);
  return minor(BigInt(a.amount) + BigInt(b.amount), a.currency);
}

/** a − b, of one currency. */
export function subtract(a: Money, b: Money): Money {
  sameCurrency(a, b);
  return minor(BigInt(a.amount) - BigInt(b.amount), a.currency);
}

/** The sum of any number of amounts, zero of `currency` for none. */
export const sum = (amounts: Iterable<Money>, currency: string): Money => {
  let total = zero(currency);
  for (const amount of amounts) total = add(total, amount);
  return total;
};

/** −1, 0 or 1. */
export function compare(a: Money, b: Money): -1 | 0 | 1 {
  sameCurrency(a, b);
  return a.amount < b.amount ? -1 : a.amount > b.amount ? 1 : 0;
}

/**
 * `m` times all factors, computed exactly and rounded once, half-up on the magnitude, to the minor unit.
 * `multiply(price, quantity, complement('0.15'))` is a line's net after 15 % discount.
 */
export function multiply(m: Money, ...factors: Factor[]): Money {
  let numerator = BigInt(m.amount);
  let denominator = 1n;
  for (const factor of factors) {
    const exact = rational(factor);
    numerator *= exact.numerator;
    denominator *= exact.denominator;
  }
  return minor(divideHalfUp(numerator, denominator), m.currency);
}

/**
 * Splits `total` in proportion to the weights so that the parts sum to it exactly (largest remainder; equal remainders
 * go to the earlier part, so the same call always gives the same parts). Each part is within one minor unit of its share.
 * @throws RangeError for no weights or a negative one; weights that are all zero count as equal.
 */
export function allocate(total: Money, weights: readonly Factor[]): Money[] {
  if (weights.length === 0) throw new RangeError('Nothing to allocate to');
  const exact = weights.map(rational);
  if (exact.some((weight) => weight.numerator < 0n)) throw new RangeError('A weight is negative');
  const scale = exact.reduce((product, weight) => lcm(product, weight.denominator), 1n);
  let shares = exact.map((weight) => weight.numerator * (scale / weight.denominator));
  let whole = shares.reduce((a, b) => a + b, 0n);
  if (whole === 0n) {
    shares = shares.map(() => 1n);
    whole = BigInt(shares.length);
  }
  const sign = total.amount < 0 ? -1n : 1n;
  const magnitude = sign * BigInt(total.amount);
  const parts = shares.map((share) => (magnitude * share) / whole);
  const byRemainder = shares
    .map((share, index) => ({ index, remainder: (magnitude * share) % whole }))
    .sort((a, b) => (a.remainder === b.remainder ? a.index - b.index : a.remainder > b.remainder ? -1 : 1));
  let left = magnitude - parts.reduce((a, b) => a + b, 0n);
  for (const { index } of byRemainder) {
    if (left === 0n) break;
    parts[index] += 1n;
    left -= 1n;
  }
  return parts.map((part) => minor(sign * part, total.currency));
}

function lcm(a: bigint, b: bigint): bigint {
  let [x, y] = [a, b];
  while (y !== 0n) [x, y] = [y, x % y];
  return (a / x) * b;
}

const AMOUNT = /^(-?)(\d{1,15})(?:\.(\d{1,6}))?$/;

/**
 * Money from a decimal text of major units with a point ("12.5", "-0.05"); trailing zeros beyond the currency's
 * decimals are accepted, other digits are not.
 * @throws AppError invalid `money.unknown-currency`, `money.malformed-amount`.
 */
export function parseMoney(text: string, currency: string): Money {
  if (!isCurrency(currency)) throw invalid('money.unknown-currency', 'The currency is not an ISO 4217 code.');
  const malformed = (why: string) => invalid('money.malformed-amount', `The amount ${why}.`);
  const match = AMOUNT.exec(text.trim());
  if (!match) throw malformed('is not a decimal number such as 12.50');
  const digits = currencyDigits(currency);
  const [, sign, whole, fraction = ''] = match;
  if (/[1-9]/.test(fraction.slice(digits))) throw malformed(`has more than ${digits} decimals for ${currency}`);
  const amount = Number(`${sign}${whole}${fraction.slice(0, digits).padEnd(digits, '0')}`);
  if (!Number.isSafeInteger(amount)) throw malformed('is too large');
  return money(amount, currency);
}

/** The amount in major units with exactly the currency's decimals: `1250 EUR` → `12.50`, `1250 JPY` → `1250`. */
export function formatAmount(m: Money): string {
  const digits = currencyDigits(m.currency);
  const text = Math.abs(m.amount)
    .toString()
    .padStart(digits + 1, '0');
  const sign = m.amount < 0 ? '-' : '';
  return digits === 0 ? `${sign}${text}` : `${sign}${text.slice(0, -digits)}.${text.slice(-digits)}`;
}

/** The same for people: a comma between thousands, a real minus. `125000 EUR` → `1,250.00`. */
export function printAmount(m: Money): string {
  const [whole, ...fraction] = formatAmount(m).replace('-', '−').split('.');
  return [whole.replace(/\B(?=(?:\d{3})+$)/g, ','), ...fraction].join('.');
}
