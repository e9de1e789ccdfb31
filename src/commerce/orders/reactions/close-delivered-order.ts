import { CommandBus } from '@nestjs/cqrs';
import { Clock } from '../../../kernel/clock/clock';
import type { Transaction } from '../../../kernel/database/transaction';
import { Timer, type Fires } from '../../../kernel/messaging/reaction';
import { CloseOrderCommand } from '../commands/close-order';
import { daysAfter } from '../domain/order-policy';

/** A delivered order whose time is over is closed; while goods are on their way back it is asked about daily. */
@Timer({ name: 'orders.close-delivered-order' })
export class CloseDeliveredOrder implements Fires<{ orderId: string }> {
  constructor(
    private readonly commands: CommandBus,
    private readonly clock: Clock,
  ) {}

  async fire({ orderId }: { orderId: string }, tx: Transaction): Promise<void> {
    const [order] = await tx.query<{ status: string }>(
      `select status from orders.orders where tenant_id = $1 and id = $2 for update`,
      [tx.tenantId, orderId],
    );
    if (order?.status === 'fulfilled' || order?.status === 'returned')
      await this.commands.execute(new CloseOrderCommand({ orderId }));
    else if (order?.status === 'returning') tx.timer(CloseDeliveredOrder, { orderId }, daysAfter(this.clock.now(), 1));
  }
}
