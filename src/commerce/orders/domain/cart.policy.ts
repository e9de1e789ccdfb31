/** Days that an untouched cart lives. */
export const CART_DAYS = 30;
/** Days from which on carts are told by whole days: those begun earlier may be forgotten, and are added up. */
export const FUNNEL_DAYS = CART_DAYS + 1;
/** Minutes that stock is held for an unpaid order. */
export const HOLD_MINUTES = 30;
/** Minutes that stock stays held after a declined payment; later tries hold it again if it is still there. */
export const DECLINED_HOLD_MINUTES = 5;
export const MOST_LINES = 200;
export const MOST_PIECES = 1_000_000;
/** Hours for which an order can be paid anew after what was reserved for it was lost. */
export const REPAY_HOURS = 24;
