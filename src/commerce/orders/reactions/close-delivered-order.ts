import { CommandBus } from '@nestjs/cqrs';
import type { Transaction } from '../../../kernel/database/transaction';
import { Timer, type Fires } from '../../../kernel/messaging/reaction';
import { CloseOrderCommand } from '../commands/close-order';
import { OrderPolicies } from '../data/order-policies';
import { daysAfter } from '../domain/order-policy';

interface Delivered {
  status: string;
  deliveredAt: Date | null;
  /** A shopper asked to send goods back, and nobody answered. */
  asked: boolean;
}

/**
 * A delivered order whose time is over is closed, and not before its goods can no longer be sent back; while they are on
 * their way back, or somebody asked to send them, it is looked at daily.
 */
@Timer({ name: 'orders.close-delivered-order' })
export class CloseDeliveredOrder implements Fires<{ orderId: string }> {
  constructor(
    private readonly commands: CommandBus,
    private readonly policies: OrderPolicies,
  ) {}

  async fire({ orderId }: { orderId: string }, tx: Transaction, now: Date): Promise<void> {
    const [order] = await tx.query<Delivered>(
      `select o.status, o.delivered_at as "deliveredAt", exists (select from orders.returns r
         where r.tenant_id = $1 and r.order_id = o.id and r.status = 'requested') as asked
       from orders.orders o where o.tenant_id = $1 and o.id = $2 for update`,
      [tx.tenantId, orderId],
    );
    const later = await this.notBefore(order, now);
    if (later) tx.timer(CloseDeliveredOrder, { orderId }, later);
    else if (order?.status === 'fulfilled' || order?.status === 'returned')
      await this.commands.execute(new CloseOrderCommand({ orderId }));
  }

  /** When it is to be looked at again; null: it is closed now, or never. */
  private async notBefore(order: Delivered | undefined, now: Date): Promise<Date | null> {
    if (order?.status === 'returning' || (order?.status === 'fulfilled' && order.asked)) return daysAfter(now, 1);
    if (order?.status !== 'fulfilled' || !order.deliveredAt) return null;
    const { returnWindowDays } = await this.policies.find();
    const until = daysAfter(order.deliveredAt, returnWindowDays);
    return until > now ? until : null;
  }
}
