import { Query } from '@nestjs/cqrs';
import type { OrderFacts } from './order-events';

/** An order that is paid, with when it was placed and when all of it had left (RFC 3339, null: not yet). */
export interface SoldOrder {
  facts: OrderFacts;
  placedAt: string;
  shippedAt: string | null;
}

/**
 * Paid orders of a channel, without cancelled ones, in the order of their ids, behind `after`: for books that are kept
 * of what was sold before. `left` is how many there are behind `after`, this page included.
 */
export class SoldOrdersQuery extends Query<{ orders: SoldOrder[]; left: number }> {
  constructor(readonly request: { channel: 'web' | 'import'; after: string | null; limit: number }) {
    super();
  }
}
