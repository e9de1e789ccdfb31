import { money, type Money } from '../../../kernel/money/money';
import { CODES } from './chart';
import { credit, debit, type Dimensions, type Line } from './journal-draft';

/** What an order's events tell of it; figures that orders of earlier releases lack are optional. */
export interface SaleFacts {
  orderId: string;
  number: string;
  channel: string;
  customerId: string | null;
  /** Where it goes, ISO 3166-1 alpha-2. */
  country?: string | null;
  shipping?: Money;
  tax?: Money;
  taxIncluded?: boolean;
  total: Money;
  lines: {
    lineId?: string;
    sku: string;
    name: string;
    quantity: number;
    discount?: Money;
    tax?: Money;
    total: Money;
  }[];
}

interface SaleLine {
  /** Id of the order's line; the SKU for orders that had none. */
  key: string;
  sku: string;
  name: string;
  quantity: number;
  /** What the customer pays for it, tax and discount included. */
  gross: number;
  tax: number;
  /** Discount, without tax. */
  discount: number;
}

/** What was sold, in minor units of one currency; taken from the first event that tells it and never changed. */
export interface Sold {
  number: string;
  channel: string;
  customerId: string | null;
  /** Orders of before it was told lack it. */
  country?: string;
  total: number;
  lines: SaleLine[];
  shippingGross: number;
  shippingTax: number;
  /** Of the total what neither lines nor shipping explain. */
  other: number;
}

/**
 * All that happened to one order, as far as its books go. Events may come in any order: each only adds to this state, and
 * the books are what the state says (`positionOf`), so that the end is always the same.
 */
export interface Sale {
  currency: string;
  sold: Sold | null;
  /** The order is paid: tax is due from then on (Directive 2006/112/EC, article 65), at the latest when goods leave. */
  paid: boolean;
  cancelled: boolean;
  fulfilled: boolean;
  /** Minor units by attempt. */
  captured: Record<string, number>;
  /** Charges that pay for nothing and go back, by attempt. */
  unused: Record<string, number>;
  refunded: Record<string, number>;
  /** Of that, what went back for lines of the order by line, and for its freight; the rest is in proportion to the tax. */
  refundedLines?: Record<string, number>;
  refundedShipping?: number;
  /** Pieces by line. */
  shipped: Record<string, number>;
  /** Pieces given up before they left, by line. */
  given: Record<string, number>;
  /** What gift cards that a line sold are good for, by line. */
  cards?: Record<string, number>;
  /** Pieces of these that are given up, by line; `*`: the order is cancelled. */
  cardsGiven?: Record<string, number>;
  /** Events that were brought to this state. */
  seen: string[];
}

export const newSale = (currency: string): Sale => ({
  currency,
  sold: null,
  paid: false,
  cancelled: false,
  fulfilled: false,
  captured: {},
  unused: {},
  refunded: {},
  shipped: {},
  given: {},
  seen: [],
});

/** Adds to a counter of the state. */
export const raise = (counter: Record<string, number>, key: string, by: number): void => {
  counter[key] = (counter[key] ?? 0) + by;
};

/** Imported orders may name countries in words, which reports by country could not put together. */
const COUNTRY = /^[A-Z]{2}$/;

/** Where an order was sold to, and through what. */
export const placeOf = ({ channel, country }: Pick<Sold, 'channel' | 'country'>): Dimensions =>
  country === undefined ? { channel } : { channel, country };

/** Takes over what was sold, once. */
export function learn(sale: Sale, facts: SaleFacts): void {
  if (sale.sold) return;
  const included = facts.taxIncluded ?? false;
  const lines = new Map<string, SaleLine>();
  for (const { lineId, sku, name, quantity, discount, tax, total } of facts.lines) {
    const taxOf = tax?.amount ?? 0;
    const off = discount?.amount ?? 0;
    const line = lines.get(lineId ?? sku) ?? {
      key: lineId ?? sku,
      sku,
      name,
      quantity: 0,
      gross: 0,
      tax: 0,
      discount: 0,
    };
    line.quantity += quantity;
    line.gross += included ? total.amount : total.amount + taxOf;
    line.tax += taxOf;
    line.discount += included && total.amount > 0 ? share(off, total.amount, total.amount - taxOf) : off;
    lines.set(line.key, line);
  }
  const all = [...lines.values()];
  const sum = (of: (line: SaleLine) => number): number => all.reduce((total, line) => total + of(line), 0);
  const shippingTax = Math.max(0, (facts.tax?.amount ?? 0) - sum((line) => line.tax));
  const rest = facts.total.amount - sum((line) => line.gross);
  const shippingGross = facts.shipping ? facts.shipping.amount + (included ? 0 : shippingTax) : Math.max(0, rest);
  sale.currency = facts.total.currency;
  sale.sold = {
    number: facts.number,
    channel: facts.channel,
    customerId: facts.customerId,
    ...(facts.country && COUNTRY.test(facts.country) ? { country: facts.country } : {}),
    total: facts.total.amount,
    lines: all,
    shippingGross,
    shippingTax,
    other: rest - shippingGross,
  };
}

