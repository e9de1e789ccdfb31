import { Command, CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import { Clock } from '../../../kernel/clock/clock';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { SupplierRepository } from '../data/supplier.repository';
import { staleSupplier, supplierCurrencyFixed, supplierItemTwice, supplierNotFound } from '../domain/purchasing.errors';
import { Supplier, type SupplierChange, type SupplierItem } from '../domain/supplier';
import { FindSupplierQuery, type SupplierView } from '../queries/suppliers';
import { LineCheck } from './line-check';

/** Enters a supplier. @throws AppError conflict `inventory.supplier-name-taken` */
export class CreateSupplierCommand extends Command<SupplierView> {
  constructor(readonly supplier: SupplierChange & { name: string; currency: string }) {
    super();
  }
}

/**
 * Changes what is named.
 * @param version that the caller saw (If-Match); null where it does not matter
 * @throws AppError not-found `inventory.supplier-not-found`, precondition-failed `inventory.supplier-stale`, conflict
 *   `inventory.supplier-name-taken`, `inventory.supplier-currency-fixed`
 */
export class ChangeSupplierCommand extends Command<SupplierView> {
  constructor(
    readonly supplierId: string,
    readonly change: SupplierChange,
    readonly version: number | null = null,
  ) {
    super();
  }
}

/**
 * Sets what a supplier sells, and takes away what it does not sell any more; other items stay. All or nothing.
 * @throws AppError not-found `inventory.supplier-not-found`, invalid `inventory.unknown-sku`, `inventory.supplier-item-repeated`
 */
export class ChangeSupplierItemsCommand extends Command<{ set: number; removed: number }> {
  constructor(readonly request: { supplierId: string; put: readonly SupplierItem[]; remove: readonly string[] }) {
    super();
  }
}

@CommandHandler(CreateSupplierCommand)
export class CreateSupplierHandler implements ICommandHandler<CreateSupplierCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly clock: Clock,
    private readonly queries: QueryBus,
    private readonly suppliers: SupplierRepository,
  ) {}

  execute({ supplier: data }: CreateSupplierCommand): Promise<SupplierView> {
    return this.uow.run(async () => {
      const supplier = Supplier.create(data, this.clock.now());
      await this.suppliers.save(supplier);
      return this.queries.execute(new FindSupplierQuery(supplier.id));
    });
  }
}

@CommandHandler(ChangeSupplierCommand)
export class ChangeSupplierHandler implements ICommandHandler<ChangeSupplierCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly clock: Clock,
    private readonly queries: QueryBus,
    private readonly suppliers: SupplierRepository,
  ) {}

  execute({ supplierId, change, version }: ChangeSupplierCommand): Promise<SupplierView> {
    return this.uow.run(async () => {
      const supplier = await this.suppliers.lock(supplierId);
      if (!supplier) throw supplierNotFound();
      if (version !== null && version !== supplier.version) throw staleSupplier(supplier.version);
      const { currency = supplier.currency } = change;
      if (currency !== supplier.currency && (await this.suppliers.hasItems(supplierId))) throw supplierCurrencyFixed();
      supplier.change(change, this.clock.now());
      await this.suppliers.save(supplier);
      return this.queries.execute(new FindSupplierQuery(supplierId));
    });
  }
}

@CommandHandler(ChangeSupplierItemsCommand)
export class ChangeSupplierItemsHandler implements ICommandHandler<ChangeSupplierItemsCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly suppliers: SupplierRepository,
    private readonly check: LineCheck,
  ) {}

  execute({ request: { supplierId, put, remove } }: ChangeSupplierItemsCommand): Promise<{
    set: number;
    removed: number;
  }> {
    return this.uow.run(async () => {
      const supplier = await this.suppliers.lock(supplierId);
      if (!supplier) throw supplierNotFound();
      const named = new Set<string>();
      [
        ...put.map(({ sku }, i) => ({ sku, at: `/put/${i}/sku` })),
        ...remove.map((sku, i) => ({ sku, at: `/remove/${i}` })),
      ].forEach(({ sku, at }) => {
        if (named.has(sku)) throw supplierItemTwice(at, sku);
        named.add(sku);
      });
      await this.check.known(put, '/put');
      await this.suppliers.put(supplierId, put);
      return { set: put.length, removed: await this.suppliers.remove(supplierId, remove) };
    });
  }
}
