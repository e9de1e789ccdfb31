import type { StoredEvent } from '../../../kernel/messaging/domain-event';
import { NotYet, Reaction, type Reacts } from '../../../kernel/messaging/reaction';
import { PaymentCleared, ReviewOpened } from '../../../money/fraud/contracts/fraud-events';
import { OrderEntries } from '../data/order-entries';
import { OrderRepository } from '../data/order.repository';

/** The opening of a review is followed before its end. */
const byPayable = ({ payload }: { payload: object }): string =>
  `review/${(payload as { payable: { id: string } }).payable.id}`;

/** An order whose payment is charged and reviewed stays in the house: what is only reserved is not shipped anyway. */
@Reaction({
  name: 'orders.hold-when-payment-reviewed',
  on: ReviewOpened,
  orderingKey: (event) => byPayable(event),
})
export class HoldWhenPaymentReviewed implements Reacts<ReviewOpened> {
  constructor(
    private readonly orders: OrderRepository,
    private readonly entries: OrderEntries,
  ) {}

  async react({ payload: { payable, charged } }: StoredEvent<ReviewOpened>): Promise<void> {
    const order = payable.type === 'order' && charged ? await this.orders.lock(payable.id) : null;
    if (!order) return;
    // The charge is known to payments, and the order hears of it by a way of its own.
    if (order.status === 'pending_payment') throw new NotYet();
    if (!order.holdForReview()) return;
    this.entries.add({ orderId: order.id, kind: 'held', note: 'Its payment is being reviewed.' });
    this.orders.save(order);
  }
}

/** A good judgement lets it go; what a person held for other reasons stays. */
@Reaction({
  name: 'orders.let-go-when-payment-cleared',
  on: PaymentCleared,
  orderingKey: (event) => byPayable(event),
})
export class LetGoWhenPaymentCleared implements Reacts<PaymentCleared> {
  constructor(
    private readonly orders: OrderRepository,
    private readonly entries: OrderEntries,
  ) {}

  async react({ payload: { payable } }: StoredEvent<PaymentCleared>): Promise<void> {
    const order = payable.type === 'order' ? await this.orders.lock(payable.id) : null;
    if (!order?.endReview()) return;
    this.entries.add({ orderId: order.id, kind: 'let_go', note: 'Its payment was accepted.' });
    this.orders.save(order);
  }
}
