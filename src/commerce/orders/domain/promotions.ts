import { allocate, multiply, sum, type Money } from '../../../kernel/money/money';

export type PromotionKind = 'percentage' | 'amount' | 'buy_x_get_y' | 'free_shipping';

/** A coupon (with a code) or a promotion that applies by itself (without). Amounts in minor units of `currency`. */
export interface Promotion {
  id: string;
  name: string;
  code: string | null;
  kind: PromotionKind;
  /** 1000 is 10 %. For `buy_x_get_y` what comes off the pieces that are got, all of it where null. */
  basisPoints: number | null;
  amount: number | null;
  currency: string | null;
  buyQuantity: number | null;
  getQuantity: number | null;
  /** What price × quantity of the lines it is for must reach. */
  minimumAmount: number | null;
  /** The lines that it is for: of these products or categories; both empty: all. */
  productIds: string[];
  categoryIds: string[];
  /** Only for customers in one of these groups; none: for everybody. */
  customerGroupIds: string[];
  /** Only for customers who ordered nothing before. */
  firstOrder: boolean;
  /** False: it applies alone. */
  combinable: boolean;
  /** Lower ones apply first; each takes its discount of what those before it left. */
  priority: number;
  startsAt: Date | null;
  endsAt: Date | null;
  usageLimit: number | null;
  customerLimit: number | null;
  used: number;
}

/** Why a customer may not use a promotion (again): it is for first orders, or they used it as often as they may. */
export type Spent = 'first-order' | 'customer-limit';

/** Why a promotion does not apply to a cart. */
export type Refusal =
  | 'inactive'
  | 'not-started'
  | 'ended'
  | 'used-up'
  | 'customer-group'
  | Spent
  | 'currency'
  | 'no-product'
  | 'minimum'
  | 'not-combinable';

/** A line before discounts. */
export interface DiscountableLine {
  quantity: number;
  unitPrice: number;
  productId: string | null;
  categoryId: string | null;
}

export interface Discounts {
  /** What comes off each line. */
  lines: number[];
  freeShipping: boolean;
  applied: { promotion: Promotion; amount: number }[];
  refused: { promotion: Promotion; reason: Refusal }[];
}

interface Sale {
  currency: string;
  lines: readonly DiscountableLine[];
  /** What shipping would cost, for comparing combinations. */
  freight: number;
  /** Groups of customers that the shopper is in. */
  groupIds: readonly string[];
  /** Promotions, by id, that the shopper may not use (again); absent while nobody knows who they are. */
  spent?: ReadonlyMap<string, Spent>;
  now: Date;
}

const grossOf = ({ lines, currency }: Sale): Money[] =>
  lines.map(({ unitPrice, quantity }) => multiply({ amount: unitPrice, currency }, quantity));

/** Indexes of the lines that a promotion is for. */
const linesFor = ({ productIds, categoryIds }: Promotion, { lines }: Sale): number[] => {
  const all = productIds.length === 0 && categoryIds.length === 0;
  return lines.flatMap(({ productId, categoryId }, index) =>
    all ||
    (productId !== null && productIds.includes(productId)) ||
    (categoryId !== null && categoryIds.includes(categoryId))
      ? [index]
      : [],
  );
};

/** Why a promotion cannot apply to a sale, whatever else applies; null when it can. */
export function refusalOf(promotion: Promotion, sale: Sale): Refusal | null {
  const { startsAt, endsAt, usageLimit, used, currency, minimumAmount, customerGroupIds } = promotion;
  if (startsAt && startsAt > sale.now) return 'not-started';
  if (endsAt && endsAt <= sale.now) return 'ended';
  if (usageLimit !== null && used >= usageLimit) return 'used-up';
  if (customerGroupIds.length > 0 && !customerGroupIds.some((id) => sale.groupIds.includes(id)))
    return 'customer-group';
  const spent = sale.spent?.get(promotion.id);
  if (spent) return spent;
  if (currency !== null && currency !== sale.currency) return 'currency';
  const indexes = linesFor(promotion, sale);
  if (indexes.length === 0) return 'no-product';
  const gross = grossOf(sale);
  const reached = sum(
    indexes.map((index) => gross[index]),
    sale.currency,
  ).amount;
  if (minimumAmount !== null && reached < minimumAmount) return 'minimum';
  const pieces = indexes.reduce((all, index) => all + sale.lines[index].quantity, 0);
  if (promotion.kind === 'buy_x_get_y' && pieces < promotion.buyQuantity! + promotion.getQuantity!) return 'no-product';
  return null;
}

