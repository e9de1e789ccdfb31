import { Command, CommandBus, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { requirePermission } from '../../../kernel/auth/require-permission';
import { Clock } from '../../../kernel/clock/clock';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { ReleaseHoldCommand } from '../../inventory/contracts/hold-stock';
import { OrderRepository } from '../data/order.repository';
import { resourceOf } from '../domain/order-access';
import type { OrderView } from '../domain/order-view';
import { importedOrder, orderNotFound, transitionRefused } from '../domain/orders.errors';
import { OrderCompletion } from './order-completion';
import { OrderViews } from './order-views';

/**
 * Ends an order without goods: its stock is given back and its payment voided or refunded, in the same commit.
 * @throws AppError not-found `orders.order-not-found`, conflict `orders.transition-refused`, `orders.imported-order`
 */
export class CancelOrderCommand extends Command<OrderView> {
  constructor(
    readonly request: {
      orderId: string;
      reason: 'unpaid' | 'staff' | 'not_approved' | 'payment_voided';
      note?: string;
    },
  ) {
    super();
  }
}

@CommandHandler(CancelOrderCommand)
export class CancelOrderHandler implements ICommandHandler<CancelOrderCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly clock: Clock,
    private readonly commands: CommandBus,
    private readonly orders: OrderRepository,
    private readonly completion: OrderCompletion,
    private readonly views: OrderViews,
  ) {}

  execute({ request: { orderId, reason, note } }: CancelOrderCommand): Promise<OrderView> {
    return this.uow.run(async () => {
      const order = await this.orders.lock(orderId);
      if (!order) throw orderNotFound();
      if (reason === 'staff') requirePermission('orders:write', resourceOf(order));
      if (order.channel === 'import') throw importedOrder();
      if (!order.may('cancelled')) throw transitionRefused(order.status, 'cancelled');
      const { paymentStatus } = order;
      // Money on its way back, or back already, stays so.
      const payment =
        paymentStatus === 'refunding' || paymentStatus === 'refunded'
          ? paymentStatus
          : await this.completion.giveMoneyBack(order, reason);
      await this.commands.execute(new ReleaseHoldCommand({ reference: { type: 'order', id: orderId }, reason }));
      // Nothing was charged for an order that cost nothing, and nothing is left of what went back by hand.
      const nothingLeft = paymentStatus === 'paid' && (payment === 'voided' || order.due === 0);
      const settled = nothingLeft ? 'refunded' : payment;
      order.cancel(reason, settled, this.clock.now(), note ?? null);
      this.orders.save(order);
      return this.views.of(order);
    });
  }
}
