/** Status of an order: derived from its payment, fulfilment and return, never set by hand. */
export type OrderStatus =
  | 'draft'
  /** Its stock is held, nothing is charged; somebody in the buyer's company decides. */
  | 'awaiting_approval'
  | 'pending_payment'
  /** Its payment is reserved and not captured yet; its stock is promised. */
  | 'authorized'
  | 'paid'
  | 'allocated'
  | 'partly_fulfilled'
  | 'fulfilled'
  | 'closed'
  | 'on_hold'
  | 'returning'
  | 'returned'
  | 'cancelled';

export type OrderPaymentStatus = 'pending' | 'authorized' | 'paid' | 'voided' | 'refunding' | 'refunded';
export type FulfilmentStatus = 'none' | 'backordered' | 'allocated' | 'partly_fulfilled' | 'fulfilled';
export type ReturnStatus = 'none' | 'returning' | 'returned';
/** Where one return of an order is. */
export type ReturnState =
  | 'requested'
  | 'approved'
  | 'rejected'
  | 'cancelled'
  | 'received'
  | 'inspected'
  | 'refunding'
  | 'refunded'
  | 'exchanged'
  | 'closed';
