import { CommandBus, QueryBus } from '@nestjs/cqrs';
import type { Transaction } from '../../../kernel/database/transaction';
import type { StoredEvent } from '../../../kernel/messaging/domain-event';
import { Reaction, Timer, type Fires, type Reacts } from '../../../kernel/messaging/reaction';
import { PaymentFailed } from '../../../money/payments/contracts/payment-events';
import { PaymentViewQuery } from '../../../money/payments/contracts/payment-view-query';
import { ReleaseHoldCommand } from '../../inventory/contracts/hold-stock';
import { OrderPolicies } from '../data/order-policies';
import { DECLINED_HOLD_MINUTES } from '../domain/cart.policy';
import { RemindOfUnpaidOrder } from './remind-of-unpaid-order';

interface Declined {
  orderId: string;
  attemptId: string;
}

/** Gives the stock of an order back whose last try to pay failed and was not followed by another. */
@Timer({ name: 'orders.let-go-when-declined' })
export class LetGoWhenDeclined implements Fires<Declined> {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  async fire({ orderId, attemptId }: Declined, tx: Transaction): Promise<void> {
    // A further try locks the order before it opens its payment: here it is either seen, or it waits and holds anew.
    const [order] = await tx.query<{ status: string }>(
      `select status from orders.orders where tenant_id = $1 and id = $2 for update`,
      [tx.tenantId, orderId],
    );
    if (order?.status !== 'pending_payment') return;
    const [payment] = await this.queries.execute(new PaymentViewQuery({ payableIds: [orderId] }));
    if (payment?.attemptId !== attemptId || payment.status !== 'requires_payment_method') return;
    await this.commands.execute(
      new ReleaseHoldCommand({ reference: { type: 'order', id: orderId }, reason: 'payment declined' }),
    );
  }
}

/** A declined payment shortens the time for which it keeps the goods from others; the order can still be paid. */
@Reaction({ name: 'orders.let-go-when-payment-failed', on: PaymentFailed })
export class LetGoWhenPaymentFailed implements Reacts<PaymentFailed> {
  constructor(private readonly policies: OrderPolicies) {}

  async react({ payload, at }: StoredEvent<PaymentFailed>, tx: Transaction): Promise<void> {
    if (payload.payable.type !== 'order') return;
    const due = new Date(at.getTime() + DECLINED_HOLD_MINUTES * 60_000);
    const orderId = payload.payable.id;
    tx.timer(LetGoWhenDeclined, { orderId, attemptId: payload.attemptId }, due);
    const { remindUnpaidAfterMinutes } = await this.policies.find();
    if (remindUnpaidAfterMinutes !== null)
      tx.timer(RemindOfUnpaidOrder, { orderId }, new Date(at.getTime() + remindUnpaidAfterMinutes * 60_000));
  }
}
