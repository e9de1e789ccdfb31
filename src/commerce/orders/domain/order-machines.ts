import type { FulfilmentStatus, OrderPaymentStatus, OrderStatus, ReturnStatus } from '../contracts/order-status';

/**
 * The one table of allowed edges. Code, the guarded UPDATE and a trigger use it, and a test tries every pair.
 * A state may always stay as it is.
 */
export const ORDER_EDGES: Record<OrderStatus, readonly OrderStatus[]> = {
  draft: ['awaiting_approval', 'pending_payment', 'cancelled'],
  awaiting_approval: ['pending_payment', 'cancelled'],
  pending_payment: ['authorized', 'paid', 'on_hold', 'cancelled'],
  // What is reserved may be lost: then the order waits for another payment.
  authorized: ['paid', 'allocated', 'pending_payment', 'on_hold', 'cancelled'],
  paid: ['allocated', 'partly_fulfilled', 'fulfilled', 'on_hold', 'cancelled'],
  allocated: ['partly_fulfilled', 'fulfilled', 'on_hold', 'cancelled'],
  partly_fulfilled: ['fulfilled', 'on_hold', 'returning'],
  fulfilled: ['closed', 'returning'],
  closed: [],
  on_hold: ['pending_payment', 'authorized', 'paid', 'allocated', 'partly_fulfilled', 'cancelled'],
  returning: ['partly_fulfilled', 'fulfilled', 'returned'],
  returned: ['closed'],
  cancelled: [],
};

export const PAYMENT_EDGES: Record<OrderPaymentStatus, readonly OrderPaymentStatus[]> = {
  pending: ['authorized', 'paid', 'voided', 'refunding', 'refunded'],
  authorized: ['paid', 'pending', 'voided', 'refunding'],
  paid: ['refunding', 'refunded'],
  // Money that arrives after the order was given up goes back.
  voided: ['refunding', 'refunded'],
  refunding: ['refunded'],
  // Money that went back may come back to the shop.
  refunded: ['refunding', 'paid'],
};

export const FULFILMENT_EDGES: Record<FulfilmentStatus, readonly FulfilmentStatus[]> = {
  none: ['backordered', 'allocated', 'partly_fulfilled', 'fulfilled'],
  // Paid, or reserved, and goods of it are still to come; `allocated` once they are here.
  backordered: ['none', 'allocated', 'partly_fulfilled', 'fulfilled'],
  allocated: ['none', 'partly_fulfilled', 'fulfilled'],
  partly_fulfilled: ['fulfilled'],
  fulfilled: [],
};

export const RETURN_EDGES: Record<ReturnStatus, readonly ReturnStatus[]> = {
  none: ['returning'],
  returning: ['none', 'returned'],
  returned: [],
};

export const MACHINES = {
  order: ORDER_EDGES,
  payment: PAYMENT_EDGES,
  fulfilment: FULFILMENT_EDGES,
  return: RETURN_EDGES,
} as const;

/** True when the machine may go from one state to the other, or stays. */
export function edgeAllowed(machine: keyof typeof MACHINES, from: string, to: string): boolean {
  if (from === to) return true;
  const edges = MACHINES[machine] as Record<string, readonly string[]>;
  return edges[from]?.includes(to) ?? false;
}

/** What an order's status is derived from. */
export interface OrderFacets {
  paymentStatus: OrderPaymentStatus;
  fulfilmentStatus: FulfilmentStatus;
  returnStatus: ReturnStatus;
  onHoldReason: string | null;
  placedAt: Date | null;
  cancelledAt: Date | null;
  closedAt: Date | null;
}

/** The status of an order: the same rule as the generated column. */
export function deriveStatus(facets: OrderFacets): OrderStatus {
  if (facets.cancelledAt) return 'cancelled';
  if (facets.closedAt) return 'closed';
  if (facets.onHoldReason === 'approval') return 'awaiting_approval';
  if (facets.onHoldReason !== null) return 'on_hold';
  if (facets.returnStatus !== 'none') return facets.returnStatus;
  if (facets.fulfilmentStatus === 'fulfilled' || facets.fulfilmentStatus === 'partly_fulfilled')
    return facets.fulfilmentStatus;
  if (!facets.placedAt) return 'draft';
  if (facets.paymentStatus === 'authorized') return 'authorized';
  if (facets.paymentStatus !== 'paid') return 'pending_payment';
  return facets.fulfilmentStatus === 'allocated' ? 'allocated' : 'paid';
}
