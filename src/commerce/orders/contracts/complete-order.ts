import { Command } from '@nestjs/cqrs';
import type { OrderStatus } from './order-status';

/**
 * The one way in which an order becomes authorized or paid: checkout, the browser's return, webhook and poller all end
 * here. To be sent once the payment is reserved or captured; joins the caller's transaction. Idempotent: an order that is paid stays as it is.
 * The hold is committed; where it lapsed and the goods are gone, the order goes on hold and the money back.
 * @throws AppError not-found `orders.order-not-found`
 */
export class CompleteOrderCommand extends Command<{ status: OrderStatus }> {
  constructor(readonly request: { orderId: string }) {
    super();
  }
}
