import { Command, CommandBus, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { requirePermission } from '../../../kernel/auth/require-permission';
import { Clock } from '../../../kernel/clock/clock';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { FulfilHoldCommand } from '../../inventory/contracts/hold-stock';
import { OrderRepository } from '../data/order.repository';
import { resourceOf } from '../domain/order-access';
import { orderViewOf, type OrderView } from '../domain/order-view';
import { importedOrder, orderNotFound } from '../domain/orders.errors';

/**
 * All goods of a paid order leave the house.
 * @throws AppError not-found `orders.order-not-found`, conflict `orders.transition-refused`, `orders.imported-order`
 */
export class FulfilOrderCommand extends Command<OrderView> {
  constructor(readonly request: { orderId: string }) {
    super();
  }
}

@CommandHandler(FulfilOrderCommand)
export class FulfilOrderHandler implements ICommandHandler<FulfilOrderCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly clock: Clock,
    private readonly commands: CommandBus,
    private readonly orders: OrderRepository,
  ) {}

  execute({ request: { orderId } }: FulfilOrderCommand): Promise<OrderView> {
    return this.uow.run(async () => {
      const order = await this.orders.lock(orderId);
      if (!order) throw orderNotFound();
      requirePermission('orders:write', resourceOf(order));
      if (order.channel === 'import') throw importedOrder();
      order.fulfil(this.clock.now());
      await this.commands.execute(new FulfilHoldCommand({ reference: { type: 'order', id: orderId } }));
      this.orders.save(order);
      return orderViewOf(order, order.lines);
    });
  }
}
