import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import type { Money } from '../../../kernel/money/money';
import { OrderEntries } from '../data/order-entries';
import { OrderRepository } from '../data/order.repository';

/**
 * The payment of an order is disputed, or its dispute ended: noted on the order for staff. Goods that have not left are
 * held up while the money may go; a person lets them go. To be sent once a moment of a dispute.
 */
export class NoteDisputeCommand extends Command<void> {
  constructor(
    readonly request: {
      orderId: string;
      disputeId: string;
      amount: Money;
      reason: string;
      /** `inquiry`: somebody asks, no money moves yet. */
      moment: 'inquiry' | 'opened' | 'won' | 'lost' | 'warning_closed';
    },
  ) {
    super();
  }
}

@CommandHandler(NoteDisputeCommand)
export class NoteDisputeHandler implements ICommandHandler<NoteDisputeCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly orders: OrderRepository,
    private readonly entries: OrderEntries,
  ) {}

  execute({ request: { orderId, moment, ...data } }: NoteDisputeCommand): Promise<void> {
    return this.uow.run(async () => {
      const order = await this.orders.lock(orderId);
      if (!order) return;
      const kind = moment === 'opened' || moment === 'inquiry' ? 'disputed' : 'dispute_closed';
      this.entries.add({ orderId, kind, data: { ...data, moment } });
      if (moment !== 'opened' || !order.underway) return;
      this.entries.add({ orderId, kind: 'held', note: 'The payment is disputed.' });
      order.holdUp();
      this.orders.save(order);
    });
  }
}
