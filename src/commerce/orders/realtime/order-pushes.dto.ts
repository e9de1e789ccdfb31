import { ApiProperty } from '@nestjs/swagger';
import { ServerPush } from '../../../kernel/realtime/socket-events';
import type { FulfilmentStatus, OrderPaymentStatus, OrderStatus, ReturnStatus } from '../contracts/order-status';

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
const PAYMENT: OrderPaymentStatus[] = ['pending', 'authorized', 'paid', 'voided', 'refunding', 'refunded'];
const FULFILMENT: FulfilmentStatus[] = ['none', 'backordered', 'allocated', 'partly_fulfilled', 'fulfilled'];
const RETURN: ReturnStatus[] = ['none', 'returning', 'returned'];

export class OrderTotalPush {
  /** Minor units. @example 4990 */
  @ApiProperty({ type: 'integer' })
  amount: number;
  /** @example "EUR" */
  currency: string;
}

/**
 * An order was placed, or something that is shown of it changed: a status, what was refunded, that it arrived, its total.
 * Once a commit; whoever wants more reads the order.
 */
@ServerPush('order.updated', { to: 'Staff of the shop, and the shopper whose order it is.' })
export class OrderUpdatedPush {
  orderId: string;
  /** @example "2026-000042" */
  number: string;
  @ApiProperty({ enum: STATUSES, example: 'paid' })
  status: OrderStatus;
  @ApiProperty({ enum: PAYMENT, example: 'paid' })
  paymentStatus: OrderPaymentStatus;
  @ApiProperty({ enum: FULFILMENT, example: 'none' })
  fulfilmentStatus: FulfilmentStatus;
  @ApiProperty({ enum: RETURN, example: 'none' })
  returnStatus: ReturnStatus;
  total: OrderTotalPush;
  /** Grows with each change; an older one is ignored. @example 3 */
  @ApiProperty({ type: 'integer', nullable: true })
  version: number | null;
}
