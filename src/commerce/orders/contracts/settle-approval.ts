import { Command } from '@nestjs/cqrs';
import type { OrderStatus } from './order-status';

/**
 * Tells an order what came of its approval; joins the caller's transaction. Approved, it may be paid; otherwise it is
 * cancelled and its stock given back. An order that waits for no approval (any more) stays as it is.
 * @throws AppError not-found `orders.order-not-found`
 */
export class SettleApprovalCommand extends Command<{ status: OrderStatus }> {
  constructor(readonly approval: { orderId: string; approved: boolean; note: string | null }) {
    super();
  }
}