/**
 * Applies promotions to a sale. Those that may be combined apply together, one after the other by priority; one that may
 * not applies alone. Of these choices the one that saves the shopper most is taken.
 */
export function discountsOf(promotions: readonly Promotion[], sale: Sale): Discounts {
  const refused: Discounts['refused'] = [];
  const fit = [...promotions]
    .sort((a, b) => a.priority - b.priority || (a.id < b.id ? -1 : 1))
    .filter((promotion) => {
      const reason = refusalOf(promotion, sale);
      if (reason) refused.push({ promotion, reason });
      return reason === null;
    });
  const choices = [
    fit.filter(({ combinable }) => combinable),
    ...fit.filter((each) => !each.combinable).map((each) => [each]),
  ];
  const best = choices
    .map((choice) => applyInTurn(choice, sale))
    .reduce((a, b) => (worthOf(b, sale) > worthOf(a, sale) ? b : a));
  const left = fit.filter((promotion) => !best.applied.some((each) => each.promotion === promotion));
  return {
    ...best,
    refused: [...refused, ...left.map((promotion) => ({ promotion, reason: 'not-combinable' as const }))],
  };
}

const worthOf = ({ lines, freeShipping }: Discounts, { freight }: Sale): number =>
  lines.reduce((all, each) => all + each, 0) + (freeShipping ? freight : 0);

function applyInTurn(promotions: readonly Promotion[], sale: Sale): Discounts {
  const gross = grossOf(sale).map(({ amount }) => amount);
  const lines = gross.map(() => 0);
  const applied = promotions.map((promotion) => {
    const indexes = linesFor(promotion, sale);
    const left = indexes.map((index): Money => ({ amount: gross[index] - lines[index], currency: sale.currency }));
    const parts = partsOf(promotion, sale, indexes, left);
    parts.forEach((part, at) => (lines[indexes[at]] += part));
    return { promotion, amount: parts.reduce((all, part) => all + part, 0) };
  });
  return { lines, freeShipping: promotions.some(({ kind }) => kind === 'free_shipping'), applied, refused: [] };
}

/** What a promotion takes off each of its lines, never more than is left of it. */
function partsOf(promotion: Promotion, sale: Sale, indexes: readonly number[], left: readonly Money[]): number[] {
  const { currency } = sale;
  const spread = (total: Money): number[] =>
    allocate(
      total,
      left.map(({ amount }) => amount),
    ).map(({ amount }) => amount);
  const whole = sum(left, currency);
  switch (promotion.kind) {
    case 'percentage':
      return spread(multiply(whole, share(promotion.basisPoints!)));
    case 'amount':
      return spread({ amount: Math.min(promotion.amount!, whole.amount), currency });
    case 'buy_x_get_y':
      return gotPieces(promotion, sale, indexes).map((pieces, at) => {
        const { unitPrice } = sale.lines[indexes[at]];
        const off = multiply({ amount: unitPrice, currency }, pieces, share(promotion.basisPoints ?? 10_000));
        return Math.min(off.amount, left[at].amount);
      });
    case 'free_shipping':
      return indexes.map(() => 0);
  }
}

/** For every `buy + get` pieces the cheapest `get` ones. */
function gotPieces({ buyQuantity, getQuantity }: Promotion, { lines }: Sale, indexes: readonly number[]): number[] {
  const pieces = indexes.reduce((all, index) => all + lines[index].quantity, 0);
  let got = Math.floor(pieces / (buyQuantity! + getQuantity!)) * getQuantity!;
  const parts = indexes.map(() => 0);
  const cheapestFirst = indexes
    .map((index, at) => ({ at, ...lines[index] }))
    .sort((a, b) => a.unitPrice - b.unitPrice || a.at - b.at);
  for (const { at, quantity } of cheapestFirst) {
    parts[at] = Math.min(quantity, got);
    got -= parts[at];
  }
  return parts;
}

const share = (basisPoints: number) => ({ numerator: BigInt(basisPoints), denominator: 10_000n });

/** A code as it is stored and compared: people type it in any case, with blanks around it. */
export const canonicalCode = (code: string): string => code.trim().toUpperCase();