/** Of `amount` for `pieces`, what falls on `count` of them; half-up, so that parts counted from the start add up. */
export function share(amount: number, pieces: number, count: number): number {
  if (pieces === 0) return 0;
  return Number((BigInt(amount) * BigInt(count) * 2n + BigInt(pieces)) / (2n * BigInt(pieces)));
}

const total = (counter: Record<string, number>): number => Object.values(counter).reduce((sum, one) => sum + one, 0);

/** The balances that an order has on the accounts of its customer, tax and revenue. */
class Position {
  private readonly lines: Line[] = [];

  constructor(private readonly sale: Sale) {}

  credit(account: string, amount: number, dimensions?: Dimensions): void {
    this.lines.push(...credit(account, money(amount, this.sale.currency), dimensions));
  }

  debit(account: string, amount: number, dimensions?: Dimensions): void {
    this.lines.push(...debit(account, money(amount, this.sale.currency), dimensions));
  }

  get all(): readonly Line[] {
    return this.lines;
  }
}

/** A refund as it is told. */
export interface ToldRefund {
  attemptId: string;
  amount: Money;
  lines?: { lineId: string; amount: Money }[];
  shipping?: { amount: Money } | null;
}

/** Money of an order went back. */
export function giveBack(sale: Sale, { attemptId, amount, lines = [], shipping }: ToldRefund): void {
  raise(sale.refunded, attemptId, amount.amount);
  for (const line of lines) raise((sale.refundedLines ??= {}), line.lineId, line.amount.amount);
  if (shipping) sale.refundedShipping = (sale.refundedShipping ?? 0) + shipping.amount.amount;
}

/** Money that went back came back to the shop. */
export function takeAgain(sale: Sale, { attemptId, amount, lines = [], shipping }: ToldRefund): void {
  raise(sale.refunded, attemptId, -amount.amount);
  for (const line of lines) raise((sale.refundedLines ??= {}), line.lineId, -line.amount.amount);
  if (shipping) sale.refundedShipping = (sale.refundedShipping ?? 0) - shipping.amount.amount;
}

interface Progress {
  line: SaleLine;
  shippedGross: number;
  shippedTax: number;
  shippedDiscount: number;
  givenGross: number;
  givenTax: number;
}

/** How far each line is: what left the house, what was given up. */
function progressOf(sale: Sale, line: SaleLine): Progress & { pieces: number } {
  const told = (counter: Record<string, number>): number => counter[line.key] ?? counter[line.sku] ?? 0;
  let given = Math.min(line.quantity, told(sale.given));
  const shipped = Math.min(line.quantity - given, sale.fulfilled ? line.quantity : told(sale.shipped));
  if (sale.cancelled) given = line.quantity - shipped;
  const whole = shipped + given === line.quantity;
  const part = (amount: number): [number, number] => {
    const gone = share(amount, line.quantity, given);
    return [whole ? amount - gone : share(amount, line.quantity, shipped), gone];
  };
  const [shippedGross, givenGross] = part(line.gross);
  const [shippedTax, givenTax] = part(line.tax);
  const [shippedDiscount] = part(line.discount);
  return { line, shippedGross, shippedTax, shippedDiscount, givenGross, givenTax, pieces: shipped };
}

/**
 * What an order stands at. Revenue is recognised when goods leave (IFRS 15.38: control passes), shipping with the first
 * of them; before that the customer's money is a deposit, without it what left is a receivable. A refund is first for what
 * was given up before it left, and otherwise reduces revenue as a return; its tax goes back in proportion.
 */
