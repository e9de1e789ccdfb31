import { Command, CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import { Clock } from '../../../kernel/clock/clock';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { newId } from '../../../kernel/ids/ids';
import { IncomingRepository } from '../data/incoming.repository';
import { PurchaseOrderRepository } from '../data/purchase-order.repository';
import { SupplierRepository } from '../data/supplier.repository';
import { PurchaseOrder, type PurchaseOrderChange } from '../domain/purchase-order';
import {
  purchaseOrderNotFound,
  stalePurchaseOrder,
  supplierInactive,
  supplierNotFound,
} from '../domain/purchasing.errors';
import type { PurchasingSettings } from '../domain/purchasing-settings';
import type { PurchaseOrderView } from '../domain/purchase-order-view';
import { FindPurchaseOrderQuery } from '../queries/purchase-orders';
import { LineCheck } from './line-check';
import { PurchaseLineDesk, type WantedLine } from './purchase-line-desk';

interface Terms {
  expectedAt?: Date | null;
  /** What the supplier calls the order. */
  reference?: string | null;
  note?: string | null;
}

/**
 * Writes a purchase order, as a draft, with the shop's next number. Costs and names of lines are copied.
 * @throws AppError not-found `inventory.supplier-not-found`, `inventory.location-not-found`, conflict
 *   `inventory.supplier-inactive`, invalid `inventory.unknown-sku`, `inventory.cost-unknown`, `inventory.order-quantity`
 */
export class CreatePurchaseOrderCommand extends Command<PurchaseOrderView> {
  constructor(readonly request: Terms & { supplierId: string; locationId?: string; lines: readonly WantedLine[] }) {
    super();
  }
}

/**
 * Changes what is named; lines (all of them anew) and place only of a draft.
 * @throws AppError not-found `inventory.purchase-order-not-found`, precondition-failed `inventory.purchase-order-stale`,
 *   conflict `inventory.purchase-order-state`, and as create
 */
export class ChangePurchaseOrderCommand extends Command<PurchaseOrderView> {
  constructor(
    readonly orderId: string,
    readonly change: Terms & { locationId?: string; lines?: readonly WantedLine[] },
    readonly version: number | null = null,
  ) {
    super();
  }
}

/**
 * The order goes to the supplier: from now on its pieces are `incoming`.
 * @throws AppError not-found `inventory.purchase-order-not-found`, conflict `inventory.purchase-order-state`,
 *   `inventory.supplier-inactive`
 */
export class OrderGoodsCommand extends Command<PurchaseOrderView> {
  constructor(readonly orderId: string) {
    super();
  }
}

/**
 * Ends an order of which nothing came (`cancelled`) or a part (`closed_short`): the rest is not expected any more.
 * @throws AppError not-found `inventory.purchase-order-not-found`, conflict `inventory.purchase-order-state`
 */
export class EndPurchaseOrderCommand extends Command<PurchaseOrderView> {
  constructor(readonly request: { orderId: string; as: 'cancelled' | 'closed_short'; note?: string }) {
    super();
  }
}

/** Says how the shop buys. */
export class SavePurchasingSettingsCommand extends Command<PurchasingSettings> {
  constructor(readonly settings: PurchasingSettings) {
    super();
  }
}

@CommandHandler(CreatePurchaseOrderCommand)
export class CreatePurchaseOrderHandler implements ICommandHandler<CreatePurchaseOrderCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly clock: Clock,
    private readonly queries: QueryBus,
    private readonly check: LineCheck,
    private readonly suppliers: SupplierRepository,
    private readonly orders: PurchaseOrderRepository,
    private readonly lines: PurchaseLineDesk,
  ) {}

  execute({ request }: CreatePurchaseOrderCommand): Promise<PurchaseOrderView> {
    return this.uow.run(async () => {
      const supplier = await this.suppliers.lock(request.supplierId);
      if (!supplier) throw supplierNotFound();
      if (!supplier.active) throw supplierInactive(supplier.name);
      const locationId = await this.check.place(request.locationId);
      const lines = await this.lines.write(supplier.id, request.lines);
      const { numberPrefix } = await this.orders.settings();
      const order = PurchaseOrder.of(
        {
          id: newId(),
          number: `${numberPrefix}${await this.orders.nextNumber()}`,
          supplierId: supplier.id,
          supplierName: supplier.name,
          status: 'draft',
          currency: supplier.currency,
          locationId,
          expectedAt: request.expectedAt ?? null,
          reference: request.reference ?? null,
          note: request.note ?? null,
          endNote: null,
          orderedAt: null,
          endedAt: null,
          version: 1,
          createdAt: this.clock.now(),
        },
        lines.map((line) => ({ ...line, id: newId(), received: 0 })),
      );
      await this.orders.insert(order);
      return this.queries.execute(new FindPurchaseOrderQuery(order.id));
    });
  }
}

