import { CommandBus, QueryBus } from '@nestjs/cqrs';
import type { Transaction } from '../../../kernel/database/transaction';
import type { StoredEvent } from '../../../kernel/messaging/domain-event';
import { NotYet, Reaction, Timer, type Fires, type Reacts } from '../../../kernel/messaging/reaction';
import { PaymentViewQuery } from '../../../money/payments/contracts/payment-view-query';
import { CancelOrderCommand } from '../commands/cancel-order';
import { OrderAuthorized } from '../contracts/order-events';
import { OrderPolicies } from '../data/order-policies';
import { daysAfter } from '../domain/order-policy';

interface Reserved {
  orderId: string;
  /** RFC 3339, to the millisecond: what was reserved anew later has a timer of its own. */
  authorizedAt: string;
}

/** Money that nobody captured in the shop's time is let go and its order cancelled, before the bank lets it lapse. */
@Timer({ name: 'orders.end-lapsed-reservation' })
export class EndLapsedReservation implements Fires<Reserved> {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  async fire({ orderId, authorizedAt }: Reserved, tx: Transaction): Promise<void> {
    const [order] = await tx.query<{ id: string }>(
      `select id from orders.orders where tenant_id = $1 and id = $2 and payment_status = 'authorized'
         and authorized_at = $3 and cancelled_at is null for update`,
      [tx.tenantId, orderId, authorizedAt],
    );
    if (!order) return;
    const [payment] = await this.queries.execute(new PaymentViewQuery({ payableIds: [orderId] }));
    if (payment?.attemptState === 'capture_started') throw new NotYet('a capture is under way', 60);
    await this.commands.execute(new CancelOrderCommand({ orderId, reason: 'payment_voided' }));
  }
}

/** The time of a reservation begins. */
@Reaction({ name: 'orders.watch-when-order-authorized', on: OrderAuthorized })
export class WatchWhenOrderAuthorized implements Reacts<OrderAuthorized> {
  constructor(private readonly policies: OrderPolicies) {}

  async react({ payload, at }: StoredEvent<OrderAuthorized>, tx: Transaction): Promise<void> {
    const { voidReservedAfterDays } = await this.policies.find();
    if (voidReservedAfterDays === null) return;
    const due = daysAfter(at, voidReservedAfterDays);
    const { orderId, authorizedAt } = payload;
    tx.timer(EndLapsedReservation, { orderId, authorizedAt }, due);
  }
}
