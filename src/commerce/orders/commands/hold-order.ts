import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { requirePermission } from '../../../kernel/auth/require-permission';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { OrderEntries } from '../data/order-entries';
import { OrderRepository } from '../data/order.repository';
import type { Order } from '../domain/order';
import { resourceOf } from '../domain/order-access';
import type { OrderView } from '../domain/order-view';
import { importedOrder, orderNotFound } from '../domain/orders.errors';
import { OrderViews } from './order-views';

/**
 * Stops a paid order: nothing of it is shipped until it is let go.
 * @throws AppError not-found `orders.order-not-found`, conflict `orders.transition-refused`, `orders.imported-order`
 */
export class HoldOrderCommand extends Command<OrderView> {
  constructor(readonly request: { orderId: string; note?: string }) {
    super();
  }
}

/**
 * Lets an order go on that somebody stopped.
 * @throws AppError not-found `orders.order-not-found`, conflict `orders.transition-refused`, `orders.imported-order`
 */
export class LetOrderGoCommand extends Command<OrderView> {
  constructor(readonly request: { orderId: string; note?: string }) {
    super();
  }
}

abstract class HoldDesk {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly orders: OrderRepository,
    private readonly entries: OrderEntries,
    private readonly views: OrderViews,
  ) {}

  protected change(
    { orderId, note }: { orderId: string; note?: string },
    kind: 'held' | 'let_go',
    act: (order: Order) => void,
  ): Promise<OrderView> {
    return this.uow.run(async () => {
      const order = await this.orders.lock(orderId);
      if (!order) throw orderNotFound();
      requirePermission('orders:write', resourceOf(order));
      if (order.channel === 'import') throw importedOrder();
      act(order);
      this.entries.add({ orderId, kind, note });
      this.orders.save(order);
      return this.views.of(order);
    });
  }
}

@CommandHandler(HoldOrderCommand)
export class HoldOrderHandler extends HoldDesk implements ICommandHandler<HoldOrderCommand> {
  constructor(uow: UnitOfWork, orders: OrderRepository, entries: OrderEntries, views: OrderViews) {
    super(uow, orders, entries, views);
  }

  execute({ request }: HoldOrderCommand): Promise<OrderView> {
    return this.change(request, 'held', (order) => order.holdUp());
  }
}

@CommandHandler(LetOrderGoCommand)
export class LetOrderGoHandler extends HoldDesk implements ICommandHandler<LetOrderGoCommand> {
  constructor(uow: UnitOfWork, orders: OrderRepository, entries: OrderEntries, views: OrderViews) {
    super(uow, orders, entries, views);
  }

  execute({ request }: LetOrderGoCommand): Promise<OrderView> {
    return this.change(request, 'let_go', (order) => order.letGo());
  }
}
