import { CommandBus } from '@nestjs/cqrs';
import type { StoredEvent } from '../../../kernel/messaging/domain-event';
import { Reaction, type Reacts } from '../../../kernel/messaging/reaction';
import { IssueCreditNotesCommand } from '../commands/credit-notes';
import { OrderRefunded } from '../contracts/order-events';

/** The invoice of an order whose money went back is corrected by a credit note. */
@Reaction({ name: 'orders.credit-when-order-refunded', on: OrderRefunded })
export class CreditWhenOrderRefunded implements Reacts<OrderRefunded> {
  constructor(private readonly commands: CommandBus) {}

  async react({ payload: { orderId } }: StoredEvent<OrderRefunded>): Promise<void> {
    await this.commands.execute(new IssueCreditNotesCommand({ orderId }));
  }
}
