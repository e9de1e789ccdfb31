import { Command, CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import { Clock } from '../../../kernel/clock/clock';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { newId } from '../../../kernel/ids/ids';
import { ListQuery } from '../../../kernel/http/pagination';
import { IncomingRepository } from '../data/incoming.repository';
import { PurchaseOrderRepository } from '../data/purchase-order.repository';
import { purchaseOrderNotFound } from '../domain/purchasing.errors';
import { ListPurchaseReceiptsQuery, type PurchaseReceiptView } from '../queries/purchase-orders';
import { GoodsIn } from './goods-in';
import { LineCheck } from './line-check';
import type { ReceiptLot } from './receive-stock';

/** What came of a line of a purchase order. */
export interface DeliveredLine {
  lineId: string;
  /** Pieces that were counted, greater than zero. */
  quantity: number;
  /** Pieces that the delivery note says. */
  announced?: number;
  /** Default: where the order says. */
  locationId?: string;
  /** Their batch, with its dates. */
  lot?: Omit<ReceiptLot, 'unitCost' | 'number'> & { number: string };
  /** A piece, in minor units of the order's currency; default what the order says. */
  unitCost?: number;
  /** One a piece, for articles that are tracked by them. */
  serials?: string[];
}

/**
 * Goods of a purchase order arrive: into lots at their cost, off what was expected, and counted on the order's lines;
 * all lines or none. Says what differs from the order and the delivery note.
 * @throws AppError not-found `inventory.purchase-order-not-found`, `inventory.location-not-found`, invalid
 *   `inventory.unknown-line`, `inventory.lot-dates`, `inventory.serials-needed`, `inventory.not-serialized`, conflict `inventory.purchase-order-state`, `inventory.over-receipt`,
 *   `inventory.delivery-received`, `inventory.lot-conflict`, `inventory.serial-known`
 */
export class ReceivePurchaseOrderCommand extends Command<PurchaseReceiptView> {
  constructor(
    readonly request: {
      orderId: string;
      lines: readonly DeliveredLine[];
      /** Number of the supplier's paper; one is received once an order. */
      deliveryNote?: string;
      note?: string;
    },
  ) {
    super();
  }
}

@CommandHandler(ReceivePurchaseOrderCommand)
export class ReceivePurchaseOrderHandler implements ICommandHandler<ReceivePurchaseOrderCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly clock: Clock,
    private readonly queries: QueryBus,
    private readonly check: LineCheck,
    private readonly orders: PurchaseOrderRepository,
    private readonly incoming: IncomingRepository,
    private readonly goodsIn: GoodsIn,
  ) {}

  execute({ request }: ReceivePurchaseOrderCommand): Promise<PurchaseReceiptView> {
    const { orderId, deliveryNote = null, note = null } = request;
    return this.uow.run(async () => {
      const order = await this.orders.lock(orderId);
      if (!order) throw purchaseOrderNotFound();
      await this.check.places(request.lines.flatMap(({ locationId }) => locationId ?? []));
      const at = this.clock.now();
      const { overReceiptBasisPoints } = await this.orders.settings();
      const taken = order.receive(request.lines, at, overReceiptBasisPoints);
      const parts = request.lines.map((part, index) => ({
        ...part,
        ...taken[index],
        locationId: part.locationId ?? order.locationId,
        unitCost: part.unitCost ?? taken[index].line.unitCost,
      }));
      const id = newId();
      await this.orders.receive(order, {
        id,
        number: await this.orders.nextReceiptNumber(order),
        deliveryNote,
        note,
        receivedAt: at,
        lines: parts.map(({ line, lot, quantity, announced, over, locationId, unitCost }) => ({
          lineId: line.id,
          locationId,
          quantity,
          announced: announced ?? null,
          over,
          lotNumber: lot?.number ?? null,
          expiresAt: lot?.expiresAt ?? null,
          unitCost,
          orderedCost: line.unitCost,
        })),
      });
      await this.orders.save(order);
      const { currency, locationId } = order;
      await this.incoming.arrive(
        parts
          .map(({ line, expected }) => ({ sku: line.sku, locationId, quantity: expected }))
          .filter(({ quantity }) => quantity > 0),
      );
      await this.goodsIn.take(
        parts.map(({ line, quantity, lot, unitCost, serials, locationId: place }) => ({
          sku: line.sku,
          quantity,
          serials,
          locationId: place,
          lot: { ...(lot ?? { number: null }), unitCost: { amount: unitCost, currency } },
        })),
        {
          document: { type: 'purchase-receipt', id },
          reason: `${order.number}${deliveryNote ? `, ${deliveryNote}` : ''}`,
          supplierId: order.supplierId,
        },
      );
      const receipts = new ListPurchaseReceiptsQuery(orderId, Object.assign(new ListQuery(), { id }));
      return (await this.queries.execute(receipts)).data[0];
    });
  }
}
