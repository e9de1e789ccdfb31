import { CommandBus } from '@nestjs/cqrs';
import type { Transaction } from '../../../kernel/database/transaction';
import type { StoredEvent } from '../../../kernel/messaging/domain-event';
import { Reaction, type Reacts } from '../../../kernel/messaging/reaction';
import { ReopenReturnCommand } from '../commands/exchange-return';
import { OrderCancelled } from '../contracts/order-events';

/** Goods are not sent in exchange after all (nobody paid the difference, say): the return is decided on anew. */
@Reaction({ name: 'orders.reopen-when-exchange-cancelled', on: OrderCancelled })
export class ReopenWhenExchangeCancelled implements Reacts<OrderCancelled> {
  constructor(private readonly commands: CommandBus) {}

  async react({ payload: { orderId } }: StoredEvent<OrderCancelled>, tx: Transaction): Promise<void> {
    const [exchange] = await tx.query<{ returnId: string }>(
      `select origin_id as "returnId" from orders.orders where tenant_id = $1 and id = $2 and origin = 'exchange'`,
      [tx.tenantId, orderId],
    );
    if (exchange) await this.commands.execute(new ReopenReturnCommand({ orderId, returnId: exchange.returnId }));
  }
}
