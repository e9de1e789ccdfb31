import { CommandBus } from '@nestjs/cqrs';
import type { Transaction } from '../../../kernel/database/transaction';
import { Timer, type Fires } from '../../../kernel/messaging/reaction';
import { DeliverOrderCommand } from '../commands/deliver-order';

/** An order whose last parcel left long ago counts as delivered, unless somebody said so before. */
@Timer({ name: 'orders.deliver-shipped-order' })
export class DeliverShippedOrder implements Fires<{ orderId: string }> {
  constructor(private readonly commands: CommandBus) {}

  async fire({ orderId }: { orderId: string }, tx: Transaction): Promise<void> {
    const [order] = await tx.query<{ open: boolean }>(
      `select delivered_at is null and cancelled_at is null and closed_at is null as open
       from orders.orders where tenant_id = $1 and id = $2 for update`,
      [tx.tenantId, orderId],
    );
    if (order?.open) await this.commands.execute(new DeliverOrderCommand({ orderId }));
  }
}
