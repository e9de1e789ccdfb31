import type { ActionList } from './action';

/** Coupons and shipping. One line each, in alphabetical order. */
export const PRICING: ActionList = {
  AddCartCoupon: ['data', 'The code of a coupon was entered into a cart.'],
  ChangeCoupon: ['data', 'A coupon was changed.'],
  ChangeShippingMethod: ['data', 'A shipping method was changed.'],
  ChooseShippingMethod: ['data', 'It was chosen how a cart is shipped.'],
  CreateCoupon: ['data', 'A coupon was made.'],
  CreateShippingMethod: ['data', 'A shipping method was made.'],
  RemoveCartCoupon: ['data', 'A coupon was taken out of a cart.'],
};
