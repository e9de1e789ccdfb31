/**
 * A hold on stock: `active` until it is committed, given back or lapses; `committed` until the goods leave or are given
 * back. Rows in an end state never change (a trigger says so too, with the same table of edges).
 */
export const RESERVATION_STATES = ['active', 'committed', 'released', 'expired', 'fulfilled'] as const;
export type ReservationState = (typeof RESERVATION_STATES)[number];

const EDGES: Record<ReservationState, readonly ReservationState[]> = {
  active: ['committed', 'released', 'expired'],
  committed: ['fulfilled', 'released'],
  released: [],
  expired: [],
  fulfilled: [],
};

export const canMoveReservation = (from: ReservationState, to: ReservationState): boolean => EDGES[from].includes(to);

/** States from which `to` may be reached, for the WHERE of an update. */
export const reservationSources = (to: ReservationState): ReservationState[] =>
  RESERVATION_STATES.filter((from) => canMoveReservation(from, to));

/** A hold as its row says. */
export interface Reservation {
  id: string;
  state: ReservationState;
  expiresAt: Date;
  /** Goods must keep beyond this; null: beyond the time at which they are promised. */
  needBy: Date | null;
}
