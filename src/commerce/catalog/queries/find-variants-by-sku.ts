import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Database } from '../../../kernel/database/database';
import {
  FindOffersQuery,
  FindVariantsBySkuQuery,
  type OfferedVariant,
  type VariantFacts,
} from '../contracts/find-variants-by-sku';
import { listPrice } from './list-price';
import { ON_SALE } from './product-view';

interface Row extends Omit<VariantFacts, 'price'> {
  amount: number;
  currency: string;
}

/** Only a bundle pays for being taken apart. */
const LEAVES = `case when v.bundle then (
    with recursive parts as (
      select b.component_id as id, b.quantity::bigint as quantity, 1 as depth from catalog.bundle_components b
      where b.tenant_id = v.tenant_id and b.bundle_id = v.id
      union all
      select b.component_id, p.quantity * b.quantity, p.depth + 1 from parts p
      join catalog.bundle_components b on b.tenant_id = v.tenant_id and b.bundle_id = p.id where p.depth < 10
    ), leaves as (
      select l.sku, sum(p.quantity)::bigint as quantity from parts p
      join catalog.variants l on l.tenant_id = v.tenant_id and l.id = p.id and not l.bundle group by l.sku
    )
    select json_agg(json_build_object('sku', sku, 'quantity', quantity) order by sku) from leaves
  ) end`;

const FACTS = `v.id as "variantId", v.product_id as "productId", v.sku, v.name, p.name as "productName", v.price_amount as amount,
  v.price_currency as currency, v.active and ${ON_SALE} as active, p.category_id as "categoryId", c.name as "categoryName",
  coalesce(v.tax_category, p.tax_category) as "taxCategory", v.weight_grams as "weightGrams", v.backorder, ${LEAVES} as components`;
const NAMES = `join catalog.products p on p.tenant_id = v.tenant_id and p.id = v.product_id
  left join catalog.categories c on c.tenant_id = p.tenant_id and c.id = p.category_id`;
const FROM = `from catalog.variants v ${NAMES}`;
const LIST_PRICE = listPrice({ quantity: 'x.quantity', currency: '$3', groups: '$4', at: '$5' });

const factsOf = ({ amount, currency, ...row }: Row): VariantFacts => ({ ...row, price: { amount, currency } });

@QueryHandler(FindVariantsBySkuQuery)
export class FindVariantsBySkuHandler implements IQueryHandler<FindVariantsBySkuQuery> {
  constructor(private readonly database: Database) {}

  async execute({ request }: FindVariantsBySkuQuery): Promise<VariantFacts[]> {
    if (request.skus.length === 0) return [];
    const rows = await this.database.read<Row>(
      `select ${FACTS} ${FROM} where v.tenant_id = kernel.tenant_id() and v.sku = any($1)`,
      [request.skus],
    );
    return rows.map(factsOf);
  }
}

@QueryHandler(FindOffersQuery)
export class FindOffersHandler implements IQueryHandler<FindOffersQuery> {
  constructor(private readonly database: Database) {}

  async execute({ request }: FindOffersQuery): Promise<OfferedVariant[]> {
    const { lines, currency = null, customerGroupIds = [], at = null } = request;
    if (lines.length === 0) return [];
    const rows = await this.database.read<Row & { offered: number | null; offeredIn: string }>(
      `select ${FACTS}, case when l.list_id is not null then l.amount when v.price_currency = coalesce($3, v.price_currency)
           then v.price_amount end as offered, coalesce($3, v.price_currency) as "offeredIn"
       from unnest($1::text[], $2::bigint[]) as x(sku, quantity)
       join catalog.variants v on v.tenant_id = kernel.tenant_id() and v.sku = x.sku
       ${NAMES} ${LIST_PRICE}`,
      [lines.map(({ sku }) => sku), lines.map(({ quantity }) => quantity), currency, customerGroupIds, at],
    );
    return rows.map(({ offered, offeredIn, ...row }) => ({
      ...factsOf(row),
      offer: offered === null ? null : { amount: offered, currency: offeredIn },
    }));
  }
}
