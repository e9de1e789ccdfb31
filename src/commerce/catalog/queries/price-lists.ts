import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Database } from '../../../kernel/database/database';
import { keyset, type ListQuery, type Page } from '../../../kernel/http/pagination';
import type { Money } from '../../../kernel/money/money';
import { priceListNotFound, productNotFound } from '../domain/catalog.errors';

export interface PriceListView {
  id: string;
  name: string;
  currency: string;
  customerGroupId: string | null;
  priority: number;
  validFrom: Date | null;
  validUntil: Date | null;
  active: boolean;
  /** Also the ETag. */
  version: number;
  createdAt: Date;
  updatedAt: Date;
}

const LIST = `l.id, l.name, l.currency, l.customer_group_id as "customerGroupId", l.priority, l.valid_from as "validFrom",
  l.valid_until as "validUntil", l.active, l.version, l.created_at as "createdAt", l.updated_at as "updatedAt"`;

/** One price list, or null. */
export async function findPriceList(database: Database, id: string): Promise<PriceListView | null> {
  const rows = await database.read<PriceListView>(
    `select ${LIST} from catalog.price_lists l where l.tenant_id = kernel.tenant_id() and l.id = $1`,
    [id],
  );
  return rows[0] ?? null;
}

/** One price list. @throws AppError not-found `catalog.price-list-not-found` */
export class GetPriceListQuery extends Query<PriceListView> {
  constructor(readonly listId: string) {
    super();
  }
}

@QueryHandler(GetPriceListQuery)
export class GetPriceListHandler implements IQueryHandler<GetPriceListQuery> {
  constructor(private readonly database: Database) {}

  async execute({ listId }: GetPriceListQuery): Promise<PriceListView> {
    const list = await findPriceList(this.database, listId);
    if (!list) throw priceListNotFound();
    return list;
  }
}

/** Filters of the lists; the edge has validated them. */
export interface PriceListsQuery extends ListQuery {
  currency?: string;
  customerGroupId?: string;
  active?: boolean;
}

/** A page of price lists. */
export class ListPriceListsQuery extends Query<Page<PriceListView>> {
  constructor(readonly query: PriceListsQuery) {
    super();
  }
}

const LISTS = keyset({
  id: 'l.id',
  sorts: { name: { sql: 'l.name_key', type: 'text' }, createdAt: { sql: 'l.created_at', type: 'timestamptz' } },
  defaultSort: 'name',
  filters: {
    currency: { sql: 'l.currency', type: 'text' },
    customerGroupId: { sql: 'l.customer_group_id', type: 'uuid' },
    active: { sql: 'l.active', type: 'boolean' },
  },
});

@QueryHandler(ListPriceListsQuery)
export class ListPriceListsHandler implements IQueryHandler<ListPriceListsQuery> {
  constructor(private readonly database: Database) {}

  execute({ query }: ListPriceListsQuery): Promise<Page<PriceListView>> {
    return LISTS.run<PriceListView & { _id: string; _k0: string }, PriceListView>(this.database, query, {
      select: LIST,
      from: 'catalog.price_lists l',
      where: 'l.tenant_id = kernel.tenant_id()',
      map: ({ _id, _k0, ...list }) => list,
    });
  }
}

export interface ListPriceView {
  sku: string;
  productId: string;
  minQuantity: number;
  price: Money;
}

/** A page of the prices of one list. @throws AppError not-found `catalog.price-list-not-found` */
export class ListPricesOfListQuery extends Query<Page<ListPriceView>> {
  constructor(
    readonly listId: string,
    readonly query: ListQuery & { sku?: string },
  ) {
    super();
  }
}

const PRICES = keyset({
  id: 'p.id',
  sorts: {},
  defaultSort: 'id',
  filters: { sku: { sql: 'v.sku', type: 'text' } },
});

@QueryHandler(ListPricesOfListQuery)
export class ListPricesOfListHandler implements IQueryHandler<ListPricesOfListQuery> {
  constructor(private readonly database: Database) {}

  async execute({ listId, query }: ListPricesOfListQuery): Promise<Page<ListPriceView>> {
    const list = await findPriceList(this.database, listId);
    if (!list) throw priceListNotFound();
    type Row = Omit<ListPriceView, 'price'> & { amount: number };
    return PRICES.run<Row, ListPriceView>(this.database, query, {
      select: `v.sku, v.product_id as "productId", p.min_quantity as "minQuantity", p.amount`,
      from: 'catalog.list_prices p join catalog.variants v on v.tenant_id = p.tenant_id and v.id = p.variant_id',
      where: 'p.tenant_id = kernel.tenant_id() and p.list_id = $1',
      params: [listId],
      map: ({ sku, productId, minQuantity, amount }) => ({
        sku,
        productId,
        minQuantity,
        price: { amount, currency: list.currency },
      }),
    });
  }
}

export interface PriceChangeView {
  id: string;
  sku: string;
  /** Price list that the price was of; null for the variant's own. */
  list: { id: string; name: string } | null;
  /** Step of the list; null for the variant's own price. */
  minQuantity: number | null;
  /** Null: there was none. */
  before: Money | null;
  /** Null: it was taken away. */
  after: Money | null;
  at: Date;
}

/** A page of what the prices of a product were, latest first. @throws AppError not-found `catalog.product-not-found` */
export class ListPriceChangesQuery extends Query<Page<PriceChangeView>> {
  constructor(
    readonly productId: string,
    readonly query: ListQuery & { sku?: string },
  ) {
    super();
  }
}

const CHANGES = keyset({
  id: 'h.id',
  sorts: { at: { sql: 'h.changed_at', type: 'timestamptz' } },
  defaultSort: '-at',
  filters: { sku: { sql: 'v.sku', type: 'text' } },
});

@QueryHandler(ListPriceChangesQuery)
export class ListPriceChangesHandler implements IQueryHandler<ListPriceChangesQuery> {
  constructor(private readonly database: Database) {}

  async execute({ productId, query }: ListPriceChangesQuery): Promise<Page<PriceChangeView>> {
    type Row = Omit<PriceChangeView, 'list' | 'before' | 'after'> & {
      listId: string | null;
      listName: string;
      before: number | null;
      beforeCurrency: string;
      after: number | null;
      afterCurrency: string;
    };
    const page = await CHANGES.run<Row, PriceChangeView>(this.database, query, {
      select: `h.id, v.sku, h.list_id as "listId", h.list_name as "listName", h.min_quantity as "minQuantity", h.changed_at as at,
        h.before_amount as before, h.before_currency as "beforeCurrency", h.after_amount as after, h.after_currency as "afterCurrency"`,
      from: 'catalog.variants v join catalog.price_changes h on h.tenant_id = v.tenant_id and h.variant_id = v.id',
      where: 'v.tenant_id = kernel.tenant_id() and v.product_id = $1',
      params: [productId],
      map: (row) => ({
        id: row.id,
        sku: row.sku,
        list: row.listId === null ? null : { id: row.listId, name: row.listName },
        minQuantity: row.minQuantity,
        before: row.before === null ? null : { amount: row.before, currency: row.beforeCurrency },
        after: row.after === null ? null : { amount: row.after, currency: row.afterCurrency },
        at: row.at,
      }),
    });
    if (page.data.length === 0) await this.requireProduct(productId);
    return page;
  }

  private async requireProduct(id: string): Promise<void> {
    const rows = await this.database.read(
      'select id from catalog.products where tenant_id = kernel.tenant_id() and id = $1',
      [id],
    );
    if (rows.length === 0) throw productNotFound();
  }
}
