import { add, multiply, subtract, sum, type Money } from '../../../kernel/money/money';
import { taxOf, type TaxSum, type TaxTerms } from './tax';

/** A line as it is priced: pieces, price of one, and what its discounts take off the whole line. Minor units. */
export interface PricedLine {
  quantity: number;
  unitPrice: number;
  /** Between nothing and price × quantity. */
  discount: number;
  taxCategory: string;
}

/** What getting the goods there costs. */
export interface Freight {
  amount: number;
  taxCategory: string;
}

/**
 * What an order comes to. `total = subtotal − discountTotal + shippingTotal + taxTotal`; where prices hold their tax
 * (`taxIncluded`), `taxTotal` is part of the other figures and is not added. Minor units of one currency.
 */
export interface Figures {
  subtotal: number;
  discountTotal: number;
  shippingTotal: number;
  /** Part of `taxTotal` that is taken on the freight. */
  shippingTax: number;
  taxTotal: number;
  taxIncluded: boolean;
  total: number;
  taxes: TaxSum[];
  /** By line: after its discount, and the tax on that. */
  lines: { total: number; tax: number }[];
}

/**
 * The price of lines, freight and the tax on both. Exact: the parts sum to the whole to the minor unit, and only taxes
 * are rounded (half-up, once a tax).
 * @throws AmountOutOfRange for what cannot be held exactly; RangeError for a discount above its line
 */
export function calculate(
  currency: string,
  lines: readonly PricedLine[],
  freight: Freight | null,
  terms: TaxTerms,
): Figures {
  const money = (amount: number): Money => ({ amount, currency });
  const gross = lines.map(({ unitPrice, quantity }) => multiply(money(unitPrice), quantity));
  const net = lines.map(({ discount }, index) => subtract(gross[index], money(discount)));
  if (lines.some(({ discount }, index) => discount < 0 || net[index].amount < 0))
    throw new RangeError('A discount is more than its line');
  const shipping = money(freight?.amount ?? 0);
  const tax = taxOf(
    [
      ...net.map(({ amount }, index) => ({ amount, category: lines[index].taxCategory })),
      ...(freight ? [{ amount: freight.amount, category: freight.taxCategory, freight: true }] : []),
    ],
    terms,
    currency,
  );
  const subtotal = sum(gross, currency);
  const goods = sum(net, currency);
  const due = add(goods, shipping);
  return {
    subtotal: subtotal.amount,
    discountTotal: subtract(subtotal, goods).amount,
    shippingTotal: shipping.amount,
    shippingTax: tax.parts[lines.length] ?? 0,
    taxTotal: tax.total,
    taxIncluded: terms.included,
    total: (terms.included ? due : add(due, money(tax.total))).amount,
    taxes: tax.taxes,
    lines: net.map(({ amount }, index) => ({ total: amount, tax: tax.parts[index] })),
  };
}
