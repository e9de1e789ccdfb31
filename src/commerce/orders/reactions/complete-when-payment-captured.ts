import { CommandBus } from '@nestjs/cqrs';
import { Reaction, type Reacts } from '../../../kernel/messaging/reaction';
import type { StoredEvent } from '../../../kernel/messaging/domain-event';
import {
  PaymentAuthorized,
  PaymentCaptured,
  PaymentPartlyCaptured,
} from '../../../money/payments/contracts/payment-events';
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

/** Less was captured than was reserved, by decision: the rest of the order's total is not collected. */
@Reaction({ name: 'orders.complete-when-payment-partly-captured', on: PaymentPartlyCaptured })
export class CompleteWhenPaymentPartlyCaptured implements Reacts<PaymentPartlyCaptured> {
  constructor(private readonly commands: CommandBus) {}

  async react({ payload }: StoredEvent<PaymentPartlyCaptured>): Promise<void> {
    if (payload.payable.type !== 'order') return;
    await this.commands.execute(new CompleteOrderCommand({ orderId: payload.payable.id }));
  }
}

/** The money is reserved: the order is placed for good, and its stock promised. */
@Reaction({ name: 'orders.authorize-when-payment-authorized', on: PaymentAuthorized })
export class AuthorizeWhenPaymentAuthorized implements Reacts<PaymentAuthorized> {
  constructor(private readonly commands: CommandBus) {}

  async react({ payload }: StoredEvent<PaymentAuthorized>): Promise<void> {
    if (payload.payable.type !== 'order') return;
    await this.commands.execute(new CompleteOrderCommand({ orderId: payload.payable.id }));
  }
}
