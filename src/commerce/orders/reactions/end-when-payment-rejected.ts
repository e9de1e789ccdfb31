import { CommandBus } from '@nestjs/cqrs';
import type { StoredEvent } from '../../../kernel/messaging/domain-event';
import { Reaction, type Reacts } from '../../../kernel/messaging/reaction';
import { PaymentRejected } from '../../../money/fraud/contracts/fraud-events';
import { CancelOrderCommand } from '../commands/cancel-order';
import { OrderRepository } from '../data/order.repository';

/** An order whose payment was judged to be bad ends: its stock goes back, and so does money that was taken already. */
@Reaction({ name: 'orders.end-when-payment-rejected', on: PaymentRejected })
export class EndWhenPaymentRejected implements Reacts<PaymentRejected> {
  constructor(
    private readonly commands: CommandBus,
    private readonly orders: OrderRepository,
  ) {}

  async react({ payload: { payable } }: StoredEvent<PaymentRejected>): Promise<void> {
    const order = payable.type === 'order' ? await this.orders.lock(payable.id) : null;
    // What has left the house already is for people to deal with.
    if (!order || order.status === 'cancelled' || !order.may('cancelled')) return;
    const note = 'The payment was not accepted.';
    await this.commands.execute(new CancelOrderCommand({ orderId: order.id, reason: 'payment_voided', note }));
  }
}
