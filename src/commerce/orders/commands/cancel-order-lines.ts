import { Command, CommandBus, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { requirePermission } from '../../../kernel/auth/require-permission';
import { Clock } from '../../../kernel/clock/clock';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { ReleaseHoldCommand } from '../../inventory/contracts/hold-stock';
import { OrderEntries } from '../data/order-entries';
import { OrderPolicies } from '../data/order-policies';
import { OrderRepository } from '../data/order.repository';
import { ReturnRepository } from '../data/return.repository';
import type { Order } from '../domain/order';
import { resourceOf } from '../domain/order-access';
import { stockDemandOf } from '../domain/order-line';
import type { OrderView } from '../domain/order-view';
import { importedOrder, orderNotFound } from '../domain/orders.errors';
import { CancelOrderCommand } from './cancel-order';
import { OrderCredit } from './order-credit';
import { awaitDelivery, linesOf } from './ship-order';
import { OrderViews } from './order-views';

/**
 * Gives up pieces of a paid order that did not leave: exactly their stock is given back and what they cost, with tax,
 * is refunded, in the same commit. Naming everything of an order of which nothing left cancels the order.
 * @throws AppError not-found `orders.order-not-found`, invalid `orders.unknown-line`, conflict `orders.quantity-exceeded`,
 *   `orders.transition-refused`, `orders.imported-order`
 */
export class CancelOrderLinesCommand extends Command<OrderView> {
  constructor(
    readonly request: { orderId: string; lines: readonly { lineId: string; quantity: number }[]; note?: string },
  ) {
    super();
  }
}

@CommandHandler(CancelOrderLinesCommand)
export class CancelOrderLinesHandler implements ICommandHandler<CancelOrderLinesCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly clock: Clock,
    private readonly commands: CommandBus,
    private readonly orders: OrderRepository,
    private readonly returns: ReturnRepository,
    private readonly entries: OrderEntries,
    private readonly policies: OrderPolicies,
    private readonly credit: OrderCredit,
    private readonly views: OrderViews,
  ) {}

  execute({ request }: CancelOrderLinesCommand): Promise<OrderView> {
    const { orderId, note } = request;
    return this.uow.run(async (tx) => {
      const order = await this.orders.lock(orderId);
      if (!order) throw orderNotFound();
      requirePermission('orders:write', resourceOf(order));
      if (order.channel === 'import') throw importedOrder();
      const lines = linesOf(order, request.lines);
      // Before anything is given up: a line of another order is a mistake, also beside all of this one's.
      for (const { lineId } of lines) order.line(lineId);
      if (everything(order, lines))
        return this.commands.execute(new CancelOrderCommand({ orderId, reason: 'staff', note }));
      const worths = order.cancelLines(lines, this.clock.now(), note ?? null);
      // What is only reserved is captured less; what staff let go at the capture does not go back.
      const whole = worths.reduce((sum, one) => sum + one, 0);
      const worth = order.paymentStatus === 'authorized' ? 0 : Math.min(whole, order.due);
      const parts = lines.map(({ lineId, quantity }, i) => {
        const sold = order.line(lineId);
        return { lineId, quantity, amount: worths[i], of: { gross: order.payableOf(sold), tax: sold.tax } };
      });
      // Locks follow the rank: orders, payments, inventory.
      if (worth > 0)
        await this.credit.giveBack(order, worth, 'lines_cancelled', worth === whole ? { lines: parts } : {});
      await this.commands.execute(
        new ReleaseHoldCommand({
          reference: { type: 'order', id: orderId },
          reason: 'lines cancelled',
          lines: stockDemandOf(lines.map(({ lineId, quantity }) => ({ ...order.line(lineId), quantity }))),
        }),
      );
      const data = { lines: lines.map(({ lineId, quantity }) => ({ sku: order.line(lineId).sku, quantity })) };
      this.entries.add({ orderId, kind: 'lines_cancelled', note, data, shownToCustomer: true });
      await this.returns.count(order);
      const goods = await this.views.goods(orderId);
      order.noteStock(goods.waiting.length > 0);
      this.orders.save(order);
      await awaitDelivery(tx, order, this.policies);
      return this.views.with(order, goods);
    });
  }
}

/** True when nothing left and these are all pieces. */
const everything = (order: Order, lines: readonly { lineId: string; quantity: number }[]): boolean =>
  order.lines.every(
    (line) =>
      line.shippedQuantity === 0 &&
      line.quantity - line.cancelledQuantity === (lines.find(({ lineId }) => lineId === line.id)?.quantity ?? 0),
  );
