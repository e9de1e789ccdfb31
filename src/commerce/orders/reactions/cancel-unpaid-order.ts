import { CommandBus } from '@nestjs/cqrs';
import type { Transaction } from '../../../kernel/database/transaction';
import { Timer, type Fires } from '../../../kernel/messaging/reaction';
import { CancelOrderCommand } from '../commands/cancel-order';

/** Gives up an order that is still unpaid when its hold lapses. */
@Timer({ name: 'orders.cancel-unpaid-order' })
export class CancelUnpaidOrder implements Fires<{ orderId: string }> {
  constructor(private readonly commands: CommandBus) {}

  async fire({ orderId }: { orderId: string }, tx: Transaction): Promise<void> {
    const [order] = await tx.query<{ status: string }>(
      `select status from orders.orders where tenant_id = $1 and id = $2 for update`,
      [tx.tenantId, orderId],
    );
    // An approval that nobody told us the end of ends here too.
    if (order?.status !== 'pending_payment' && order?.status !== 'awaiting_approval') return;
    await this.commands.execute(new CancelOrderCommand({ orderId, reason: 'unpaid' }));
  }
}
