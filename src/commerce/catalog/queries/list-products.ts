import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Database } from '../../../kernel/database/database';
import { keyset, type KeysetOptions, type ListQuery, type Page } from '../../../kernel/http/pagination';
import { fold, prefixQuery } from '../../../kernel/text/fold';
import {
  ON_SALE,
  PRODUCT_COLUMNS,
  productView,
  withVariants,
  type ProductRecord,
  type ProductView,
} from './product-view';

/** Filters of the list; the edge has validated them. */
export interface ProductListQuery extends ListQuery {
  /** Words to search for. */
  q?: string;
  /** Of this category or one beneath it. */
  categoryId?: string;
  active?: boolean;
  handle?: string;
}

/** A page of products; `onSaleOnly` is what the public sees: active products with their active variants. */
export class ListProductsQuery extends Query<Page<ProductView>> {
  constructor(
    readonly query: ProductListQuery,
    readonly onSaleOnly: boolean,
  ) {
    super();
  }
}

/** The search answers its best matches; beyond them a person has to say more. */
const MOST_MATCHES = 1_000;

const OPTIONS: KeysetOptions = {
  id: 'p.id',
  sorts: {
    name: { sql: 'p.name_key', type: 'text' },
    createdAt: { sql: 'p.created_at', type: 'timestamptz' },
    updatedAt: { sql: 'p.updated_at', type: 'timestamptz' },
  },
  defaultSort: 'name',
  filters: {
    active: { sql: 'p.active', type: 'boolean' },
    handle: { sql: 'p.handle', type: 'text' },
    categoryId: (id: string, place) => `p.category_id in (
      with recursive beneath as (
        select id from catalog.categories where tenant_id = kernel.tenant_id() and id = ${place(id, 'uuid')}
        union all
        select c.id from catalog.categories c join beneath b on c.parent_id = b.id where c.tenant_id = kernel.tenant_id()
      ) select id from beneath)`,
  },
};
const PRODUCTS = keyset(OPTIONS);
const MATCHES = keyset({
  ...OPTIONS,
  sorts: { ...OPTIONS.sorts, relevance: { sql: 'p.rank', type: 'int' } },
  defaultSort: '-relevance',
});

const COLUMNS = `p.tenant_id, p.name_key, ${PRODUCT_COLUMNS}`;
/** `$1` the words, `$2` the phrase. */
const MATCHED = `(select ${COLUMNS}, s.rank from catalog.search_products($1, $2, ${MOST_MATCHES}) s
  join catalog.products p on p.tenant_id = kernel.tenant_id() and p.id = s.id)`;

@QueryHandler(ListProductsQuery)
export class ListProductsHandler implements IQueryHandler<ListProductsQuery> {
  constructor(private readonly database: Database) {}

  /** One statement: the page is cut before the variants are gathered, so that only its rows pay for them. */
  async execute({ query, onSaleOnly }: ListProductsQuery): Promise<Page<ProductView>> {
    const searching = query.q !== undefined && query.q.trim() !== '';
    const words = searching ? prefixQuery(query.q!) : null;
    const params = searching ? [words ?? '', fold(query.q!)] : [];
    const list = (searching ? MATCHES : PRODUCTS).list(query, params);
    // Nothing searchable was said: no product matches.
    if (searching && words === null) return list.page([], productView, query.count === 'exact' ? 0 : undefined);
    const source = searching ? `${MATCHED} p` : 'catalog.products p';
    const scope = `p.tenant_id = kernel.tenant_id()${onSaleOnly ? ` and ${ON_SALE}` : ''}`;
    const { columns, joins } = withVariants(onSaleOnly ? 'v.active' : 'true');
    const rows = this.database.read<ProductRecord>(
      `select p.*, ${columns} from (
         select ${COLUMNS}${searching ? ', p.rank' : ''}, ${list.keys} from ${source}
         where ${scope}${list.where} ${list.orderBy} ${list.limit}
       ) p ${joins} ${list.orderBy}`,
      list.params,
    );
    if (query.count !== 'exact') return list.page(await rows, productView);
    const counted = this.database.read<{ total: number }>(
      `select count(*)::int as total from ${source} where ${scope}${list.filtered.where}`,
      list.filtered.params,
    );
    const [found, [{ total }]] = await Promise.all([rows, counted]);
    return list.page(found, productView, total);
  }
}