export function positionOf(sale: Sale): readonly Line[] {
  const position = new Position(sale);
  const { sold } = sale;
  const cash = total(sale.captured) + total(sale.unused) - total(sale.refunded);
  let owed = cash;
  if (sold) {
    const place = placeOf(sold);
    const lines = sold.lines.map((line) => progressOf(sale, line));
    const sum = (of: (one: Progress) => number): number => lines.reduce((all, one) => all + of(one), 0);
    const left = lines.some(({ pieces }) => pieces > 0);
    const calledOff = sale.cancelled && !left;
    // All goods were given up and the freight was kept: nothing more is owed for it.
    const kept = sale.fulfilled && !left && !sale.cancelled;
    const extras = sold.shippingGross + sold.other;
    const givenGross = sum((one) => one.givenGross) + (calledOff ? extras : 0);
    const dueTax =
      sale.paid || left || kept
        ? sum(({ line, givenTax }) => line.tax - givenTax) + (calledOff ? 0 : sold.shippingTax)
        : 0;
    const refunded = Object.entries(sale.refunded)
      .filter(([attempt]) => !(attempt in sale.unused))
      .reduce((all, [, amount]) => all + amount, 0);
    const back = Math.max(0, refunded - givenGross);
    const named = namedRefunds(sale, sold, lines, calledOff, back);
    const namedTax = Math.min(
      dueTax,
      named.reduce((all, { tax }) => all + tax, 0),
    );
    const namedGross = named.reduce((all, { gross }) => all + gross, 0);
    const rest = Math.max(1, sold.total - givenGross - namedGross);
    const taxBack = namedTax + Math.min(dueTax - namedTax, share(dueTax - namedTax, rest, back - namedGross));
    let revenue = 0;
    for (const { line, shippedGross, shippedTax, shippedDiscount, givenGross: given, givenTax } of lines) {
      const face = sale.cards?.[line.key];
      if (face !== undefined) {
        // A card is no revenue before it is spent (IFRS 15.B44): what was paid for it, and what was let off, is owed.
        const paid = line.gross - line.tax - (given - givenTax);
        position.credit(CODES.giftCards, face);
        position.debit(CODES.discounts, face - paid, { sku: line.sku, product: line.name, ...place });
        revenue += paid;
        continue;
      }
      const net = shippedGross - shippedTax;
      const dimensions = { sku: line.sku, product: line.name, ...place };
      position.credit(CODES.sales, net + shippedDiscount, dimensions);
      position.debit(CODES.discounts, shippedDiscount, dimensions);
      revenue += net;
    }
    if (left || kept) {
      position.credit(CODES.shipping, sold.shippingGross - sold.shippingTax, place);
      position.credit(CODES.sales, sold.other, place);
      revenue += extras - sold.shippingTax;
    }
    position.credit(CODES.tax, dueTax - taxBack, place);
    // What went back for pieces that did not leave is no return: it was a deposit still.
    let returns = 0;
    for (const { net, of, line } of named) {
      const part = Math.max(0, Math.min(net, of, revenue - returns));
      position.debit(CODES.returns, part, line ? { sku: line.sku, product: line.name, ...place } : place);
      returns += part;
    }
    const namedNet = named.reduce((all, { net }) => all + net, 0);
    const unnamed = Math.max(0, Math.min(back - taxBack - namedNet, revenue - returns));
    position.debit(CODES.returns, unnamed, place);
    returns += unnamed;
    owed = cash - (dueTax - taxBack) - revenue + returns;
  }
  const customer = sold?.customerId ? { customer: sold.customerId } : undefined;
  if (owed > 0) position.credit(CODES.deposits, owed);
  if (owed < 0) position.debit(CODES.receivables, -owed, customer);
  return position.all;
}

interface NamedRefund {
  /** Null: the freight. */
  line: SaleLine | null;
  gross: number;
  tax: number;
  /** Without the tax. */
  net: number;
  /** Revenue of the line that it can reduce: of what left. */
  of: number;
}

/**
 * What went back for lines and freight by name, beyond what was given up before it left (whose tax is not due at all).
 * The tax in it is cumulative over the line: all of the line takes all of its tax along. In sum never more than `back`.
 */
function namedRefunds(
  sale: Sale,
  sold: Sold,
  lines: readonly (Progress & { pieces: number })[],
  calledOff: boolean,
  back: number,
): NamedRefund[] {
  const named: NamedRefund[] = [];
  let left = back;
  const add = (
    line: SaleLine | null,
    of: { gross: number; tax: number },
    told: number,
    given: typeof of,
    earned: number,
  ): void => {
    const gross = Math.min(left, Math.max(0, told - given.gross), Math.max(0, of.gross - given.gross));
    if (gross === 0) return;
    left -= gross;
    const tax = Math.max(0, share(of.tax, of.gross, given.gross + gross) - given.tax);
    named.push({ line, gross, tax, net: gross - tax, of: earned });
  };
  for (const { line, givenGross, givenTax, shippedGross, shippedTax } of lines) {
    const given = { gross: givenGross, tax: givenTax };
    add(line, line, sale.refundedLines?.[line.key] ?? 0, given, shippedGross - shippedTax);
  }
  const freight = { gross: sold.shippingGross, tax: sold.shippingTax };
  const earned = lines.some(({ pieces }) => pieces > 0) || sale.fulfilled ? freight.gross - freight.tax : 0;
  add(null, freight, sale.refundedShipping ?? 0, calledOff ? freight : { gross: 0, tax: 0 }, earned);
  return named;
}

/**
 * What must be posted so that the books of an order go from one position to another. Together with the lines of the cash
 * that moved they sum to zero.
 */
export function linesBetween(before: readonly Line[], after: readonly Line[]): Line[] {
  const moved = new Map<string, Line>();
  const add = (line: Line, sign: 1 | -1): void => {
    const { account, amount, dimensions = {} } = line;
    const key = JSON.stringify([account, amount.currency, Object.entries(dimensions).sort()]);
    const known = moved.get(key)?.amount.amount ?? 0;
    moved.set(key, { account, dimensions, amount: money(known + sign * amount.amount, amount.currency) });
  };
  for (const line of after) add(line, 1);
  for (const line of before) add(line, -1);
  return [...moved.values()].filter(({ amount }) => amount.amount !== 0);
}
