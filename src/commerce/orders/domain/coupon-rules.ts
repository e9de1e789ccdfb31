import { AppError, conflict, invalid, notFound } from '../../../kernel/errors/app-error';
import type { Promotion, Refusal } from './promotions';

/** What a shop says of a coupon; the rest is counted. */
export type CouponTerms = Omit<Promotion, 'id' | 'used'> & { active: boolean };

/** Members that each kind needs; the other ones of the list it must not have. */
const NEEDS: Record<Promotion['kind'], (keyof CouponTerms)[]> = {
  percentage: ['basisPoints'],
  amount: ['amount'],
  buy_x_get_y: ['buyQuantity', 'getQuantity'],
  free_shipping: [],
};
const MAY: Partial<Record<Promotion['kind'], (keyof CouponTerms)[]>> = { buy_x_get_y: ['basisPoints'] };
const OF_KINDS = ['basisPoints', 'amount', 'buyQuantity', 'getQuantity'] as const;

/** @throws AppError invalid `orders.coupon-invalid`, naming everything that is wrong */
export function checkTerms(terms: CouponTerms, minimumCurrency?: string | null): void {
  const errors: { pointer: string; code: string; detail: string }[] = [];
  const fault = (member: string, code: string, detail: string): void =>
    void errors.push({ pointer: `/${member}`, code, detail });
  const { kind } = terms;
  for (const member of NEEDS[kind])
    if (terms[member] === null) fault(member, 'required', `A coupon of kind ${kind} needs ${member}.`);
  for (const member of OF_KINDS)
    if (terms[member] !== null && !NEEDS[kind].includes(member) && !MAY[kind]?.includes(member))
      fault(member, 'not-allowed', `A coupon of kind ${kind} has no ${member}.`);
  const amounts = terms.amount !== null || terms.minimumAmount !== null;
  if (amounts && terms.currency === null) fault('currency', 'required', 'Amounts need their currency.');
  if (!amounts && terms.currency !== null) fault('currency', 'not-allowed', 'Without an amount there is no currency.');
  if (minimumCurrency && minimumCurrency !== terms.currency)
    fault('minimum/currency', 'mixed-currencies', 'Amount and minimum are of one currency.');
  for (const member of ['amount', 'minimumAmount'] as const)
    if (terms[member] === 0) fault(member === 'amount' ? 'amount' : 'minimum', 'not-positive', 'It is above nothing.');
  if (terms.startsAt && terms.endsAt && terms.endsAt <= terms.startsAt)
    fault('endsAt', 'before-start', 'It ends after it starts.');
  if (errors.length > 0) throw invalid('orders.coupon-invalid', 'The coupon does not make sense.', { errors });
}

export const couponNotFound = (): AppError => notFound('orders.coupon-not-found', 'No such coupon.');

export const couponTaken = (code: string): AppError =>
  conflict('orders.coupon-taken', `There is a coupon with the code ${code} already.`);

export const couponStale = (): AppError =>
  conflict('orders.coupon-stale', 'Somebody else changed the coupon meanwhile.', {
    hint: 'Read it again and repeat the change.',
  });

export const couponLimitTooLow = (used: number): AppError =>
  conflict('orders.coupon-limit-too-low', `The coupon is used ${used} times already.`, {
    hint: 'Take it out of use instead.',
    used,
  });

export const unknownGroups = (ids: readonly string[]): AppError =>
  invalid('orders.coupon-invalid', 'The coupon does not make sense.', {
    errors: ids.map((id) => ({
      pointer: '/customerGroupIds',
      code: 'unknown-group',
      detail: `There is no group ${id}.`,
    })),
  });

export const unknownCoupon = (): AppError =>
  invalid('orders.unknown-coupon', 'There is no coupon with this code.', {
    errors: [{ pointer: '/code', code: 'unknown-coupon', detail: 'No coupon of the shop has this code.' }],
  });

const WHY: Record<Refusal, string> = {
  inactive: 'is not in use',
  'not-started': 'is not valid yet',
  ended: 'is not valid any more',
  'used-up': 'is used up',
  'customer-group': 'is for other customers, or for who is signed in',
  currency: 'is for another currency',
  'no-product': 'is for nothing that is in the cart',
  minimum: 'needs more in the cart',
  'not-combinable': 'cannot be combined with a better offer that the cart has',
  'customer-limit': 'was used by this customer already',
  'first-order': 'is for first orders',
};

/** A promotion that applied by itself, and that somebody else, or the shopper elsewhere, used up meanwhile. */
export const promotionRefused = (name: string, reason: Refusal): AppError =>
  conflict('orders.coupon-refused', `${name} ${WHY[reason]}.`, {
    hint: 'Read the cart again: without it the price is another.',
    reason,
  });

/** A coupon that does not apply; `reason` says why in a word. */
export const couponRefused = (name: string, reason: Refusal): AppError =>
  conflict('orders.coupon-refused', `${name} ${WHY[reason]}.`, {
    hint: 'Take it out of the cart, or change the cart.',
    reason,
  });

export const mostCoupons = (most: number): AppError =>
  conflict('orders.too-many-coupons', `A cart takes at most ${most} coupons.`);
