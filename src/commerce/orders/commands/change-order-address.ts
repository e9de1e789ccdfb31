import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { requirePermission } from '../../../kernel/auth/require-permission';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { OrderEntries } from '../data/order-entries';
import { OrderRepository } from '../data/order.repository';
import { demandAddress } from '../domain/address-rules';
import type { ShippingAddress } from '../domain/new-order';
import { resourceOf } from '../domain/order-access';
import type { OrderView } from '../domain/order-view';
import { importedOrder, orderNotFound } from '../domain/orders.errors';
import { OrderViews } from './order-views';

/**
 * Corrects where an order goes, before anything of it left. Its country stays: taxes and shipping were priced for it.
 * @throws AppError not-found `orders.order-not-found`, conflict `orders.not-editable`, `orders.imported-order`,
 *   invalid `orders.country-fixed`, `orders.address-invalid`
 */
export class ChangeOrderAddressCommand extends Command<OrderView> {
  constructor(readonly request: { orderId: string; address: ShippingAddress }) {
    super();
  }
}

@CommandHandler(ChangeOrderAddressCommand)
export class ChangeOrderAddressHandler implements ICommandHandler<ChangeOrderAddressCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly orders: OrderRepository,
    private readonly entries: OrderEntries,
    private readonly views: OrderViews,
  ) {}

  execute({ request: { orderId, address } }: ChangeOrderAddressCommand): Promise<OrderView> {
    return this.uow.run(async () => {
      const order = await this.orders.lock(orderId);
      if (!order) throw orderNotFound();
      requirePermission('orders:write', resourceOf(order));
      if (order.channel === 'import') throw importedOrder();
      order.readdress(address);
      demandAddress(address);
      this.entries.add({ orderId, kind: 'address_changed', shownToCustomer: true });
      await this.orders.saveAddress(order);
      return this.views.of(order);
    });
  }
}
