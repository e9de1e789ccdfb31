import { divideHalfUp, rational } from '../../../kernel/money/rational';
import { add, money, zero, type Money } from '../../../kernel/money/money';

/** What was driven for a sum: metres, seconds of the engine, days of the period. */
export interface Used {
  metres: number;
  engineSeconds: number;
  days: number;
}

/** Costs of one currency; currencies are never added up. */
export interface CurrencyCosts {
  total: Money;
  /** Owed whether the vehicle moves or stands. */
  fixed: Money;
  variable: Money;
  /** total ÷ kilometres, rounded half up to the minor unit; null where nothing was driven. */
  perKm: Money | null;
  /** 100 × total ÷ kilometres, which is finer. */
  per100Km: Money | null;
  /** total ÷ hours of the engine; null where it did not run. */
  perEngineHour: Money | null;
  /** total ÷ days of the period. */
  perDay: Money | null;
}

export interface Spent {
  currency: string;
  fixed: number;
  variable: number;
}

/** An amount for one of so many, rounded half up; null for none. */
export function each({ amount, currency }: Money, many: number, times = 1): Money | null {
  if (!(many > 0)) return null;
  const { numerator, denominator } = rational(many);
  const share = divideHalfUp(BigInt(amount) * BigInt(times) * denominator, numerator);
  return share > BigInt(Number.MAX_SAFE_INTEGER) ? null : money(Number(share), currency);
}

/** Sums by currency, with what they come to for a kilometre, an hour and a day; the currency that was spent most comes first. */
export function costsOf(spent: readonly Spent[], { metres, engineSeconds, days }: Used): CurrencyCosts[] {
  const sums = new Map<string, { fixed: Money; variable: Money }>();
  for (const { currency, fixed, variable } of spent) {
    const sum = sums.get(currency) ?? { fixed: zero(currency), variable: zero(currency) };
    sums.set(currency, {
      fixed: add(sum.fixed, money(fixed, currency)),
      variable: add(sum.variable, money(variable, currency)),
    });
  }
  return [...sums.values()]
    .map(({ fixed, variable }) => {
      const total = add(fixed, variable);
      return {
        total,
        fixed,
        variable,
        perKm: each(total, metres, 1_000),
        per100Km: each(total, metres, 100_000),
        perEngineHour: each(total, engineSeconds, 3_600),
        perDay: each(total, days),
      };
    })
    .sort((a, b) => b.total.amount - a.total.amount || (a.total.currency < b.total.currency ? -1 : 1));
}
