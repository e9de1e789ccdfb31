import { QueryBus } from '@nestjs/cqrs';
import type { Transaction } from '../../../kernel/database/transaction';
import { Timer, type Fires } from '../../../kernel/messaging/reaction';
import { PaymentViewQuery } from '../../../money/payments/contracts/payment-view-query';
import { OrderEntries } from '../data/order-entries';
import { OrderRepository } from '../data/order.repository';

/**
 * Reminds the shopper of an order whose payment failed, or was left at the bank, and was not followed by another, while it
 * can still be paid.
 */
@Timer({ name: 'orders.remind-of-unpaid-order' })
export class RemindOfUnpaidOrder implements Fires<{ orderId: string }> {
  constructor(
    private readonly orders: OrderRepository,
    private readonly entries: OrderEntries,
    private readonly queries: QueryBus,
  ) {}

  async fire({ orderId }: { orderId: string }, tx: Transaction): Promise<void> {
    const order = await this.orders.lock(orderId);
    if (order?.status !== 'pending_payment') return;
    const [payment] = await this.queries.execute(new PaymentViewQuery({ payableIds: [orderId] }));
    // The bank is at it: there is nothing left to do for the shopper.
    if (payment?.status === 'processing') return;
    // Several tries may have failed: one reminder is enough.
    const [told] = await tx.query<{ id: string }>(
      `select id from orders.order_entries where tenant_id = $1 and order_id = $2 and kind = 'reminded' limit 1`,
      [tx.tenantId, orderId],
    );
    if (told) return;
    this.entries.add({ orderId, kind: 'reminded', shownToCustomer: true });
    order.remind();
    this.orders.recordEvents(order);
  }
}
