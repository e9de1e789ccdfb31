import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { requirePermission } from '../../../kernel/auth/require-permission';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { OrderEntries } from '../data/order-entries';
import { OrderRepository } from '../data/order.repository';
import { resourceOf } from '../domain/order-access';
import { orderNotFound } from '../domain/orders.errors';

/**
 * Writes something down about an order, for the shop alone or for its shopper too.
 * @throws AppError not-found `orders.order-not-found`
 */
export class NoteOrderCommand extends Command<{ id: string }> {
  constructor(readonly request: { orderId: string; note: string; shownToCustomer: boolean }) {
    super();
  }
}

@CommandHandler(NoteOrderCommand)
export class NoteOrderHandler implements ICommandHandler<NoteOrderCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly orders: OrderRepository,
    private readonly entries: OrderEntries,
  ) {}

  execute({ request: { orderId, note, shownToCustomer } }: NoteOrderCommand): Promise<{ id: string }> {
    return this.uow.run(async () => {
      const order = await this.orders.lock(orderId);
      if (!order) throw orderNotFound();
      requirePermission('orders:write', resourceOf(order));
      return { id: this.entries.add({ orderId, kind: 'note', note, shownToCustomer }) };
    });
  }
}
