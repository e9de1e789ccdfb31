import { Command, CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import { clock } from '../../../kernel/clock/clock';
import { Database } from '../../../kernel/database/database';
import type { Transaction } from '../../../kernel/database/transaction';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { FindCustomerGroupsQuery } from '../../customers/contracts/customer-groups';
import { PriceListRepository } from '../data/price-list.repository';
import { priceListNotFound, priceStepTwice, stalePriceList, unknownCustomerGroup } from '../domain/catalog.errors';
import { PriceList, type PriceListChange, type PriceStep } from '../domain/price-list';
import { findPriceList, type PriceListView } from '../queries/price-lists';

/**
 * A new price list, still empty.
 * @throws AppError conflict `catalog.price-list-taken`, invalid `catalog.unknown-customer-group`, `catalog.price-list-validity-invalid`
 */
export class CreatePriceListCommand extends Command<PriceListView> {
  constructor(readonly list: PriceListChange & { name: string; currency: string }) {
    super();
  }
}

/**
 * Changes what is named; the currency stays.
 * @param expectedVersion version that the caller saw (If-Match); null where it does not matter
 * @throws AppError not-found `catalog.price-list-not-found`, precondition-failed `catalog.stale-price-list`, and as create
 */
export class ChangePriceListCommand extends Command<PriceListView> {
  constructor(
    readonly listId: string,
    readonly change: PriceListChange,
    readonly expectedVersion: number | null = null,
  ) {
    super();
  }
}

/** Removes a list with all its prices; they stay in the history. @throws AppError not-found `catalog.price-list-not-found` */
export class RemovePriceListCommand extends Command<void> {
  constructor(readonly listId: string) {
    super();
  }
}

/**
 * Sets prices of a list from a quantity on, and takes away those without an amount; others stay. All or nothing.
 * @throws AppError not-found `catalog.price-list-not-found`, invalid `catalog.unknown-sku`, `catalog.price-step-invalid`
 */
export class SetListPricesCommand extends Command<{ changed: number }> {
  constructor(
    readonly listId: string,
    readonly prices: readonly PriceStep[],
  ) {
    super();
  }
}

async function requireGroup(queries: QueryBus, id: string | null | undefined): Promise<void> {
  if (!id) return;
  const found = await queries.execute(new FindCustomerGroupsQuery({ ids: [id] }));
  if (found.length === 0) throw unknownCustomerGroup();
}

async function loadList(lists: PriceListRepository, tx: Transaction, id: string): Promise<PriceList> {
  const list = await lists.load(tx, id);
  if (!list) throw priceListNotFound();
  return list;
}

@CommandHandler(CreatePriceListCommand)
export class CreatePriceListHandler implements ICommandHandler<CreatePriceListCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly database: Database,
    private readonly queries: QueryBus,
    private readonly lists: PriceListRepository,
  ) {}

  execute({ list: data }: CreatePriceListCommand): Promise<PriceListView> {
    return this.uow.run(async (tx) => {
      await requireGroup(this.queries, data.customerGroupId);
      const list = PriceList.create(data, clock.now());
      await this.lists.save(tx, list);
      return (await findPriceList(this.database, list.id))!;
    });
  }
}

@CommandHandler(ChangePriceListCommand)
export class ChangePriceListHandler implements ICommandHandler<ChangePriceListCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly database: Database,
    private readonly queries: QueryBus,
    private readonly lists: PriceListRepository,
  ) {}

  execute({ listId, change, expectedVersion }: ChangePriceListCommand): Promise<PriceListView> {
    return this.uow.run(async (tx) => {
      const list = await loadList(this.lists, tx, listId);
      if (expectedVersion !== null && expectedVersion !== list.version) throw stalePriceList(list.version);
      await requireGroup(this.queries, change.customerGroupId);
      list.change(change, clock.now());
      await this.lists.save(tx, list);
      return (await findPriceList(this.database, listId))!;
    });
  }
}

@CommandHandler(RemovePriceListCommand)
export class RemovePriceListHandler implements ICommandHandler<RemovePriceListCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly lists: PriceListRepository,
  ) {}

  execute({ listId }: RemovePriceListCommand): Promise<void> {
    return this.uow.run(async (tx) => this.lists.remove(tx, await loadList(this.lists, tx, listId)));
  }
}

@CommandHandler(SetListPricesCommand)
export class SetListPricesHandler implements ICommandHandler<SetListPricesCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly lists: PriceListRepository,
  ) {}

  execute({ listId, prices }: SetListPricesCommand): Promise<{ changed: number }> {
    return this.uow.run(async (tx) => {
      const named = new Set<string>();
      for (const { sku, minQuantity } of prices) {
        if (named.has(`${minQuantity} ${sku}`)) throw priceStepTwice(sku, minQuantity);
        named.add(`${minQuantity} ${sku}`);
      }
      // The list's row is locked first: two at once write its steps one after the other, and the history is right.
      const list = await loadList(this.lists, tx, listId);
      return { changed: await this.lists.setSteps(tx, list, prices) };
    });
  }
}
