import type { Invoicing } from './invoice';

/** `sum` adds both quantities, `highest` takes the larger one, `guest` that of the guest's cart. */
export type CartMerge = 'sum' | 'highest' | 'guest';

/** After which time a shop's orders move on by themselves; null: never. */
export interface OrderPolicy {
  /** Minutes after a payment that was declined, or left at the bank, until the shopper is reminded, while the order can still be paid. */
  remindUnpaidAfterMinutes: number | null;
  /** What becomes of a SKU that is both in a guest's cart and in the customer's when these are merged. */
  cartMerge: CartMerge;
  /** Minutes for which a cart holds what is put into it; null: carts hold nothing. */
  cartHoldMinutes: number | null;
  /** When a reserved payment is captured: before the first parcel leaves, or only when staff asks for it. */
  captureOn: 'shipment' | 'request';
  /** Days after which a reservation that nobody captured is let go, and its order cancelled. */
  voidReservedAfterDays: number | null;
  /** Days after the last parcel left until an order counts as delivered, unless somebody said so before. */
  deliverShippedAfterDays: number | null;
  /** Days after delivery until the order is closed, and not before its return window is over. */
  closeDeliveredAfterDays: number | null;
  /** Days after delivery (after shipping where none is known) within which shoppers may ask to return goods. */
  returnWindowDays: number;
  /** What invoices say of the shop. */
  invoicing: Invoicing;
}

/**
 * What holds for a shop that said nothing. Card networks keep a reservation for seven days. Thirty days to return is more than the fourteen of EU directive 2011/83, art. 9.
 */
export const DEFAULT_POLICY: OrderPolicy = {
  remindUnpaidAfterMinutes: null,
  cartMerge: 'highest',
  cartHoldMinutes: null,
  captureOn: 'shipment',
  voidReservedAfterDays: 7,
  deliverShippedAfterDays: 14,
  closeDeliveredAfterDays: 30,
  returnWindowDays: 30,
  invoicing: {},
};

/** The moment so many days of 24 hours later. */
export const daysAfter = (at: Date, days: number): Date => new Date(at.getTime() + days * 86_400_000);
