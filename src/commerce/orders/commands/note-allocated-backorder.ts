import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { OrderEntries } from '../data/order-entries';
import { OrderRepository } from '../data/order.repository';

/**
 * Writes down that pieces which an order waited for are here, and tells its shopper once it is paid. Of one that has ended
 * meanwhile nothing is told: its pieces go to the next.
 */
export class NoteAllocatedBackorderCommand extends Command<void> {
  constructor(
    readonly request: { orderId: string; lines: readonly { sku: string; quantity: number }[]; waiting: number },
  ) {
    super();
  }
}

@CommandHandler(NoteAllocatedBackorderCommand)
export class NoteAllocatedBackorderHandler implements ICommandHandler<NoteAllocatedBackorderCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly orders: OrderRepository,
    private readonly entries: OrderEntries,
  ) {}

  execute({ request: { orderId, lines, waiting } }: NoteAllocatedBackorderCommand): Promise<void> {
    return this.uow.run(async () => {
      const order = await this.orders.lock(orderId);
      if (!order || order.cancelledAt || order.closedAt) return;
      this.entries.add({ orderId, kind: 'backorder_allocated', data: { lines, waiting }, shownToCustomer: true });
      if (order.status === 'pending_payment' || order.status === 'awaiting_approval') return;
      order.noteStock(waiting > 0);
      order.announceAllocated(lines, waiting);
      this.orders.save(order);
    });
  }
}
