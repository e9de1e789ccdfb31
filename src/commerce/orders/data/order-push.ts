import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../../kernel/database/transaction';
import { InPlaceOfReactions } from '../../../kernel/messaging/reaction';
import { Realtime } from '../../../kernel/realtime/realtime';
import type { Order } from '../domain/order';

/**
 * Shows a change of an order to the shop's staff and to its shopper, where they are looking: `order.updated`, once a
 * commit, with what the order is then.
 */
@Injectable()
@InPlaceOfReactions(
  'orders.push-when-order-placed',
  'orders.push-when-order-authorized',
  'orders.push-when-order-paid',
  'orders.push-when-order-put-on-hold',
  'orders.push-when-order-cancelled',
  'orders.push-when-order-fulfilled',
)
export class OrderPush {
  constructor(private readonly realtime: Realtime) {}

  /** Tells what the order is now, once the transaction is committed. */
  later(order: Order, tx: Transaction): void {
    const { id: orderId, number, status, paymentStatus, fulfilmentStatus, returnStatus, version, userId } = order;
    const { tenantId } = tx;
    const total = { amount: order.total, currency: order.currency };
    const update = { orderId, number, status, paymentStatus, fulfilmentStatus, returnStatus, total, version };
    tx.afterCommit(() => {
      this.realtime.toStaff(tenantId, 'order.updated', update);
      if (userId) this.realtime.toUser(tenantId, userId, 'order.updated', update);
    }, `order.updated ${orderId}`);
  }
}
