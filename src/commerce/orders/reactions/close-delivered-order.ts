import { CommandBus } from '@nestjs/cqrs';
import type { Transaction } from '../../../kernel/database/transaction';
import { Timer, type Fires } from '../../../kernel/messaging/reaction';
import { CloseOrderCommand } from '../commands/close-order';

/** A delivered order whose time is over is closed. One with goods on their way back waits for their return's end. */
@Timer({ name: 'orders.close-delivered-order' })
export class CloseDeliveredOrder implements Fires<{ orderId: string }> {
  constructor(private readonly commands: CommandBus) {}

  async fire({ orderId }: { orderId: string }, tx: Transaction): Promise<void> {
    const [order] = await tx.query<{ status: string }>(
      `select status from orders.orders where tenant_id = $1 and id = $2 for update`,
      [tx.tenantId, orderId],
    );
    if (order?.status === 'fulfilled' || order?.status === 'returned')
      await this.commands.execute(new CloseOrderCommand({ orderId }));
  }
}
