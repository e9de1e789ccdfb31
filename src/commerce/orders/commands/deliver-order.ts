import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { requirePermission } from '../../../kernel/auth/require-permission';
import { Clock } from '../../../kernel/clock/clock';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { OrderPolicies } from '../data/order-policies';
import { OrderRepository } from '../data/order.repository';
import { ShipmentRepository } from '../data/shipment.repository';
import { resourceOf } from '../domain/order-access';
import { daysAfter } from '../domain/order-policy';
import type { OrderView } from '../domain/order-view';
import { importedOrder, orderNotFound, shipmentNotFound, transitionRefused } from '../domain/orders.errors';
import { CloseDeliveredOrder } from '../reactions/close-delivered-order';
import { OrderViews } from './order-views';

/**
 * A parcel reached the shopper; without `shipmentId` all of them. With the last parcel of a fulfilled order the order is
 * delivered, and the time begins after which it is closed. Doing it again changes nothing.
 * @throws AppError not-found `orders.order-not-found`, `orders.shipment-not-found`, conflict `orders.transition-refused`
 *   while nothing left the house, `orders.imported-order`
 */
export class DeliverOrderCommand extends Command<OrderView> {
  constructor(readonly request: { orderId: string; shipmentId?: string }) {
    super();
  }
}

@CommandHandler(DeliverOrderCommand)
export class DeliverOrderHandler implements ICommandHandler<DeliverOrderCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly clock: Clock,
    private readonly orders: OrderRepository,
    private readonly shipments: ShipmentRepository,
    private readonly policies: OrderPolicies,
    private readonly views: OrderViews,
  ) {}

  execute({ request: { orderId, shipmentId } }: DeliverOrderCommand): Promise<OrderView> {
    return this.uow.run(async (tx) => {
      const order = await this.orders.lock(orderId);
      if (!order) throw orderNotFound();
      requirePermission('orders:write', resourceOf(order));
      if (order.channel === 'import') throw importedOrder();
      if (order.fulfilmentStatus !== 'fulfilled' && order.fulfilmentStatus !== 'partly_fulfilled')
        throw transitionRefused(order.status, 'delivered');
      const at = this.clock.now();
      if (shipmentId === undefined) await this.shipments.arriveAll(orderId, at);
      const arrived = shipmentId === undefined ? null : await this.shipments.arrive(orderId, shipmentId, at);
      if (shipmentId !== undefined && !arrived) throw shipmentNotFound();
      const last = (arrived?.underway ?? 0) === 0 && order.fulfilmentStatus === 'fulfilled';
      if (last && order.deliveredAt === null) {
        order.markDelivered(at);
        this.orders.save(order);
        const { closeDeliveredAfterDays } = await this.policies.find();
        if (closeDeliveredAfterDays !== null)
          tx.timer(CloseDeliveredOrder, { orderId }, daysAfter(at, closeDeliveredAfterDays));
      }
      return this.views.of(order);
    });
  }
}
