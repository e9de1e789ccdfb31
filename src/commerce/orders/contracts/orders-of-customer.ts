import { Query } from '@nestjs/cqrs';
import type { Money } from '../../../kernel/money/money';

/** Something that happened to an order of a customer. */
export interface OrderHappening {
  kind: 'order-placed' | 'order-paid' | 'order-fulfilled' | 'order-cancelled';
  /** RFC 3339, microseconds. */
  at: string;
  orderId: string;
  number: string;
  total: Money;
}

/**
 * What happened to the orders of a customer, latest first, at most `limit`, none later than `until` (RFC 3339 as `at` says
 * it). One statement.
 */
export class OrdersOfCustomerQuery extends Query<OrderHappening[]> {
  constructor(readonly request: { customerId: string; until: string | null; limit: number }) {
    super();
  }
}
