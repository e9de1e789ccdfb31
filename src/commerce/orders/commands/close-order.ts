import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { requirePermission } from '../../../kernel/auth/require-permission';
import { Clock } from '../../../kernel/clock/clock';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { OrderRepository } from '../data/order.repository';
import { resourceOf } from '../domain/order-access';
import type { OrderView } from '../domain/order-view';
import { importedOrder, orderNotFound } from '../domain/orders.errors';
import { OrderViews } from './order-views';

/**
 * Nothing more is expected of a fulfilled or returned order.
 * @throws AppError not-found `orders.order-not-found`, conflict `orders.transition-refused`, `orders.imported-order`
 */
export class CloseOrderCommand extends Command<OrderView> {
  constructor(readonly request: { orderId: string }) {
    super();
  }
}

@CommandHandler(CloseOrderCommand)
export class CloseOrderHandler implements ICommandHandler<CloseOrderCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly clock: Clock,
    private readonly orders: OrderRepository,
    private readonly views: OrderViews,
  ) {}

  execute({ request: { orderId } }: CloseOrderCommand): Promise<OrderView> {
    return this.uow.run(async () => {
      const order = await this.orders.lock(orderId);
      if (!order) throw orderNotFound();
      requirePermission('orders:write', resourceOf(order));
      if (order.channel === 'import') throw importedOrder();
      order.close(this.clock.now());
      this.orders.save(order);
      return this.views.of(order);
    });
  }
}
