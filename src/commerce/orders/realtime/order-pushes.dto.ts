import { ApiProperty } from '@nestjs/swagger';
import { ServerPush } from '../../../kernel/realtime/socket-events';
import type { OrderStatus } from '../contracts/order-status';

const STATUSES: OrderStatus[] = [
  'draft',
  'awaiting_approval',
  'pending_payment',
  'authorized',
  'paid',
  'allocated',
  'partly_fulfilled',
  'fulfilled',
  'closed',
  'on_hold',
  'returning',
  'returned',
  'cancelled',
];

export class OrderTotalPush {
  /** Minor units. @example 4990 */
  @ApiProperty({ type: 'integer' })
  amount: number;
  /** @example "EUR" */
  currency: string;
}

/** An order was placed, or its status changed; whoever wants more reads the order. */
@ServerPush('order.updated', { to: 'Staff of the shop, and the shopper whose order it is.' })
export class OrderUpdatedPush {
  orderId: string;
  /** @example "2026-000042" */
  number: string;
  @ApiProperty({ enum: STATUSES, example: 'paid' })
  status: OrderStatus;
  total: OrderTotalPush;
  /** Grows with each change; an older one is ignored. @example 3 */
  @ApiProperty({ type: 'integer', nullable: true })
  version: number | null;
}
