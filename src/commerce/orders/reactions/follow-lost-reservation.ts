import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { Clock } from '../../../kernel/clock/clock';
import type { Transaction } from '../../../kernel/database/transaction';
import type { StoredEvent } from '../../../kernel/messaging/domain-event';
import { Reaction, type Reacts } from '../../../kernel/messaging/reaction';
import { PaymentVoided } from '../../../money/payments/contracts/payment-events';
import { PaymentViewQuery } from '../../../money/payments/contracts/payment-view-query';
import { ReleaseHoldCommand } from '../../inventory/contracts/hold-stock';
import { CancelOrderCommand } from '../commands/cancel-order';
import { OrderRepository } from '../data/order.repository';
import { REPAY_HOURS } from '../domain/cart.policy';
import { CancelUnpaidOrder } from './cancel-unpaid-order';

/**
 * What was reserved for an order is gone without being captured. Called off by the shop: the order ends. Lapsed at the
 * bank or refused at the capture: its stock goes back to the shelf, and its shopper may pay anew for a while.
 */
@Reaction({ name: 'orders.follow-lost-reservation', on: PaymentVoided })
export class FollowLostReservation implements Reacts<PaymentVoided> {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
    private readonly clock: Clock,
    private readonly orders: OrderRepository,
  ) {}

  async react({ payload: { payable } }: StoredEvent<PaymentVoided>, tx: Transaction): Promise<void> {
    if (payable.type !== 'order') return;
    const order = await this.orders.lock(payable.id);
    if (order?.paymentStatus !== 'authorized' || order.status === 'cancelled') return;
    const [payment] = await this.queries.execute(new PaymentViewQuery({ payableIds: [order.id] }));
    if (payment?.status === 'canceled' || payment?.status === 'expired') {
      await this.commands.execute(new CancelOrderCommand({ orderId: order.id, reason: 'payment_voided' }));
    } else if (payment?.status === 'requires_payment_method') {
      const until = new Date(this.clock.now().getTime() + REPAY_HOURS * 3_600_000);
      order.loseAuthorization(until);
      this.orders.save(order);
      const reference = { type: 'order' as const, id: order.id };
      await this.commands.execute(new ReleaseHoldCommand({ reference, reason: 'reservation of the money lost' }));
      tx.timer(CancelUnpaidOrder, { orderId: order.id }, until);
    }
  }
}
