import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Clock } from '../../../kernel/clock/clock';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { newId } from '../../../kernel/ids/ids';
import { OrderPolicies } from '../data/order-policies';
import { OrderRepository } from '../data/order.repository';
import { ReturnRepository } from '../data/return.repository';
import { actsForShop, mayView, type Viewer } from '../domain/order-access';
import { daysAfter } from '../domain/order-policy';
import { OrderReturn } from '../domain/order-return';
import {
  importedOrder,
  notReturnable,
  orderNotFound,
  returnQuantityExceeded,
  returnWindowOver,
} from '../domain/orders.errors';
import { returnViewOf, type ReturnView } from '../domain/return-view';
import { ReturnDesk } from './manage-return';

/**
 * Announces goods that come back. Staff's is approved at once; a shopper's waits for approval and is taken within the
 * shop's return window only. Pieces that are announced already, or came back, cannot be announced again.
 * @throws AppError not-found `orders.order-not-found`, invalid `orders.unknown-line`, conflict `orders.quantity-exceeded`,
 *   `orders.not-returnable`, `orders.return-window-over`, `orders.imported-order`
 */
export class RequestReturnCommand extends Command<ReturnView> {
  constructor(
    readonly request: {
      orderId: string;
      viewer: Viewer;
      lines: readonly { lineId: string; quantity: number; reason: string }[];
      note?: string;
    },
  ) {
    super();
  }
}

@CommandHandler(RequestReturnCommand)
export class RequestReturnHandler implements ICommandHandler<RequestReturnCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly clock: Clock,
    private readonly orders: OrderRepository,
    private readonly returns: ReturnRepository,
    private readonly policies: OrderPolicies,
    private readonly desk: ReturnDesk,
  ) {}

  execute({ request: { orderId, viewer, lines, note } }: RequestReturnCommand): Promise<ReturnView> {
    return this.uow.run(async () => {
      const order = await this.orders.lock(orderId);
      if (!order || !mayView(order, viewer)) throw orderNotFound();
      if (order.channel === 'import') throw importedOrder();
      if (!['partly_fulfilled', 'fulfilled', 'returning'].includes(order.status)) throw notReturnable(order.status);
      const staff = actsForShop(order, viewer);
      const at = this.clock.now();
      if (!staff) {
        const { returnWindowDays } = await this.policies.find();
        const until = daysAfter(order.deliveredAt ?? order.fulfilledAt ?? at, returnWindowDays);
        if (at > until) throw returnWindowOver(until.toISOString());
      }
      const { byLine, returns } = await this.returns.announced(orderId);
      const wanted = summed(lines).map(({ lineId, quantity, reason }) => {
        const line = order.line(lineId);
        const open = line.shippedQuantity - line.returnedQuantity - (byLine.get(lineId) ?? 0);
        if (quantity > open) throw returnQuantityExceeded(line.sku, quantity, open);
        return { id: newId(), lineId, sku: line.sku, quantity, reason };
      });
      const back = OrderReturn.of(
        {
          id: newId(),
          orderId,
          number: `${order.number}-R${returns + 1}`,
          status: staff ? 'approved' : 'requested',
          requestedBy: staff ? 'staff' : 'customer',
          note: note ?? null,
          currency: order.currency,
          refundAmount: null,
          refundId: null,
          settledAmount: 0,
          replacementOrderId: null,
          requestedAt: at,
          approvedAt: staff ? at : null,
          receivedAt: null,
          inspectedAt: null,
          endedAt: null,
          version: 1,
        },
        wanted.map((line) => ({
          ...line,
          receivedQuantity: null,
          restockedQuantity: null,
          scrappedQuantity: null,
          amount: null,
        })),
      );
      await this.returns.insert(back);
      await this.desk.store(back, order);
      return returnViewOf(back, back.lines);
    });
  }
}

function summed(lines: readonly { lineId: string; quantity: number; reason: string }[]) {
  const sums = new Map<string, { lineId: string; quantity: number; reason: string }>();
  for (const line of lines) {
    const before = sums.get(line.lineId);
    sums.set(line.lineId, before ? { ...before, quantity: before.quantity + line.quantity } : { ...line });
  }
  return [...sums.values()];
}