@CommandHandler(ChangePurchaseOrderCommand)
export class ChangePurchaseOrderHandler implements ICommandHandler<ChangePurchaseOrderCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly queries: QueryBus,
    private readonly check: LineCheck,
    private readonly orders: PurchaseOrderRepository,
    private readonly lines: PurchaseLineDesk,
  ) {}

  execute({ orderId, change: { lines, ...terms }, version }: ChangePurchaseOrderCommand): Promise<PurchaseOrderView> {
    return this.uow.run(async () => {
      const order = await this.orders.lock(orderId);
      if (!order) throw purchaseOrderNotFound();
      if (version !== null && version !== order.version) throw stalePurchaseOrder(order.version);
      const change: PurchaseOrderChange = { ...terms };
      if (terms.locationId) change.locationId = await this.check.place(terms.locationId);
      if (lines && order.status === 'draft') change.lines = await this.lines.write(order.supplierId, lines);
      order.change(lines && !change.lines ? { ...change, lines: [] } : change);
      await this.orders.save(order);
      if (change.lines) await this.orders.replaceLines(order);
      return this.queries.execute(new FindPurchaseOrderQuery(orderId));
    });
  }
}

@CommandHandler(OrderGoodsCommand)
export class OrderGoodsHandler implements ICommandHandler<OrderGoodsCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly clock: Clock,
    private readonly queries: QueryBus,
    private readonly suppliers: SupplierRepository,
    private readonly orders: PurchaseOrderRepository,
    private readonly incoming: IncomingRepository,
  ) {}

  execute({ orderId }: OrderGoodsCommand): Promise<PurchaseOrderView> {
    return this.uow.run(async () => {
      const order = await this.orders.lock(orderId);
      if (!order) throw purchaseOrderNotFound();
      const supplier = (await this.suppliers.lock(order.supplierId))!;
      if (!supplier.active) throw supplierInactive(supplier.name);
      const items = await this.suppliers.items(
        supplier.id,
        order.lines.map(({ sku }) => sku),
      );
      const days = Math.max(...order.lines.map(({ sku }) => items.get(sku)?.leadDays ?? supplier.leadDays));
      const at = this.clock.now();
      order.order(at, new Date(at.getTime() + days * 86_400_000));
      await this.orders.save(order);
      await this.incoming.expect(order.expected());
      return this.queries.execute(new FindPurchaseOrderQuery(orderId));
    });
  }
}

@CommandHandler(EndPurchaseOrderCommand)
export class EndPurchaseOrderHandler implements ICommandHandler<EndPurchaseOrderCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly clock: Clock,
    private readonly queries: QueryBus,
    private readonly orders: PurchaseOrderRepository,
    private readonly incoming: IncomingRepository,
  ) {}

  execute({ request: { orderId, as, note } }: EndPurchaseOrderCommand): Promise<PurchaseOrderView> {
    return this.uow.run(async () => {
      const order = await this.orders.lock(orderId);
      if (!order) throw purchaseOrderNotFound();
      const expected = order.underway ? order.expected() : [];
      if (as === 'cancelled') order.cancel(this.clock.now(), note ?? null);
      else order.closeShort(this.clock.now(), note ?? null);
      await this.orders.save(order);
      await this.incoming.arrive(expected);
      return this.queries.execute(new FindPurchaseOrderQuery(orderId));
    });
  }
}

@CommandHandler(SavePurchasingSettingsCommand)
export class SavePurchasingSettingsHandler implements ICommandHandler<SavePurchasingSettingsCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly orders: PurchaseOrderRepository,
  ) {}

  execute({ settings }: SavePurchasingSettingsCommand): Promise<PurchasingSettings> {
    return this.uow.run(async () => {
      await this.orders.saveSettings(settings);
      return settings;
    });
  }
}
