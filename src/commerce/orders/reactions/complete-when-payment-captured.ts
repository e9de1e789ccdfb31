import { CommandBus } from '@nestjs/cqrs';
import { Reaction, type Reacts } from '../../../kernel/messaging/reaction';
import type { StoredEvent } from '../../../kernel/messaging/domain-event';
import { PaymentCaptured } from '../../../money/payments/contracts/payment-events';
import { CompleteOrderCommand } from '../contracts/complete-order';

/** Webhook, poller and the browser's return all say that a payment is captured; the order is completed, once. */
@Reaction({ name: 'orders.complete-when-payment-captured', on: PaymentCaptured })
export class CompleteWhenPaymentCaptured implements Reacts<PaymentCaptured> {
  constructor(private readonly commands: CommandBus) {}

  async react({ payload }: StoredEvent<PaymentCaptured>): Promise<void> {
    if (payload.payable.type !== 'order') return;
    await this.commands.execute(new CompleteOrderCommand({ orderId: payload.payable.id }));
  }
}
