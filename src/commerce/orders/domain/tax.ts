import { allocate, multiply, subtract, sum, type Money } from '../../../kernel/money/money';

/** One tax on a category of goods in a country, such as 23 % VAT. */
export interface TaxRate {
  /** What it is called on a receipt. */
  name: string;
  /** 2300 is 23 %. */
  basisPoints: number;
}

/** How a sale is taxed. */
export interface TaxTerms {
  /** True where prices hold their tax already. */
  included: boolean;
  /** What is rounded when a price that holds its tax is split: its net, or its tax. The other is the rest. */
  rounding: 'net' | 'tax';
  /** The taxes on a category at the place of supply; none where it is not taxed. */
  ratesOf: (category: string) => readonly TaxRate[];
}

/** An amount that is taxed: a line after its discounts, or the freight. Minor units. */
export interface Taxable {
  amount: number;
  category: string;
  /** True for the freight, whose part of each tax is told apart. */
  freight?: boolean;
}

/** What a tax comes to over everything that bears it. */
export interface TaxSum extends TaxRate {
  /** Net amount that it is taken on, minor units. */
  base: number;
  amount: number;
  /** Categories that bear it; absent on orders of before this was kept. */
  categories?: string[];
  /** Part of `amount` that is taken on the freight; absent as before. */
  shipping?: number;
}

export interface Taxation {
  /** Tax of each amount, in order; they sum to `total` exactly. */
  parts: number[];
  taxes: TaxSum[];
  total: number;
}

const keyOf = (rate: TaxRate): string => `${rate.basisPoints}:${rate.name}`;

/**
 * Taxes amounts of one currency. Every tax is rounded once, half-up, over the sum of what bears it (EN 16931, BR-CO-17), and then
 * spread over the amounts in proportion, so that parts and sums agree to the minor unit. Several taxes on one category
 * are each taken on the net.
 */
export function taxOf(items: readonly Taxable[], terms: TaxTerms, currency: string): Taxation {
  const parts = items.map(() => 0);
  const sums = new Map<string, TaxSum>();
  const add = (rate: TaxRate, base: number, amount: number, bearing: string[], shipping: number): void => {
    const { name, basisPoints } = rate;
    const known = sums.get(keyOf(rate)) ?? { name, basisPoints, base: 0, amount: 0, categories: [], shipping: 0 };
    const categories = [...new Set([...known.categories!, ...bearing])].sort();
    sums.set(keyOf(rate), {
      ...known,
      base: known.base + base,
      amount: known.amount + amount,
      categories,
      shipping: known.shipping! + shipping,
    });
  };
  for (const { rates, indexes } of groupsOf(items, terms)) {
    const amounts = indexes.map((index): Money => ({ amount: items[index].amount, currency }));
    const bearing = sum(amounts, currency);
    const { base, taxes } = terms.included ? within(bearing, rates, terms.rounding) : upon(bearing, rates);
    const shares = allocate(
      sum(taxes, currency),
      amounts.map(({ amount }) => amount),
    );
    const categories = indexes.map((index) => items[index].category);
    const freight = shares.find((_, at) => items[indexes[at]].freight);
    const onFreight = freight
      ? allocate(
          freight,
          taxes.map(({ amount }) => amount),
        )
      : [];
    taxes.forEach((tax, at) => add(rates[at], base.amount, tax.amount, categories, onFreight[at]?.amount ?? 0));
    shares.forEach((share, at) => (parts[indexes[at]] += share.amount));
  }
  const taxes = [...sums.values()].sort((a, b) => b.basisPoints - a.basisPoints || (a.name < b.name ? -1 : 1));
  return {
    parts,
    taxes,
    total: sum(
      taxes.map(({ amount }) => ({ amount, currency })),
      currency,
    ).amount,
  };
}

/**
 * Amounts that are rounded together. A tax on top is taken over all that bears it, whatever else that bears; prices that
 * hold several taxes can only be taken apart by all of them at once.
 */
function groupsOf(items: readonly Taxable[], terms: TaxTerms): { rates: TaxRate[]; indexes: number[] }[] {
  const groups = new Map<string, { rates: TaxRate[]; indexes: number[] }>();
  const join = (rates: TaxRate[], index: number): void => {
    const key = rates.map(keyOf).join('|');
    const group = groups.get(key) ?? { rates, indexes: [] };
    group.indexes.push(index);
    groups.set(key, group);
  };
  items.forEach(({ category }, index) => {
    const rates = [...terms.ratesOf(category)];
    if (rates.length === 0) return;
    if (terms.included) join(rates, index);
    else for (const rate of rates) join([rate], index);
  });
  return [...groups.values()];
}

/** Taxes that come on top of a net amount. */
const upon = (net: Money, rates: readonly TaxRate[]): { base: Money; taxes: Money[] } => ({
  base: net,
  taxes: rates.map((rate) => multiply(net, fraction(rate.basisPoints, 10_000))),
});

/** Taxes that a gross amount holds. */
function within(gross: Money, rates: readonly TaxRate[], rounding: 'net' | 'tax'): { base: Money; taxes: Money[] } {
  const rate = rates.reduce((all, { basisPoints }) => all + basisPoints, 0);
  const tax =
    rounding === 'tax'
      ? multiply(gross, fraction(rate, 10_000 + rate))
      : subtract(gross, multiply(gross, fraction(10_000, 10_000 + rate)));
  return {
    base: subtract(gross, tax),
    taxes: allocate(
      tax,
      rates.map(({ basisPoints }) => basisPoints),
    ),
  };
}

const fraction = (numerator: number, denominator: number) => ({
  numerator: BigInt(numerator),
  denominator: BigInt(denominator),
});
