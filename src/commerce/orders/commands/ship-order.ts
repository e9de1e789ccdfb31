import { Command, CommandBus, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { requirePermission } from '../../../kernel/auth/require-permission';
import { Clock } from '../../../kernel/clock/clock';
import type { Transaction } from '../../../kernel/database/transaction';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { newId } from '../../../kernel/ids/ids';
import { FulfilHoldCommand, type PieceName } from '../../inventory/contracts/hold-stock';
import { OrderPolicies } from '../data/order-policies';
import { OrderRepository } from '../data/order.repository';
import { ShipmentRepository } from '../data/shipment.repository';
import type { Order } from '../domain/order';
import { resourceOf } from '../domain/order-access';
import { openQuantity, stockDemandOf } from '../domain/order-line';
import { daysAfter } from '../domain/order-policy';
import type { OrderView } from '../domain/order-view';
import { importedOrder, orderNotFound } from '../domain/orders.errors';
import { DeliverShippedOrder } from '../reactions/deliver-shipped-order';
import { OrderCapture } from './capture-order';
import { OrderViews } from './order-views';

export interface ShippedLine {
  lineId: string;
  /** Whole pieces, greater than zero. */
  quantity: number;
}

/**
 * Goods of a paid order leave the house in one parcel: its stock falls, soonest-expiring lots first, and with the last
 * piece the order is fulfilled. Where its payment is only reserved it is captured first, as the shop's policy says. Without `lines` everything that is still open leaves. Lines named twice are added up.
 * @throws AppError not-found `orders.order-not-found`, invalid `orders.unknown-line`, conflict `orders.quantity-exceeded`,
 *   `orders.transition-refused`, `orders.imported-order`, `orders.payment-not-captured`, `orders.capture-refused`,
 *   unavailable `orders.capture-unresolved`; `inventory.serial-unavailable`, `inventory.serial-promised`, `inventory.not-serialized`
 */
export class ShipOrderCommand extends Command<{ order: OrderView; shipmentId: string }> {
  constructor(
    readonly request: {
      orderId: string;
      lines?: readonly ShippedLine[];
      carrier?: string;
      trackingNumber?: string;
      trackingUrl?: string;
      /** Which pieces leave, of articles that have serial numbers; default those that came first. */
      serials?: readonly PieceName[];
    },
  ) {
    super();
  }
}

@CommandHandler(ShipOrderCommand)
export class ShipOrderHandler implements ICommandHandler<ShipOrderCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly clock: Clock,
    private readonly commands: CommandBus,
    private readonly orders: OrderRepository,
    private readonly shipments: ShipmentRepository,
    private readonly policies: OrderPolicies,
    private readonly capture: OrderCapture,
    private readonly views: OrderViews,
  ) {}

  async execute({ request }: ShipOrderCommand): Promise<{ order: OrderView; shipmentId: string }> {
    const { orderId, carrier, trackingNumber, trackingUrl } = request;
    await this.capture.beforeShipping(orderId);
    return this.uow.run(async (tx) => {
      const order = await this.orders.lock(orderId);
      if (!order) throw orderNotFound();
      requirePermission('orders:write', resourceOf(order));
      if (order.channel === 'import') throw importedOrder();
      const at = this.clock.now();
      const lines = linesOf(order, request.lines);
      const parcel = {
        shipmentId: newId(),
        shipmentNumber: await this.shipments.nextNumber(order),
        carrier: carrier ?? null,
        trackingNumber: trackingNumber ?? null,
        trackingUrl: trackingUrl ?? null,
        lines,
      };
      order.ship(parcel, at);
      await this.commands.execute(
        new FulfilHoldCommand({
          reference: { type: 'order', id: orderId },
          lines: stockDemandOf(lines.map(({ lineId, quantity }) => ({ ...order.line(lineId), quantity }))),
          serials: request.serials,
        }),
      );
      await this.shipments.ship(order, parcel, at);
      this.orders.save(order);
      await awaitDelivery(tx, order, this.policies);
      return { order: await this.views.of(order), shipmentId: parcel.shipmentId };
    });
  }
}

/** Once nothing is left to ship: the order counts as delivered after the time of the shop, unless somebody said so before. */
export async function awaitDelivery(tx: Transaction, order: Order, policies: OrderPolicies): Promise<void> {
  if (order.fulfilledAt === null) return;
  const { deliverShippedAfterDays } = await policies.find();
  if (deliverShippedAfterDays !== null)
    tx.timer(DeliverShippedOrder, { orderId: order.id }, daysAfter(order.fulfilledAt, deliverShippedAfterDays));
}

/** Lines named twice added up; without any, all pieces that are still open. */
export function linesOf(order: Order, asked: readonly ShippedLine[] | undefined): ShippedLine[] {
  if (!asked)
    return order.lines
      .map((line) => ({ lineId: line.id, quantity: openQuantity(line) }))
      .filter(({ quantity }) => quantity > 0);
  const sums = new Map<string, number>();
  for (const { lineId, quantity } of asked) sums.set(lineId, (sums.get(lineId) ?? 0) + quantity);
  return [...sums].map(([lineId, quantity]) => ({ lineId, quantity }));
}
