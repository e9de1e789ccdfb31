import { CommandBus } from '@nestjs/cqrs';
import type { StoredEvent } from '../../../kernel/messaging/domain-event';
import { Reaction, type Reacts } from '../../../kernel/messaging/reaction';
import { GiveTradeBackCommand } from '../commands/give-trade-back';
import { OrderTradeReturned } from '../contracts/order-events';

/** Worth of returned goods that an exchange does not need after all goes back to the order that they came from. */
@Reaction({ name: 'orders.give-trade-back', on: OrderTradeReturned })
export class GiveTradeBack implements Reacts<OrderTradeReturned> {
  constructor(private readonly commands: CommandBus) {}

  async react({ payload: { returnId, amount } }: StoredEvent<OrderTradeReturned>): Promise<void> {
    await this.commands.execute(new GiveTradeBackCommand({ returnId, amount }));
  }
}
