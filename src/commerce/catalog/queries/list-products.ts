import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Database } from '../../../kernel/database/database';
import type { Page } from '../../../kernel/http/pagination';
import { found, matched, MATCHES, narrowing, PRODUCTS, searchOf, type ProductListQuery } from './product-filters';
import {
  ON_SALE,
  PRODUCT_COLUMNS,
  productView,
  withVariants,
  type ProductRecord,
  type ProductView,
} from './product-view';
import { ShownProducts } from './shown-products';

/** A page of products; `onSaleOnly` is what the public sees: active products with their active variants. */
export class ListProductsQuery extends Query<Page<ProductView>> {
  constructor(
    readonly query: ProductListQuery,
    readonly onSaleOnly: boolean,
  ) {
    super();
  }
}

const COLUMNS = `p.tenant_id, p.name_key, p.price_from, p.price_currency, ${PRODUCT_COLUMNS}`;

@QueryHandler(ListProductsQuery)
export class ListProductsHandler implements IQueryHandler<ListProductsQuery> {
  constructor(
    private readonly database: Database,
    private readonly shown: ShownProducts,
  ) {}

  async execute({ query, onSaleOnly }: ListProductsQuery): Promise<Page<ProductView>> {
    const page = await this.list(query, onSaleOnly);
    return { ...page, data: await this.shown.of(page.data, onSaleOnly) };
  }

  /** One statement: the page is cut before the variants are gathered, so that only its rows pay for them. */
  private async list(query: ProductListQuery, onSaleOnly: boolean): Promise<Page<ProductView>> {
    const search = searchOf(query);
    const list = (search ? MATCHES : PRODUCTS).list(
      query,
      search ? [...search.params, narrowing(query, onSaleOnly)] : [],
    );
    // Nothing searchable was said: no product matches.
    if (search?.words === null) return list.page([], productView, query.count === 'exact' ? 0 : undefined);
    const source = search ? `${matched(COLUMNS, found('$4'))} p` : 'catalog.products p';
    const scope = `p.tenant_id = kernel.tenant_id()${onSaleOnly ? ` and ${ON_SALE}` : ''}`;
    const { columns, joins } = withVariants(onSaleOnly ? 'v.active' : 'true');
    const rows = this.database.read<ProductRecord>(
      `select p.*, ${columns} from (
         select ${COLUMNS}${search ? ', p.rank' : ''}, ${list.keys} from ${source}
         where ${scope}${list.where} ${list.orderBy} ${list.limit}
       ) p ${joins} ${list.orderBy}`,
      list.params,
    );
    if (query.count !== 'exact') return list.page(await rows, productView);
    const counted = this.database.read<{ total: number }>(
      `select count(*)::int as total from ${source} where ${scope}${list.filtered.where}`,
      list.filtered.params,
    );
    const [page, [{ total }]] = await Promise.all([rows, counted]);
    return list.page(page, productView, total);
  }
}
