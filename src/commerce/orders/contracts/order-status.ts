/** Status of an order: derived from its payment, fulfilment and return, never set by hand. */
export type OrderStatus =
  | 'draft'
  | 'pending_payment'
  | 'paid'
  | 'allocated'
  | 'partly_fulfilled'
  | 'fulfilled'
  | 'closed'
  | 'on_hold'
  | 'returning'
  | 'returned'
  | 'cancelled';

export type OrderPaymentStatus = 'pending' | 'paid' | 'voided' | 'refunding' | 'refunded';
export type FulfilmentStatus = 'none' | 'allocated' | 'partly_fulfilled' | 'fulfilled';
export type ReturnStatus = 'none' | 'returning' | 'returned';
