/** An exact fraction; the denominator is positive. */
export interface Rational {
  readonly numerator: bigint;
  readonly denominator: bigint;
}

/**
 * A factor of a multiplication: a number stands for the shortest decimal that denotes it (0.15 is exactly 15/100),
 * a string for that decimal.
 */
export type Factor = number | string | bigint | Rational;

const DECIMAL = /^([+-]?)(\d+)(?:\.(\d+))?(?:e([+-]?\d{1,3}))?$/i;

/** The exact value of a factor. @throws RangeError when it is no finite decimal. */
export function rational(factor: Factor): Rational {
  if (typeof factor === 'object') return factor;
  if (typeof factor === 'bigint') return { numerator: factor, denominator: 1n };
  const match = DECIMAL.exec(String(factor));
  if (!match) throw new RangeError('Not a decimal number');
  const [, sign, whole, fraction = '', exponent = '0'] = match;
  const numerator = BigInt(`${sign === '-' ? '-' : ''}${whole}${fraction}`);
  const shift = Number(exponent) - fraction.length;
  return shift >= 0
    ? { numerator: numerator * 10n ** BigInt(shift), denominator: 1n }
    : { numerator, denominator: 10n ** BigInt(-shift) };
}

/** 1 − factor, exactly: what remains after a discount. */
export function complement(factor: Factor): Rational {
  const { numerator, denominator } = rational(factor);
  return { numerator: denominator - numerator, denominator };
}

/** The quotient rounded half-up on the magnitude (2.5 → 3, −2.5 → −3). */
export function divideHalfUp(numerator: bigint, denominator: bigint): bigint {
  const negative = numerator < 0n !== denominator < 0n;
  const n = numerator < 0n ? -numerator : numerator;
  const d = denominator < 0n ? -denominator : denominator;
  const rounded = (2n * n + d) / (2n * d);
  return negative ? -rounded : rounded;
}
