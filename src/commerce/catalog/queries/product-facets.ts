import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Database } from '../../../kernel/database/database';
import { AVAILABILITIES, type AvailabilityState } from '../domain/availability';
import { facetOf } from '../domain/presentation';
import {
  COUNTED,
  facetGroups,
  matched,
  MOST_MATCHES,
  ofFacets,
  searchOf,
  type ProductListQuery,
} from './product-filters';
import { ON_SALE } from './product-view';

export interface ProductFacetsView {
  /** Products that all filters leave. */
  total: number;
  /** False: the counts are of the first so many products by name, or of the best matches of a search. */
  exact: boolean;
  /** By count, the largest first; their own filter left aside, as with the others. */
  categories: { id: string; name: string; count: number }[];
  /** By code; the values by count. `filter` is what `attributes=` takes. */
  attributes: {
    code: string;
    name: string;
    unit: string | null;
    values: { value: string; filter: string; count: number }[];
  }[];
  /** Bounds of the lowest prices on sale, in minor units, by currency. */
  prices: {
    currency: string;
    lowest: number;
    highest: number;
    count: number;
    /** Up to five of equal width that have products, the cheapest first; both bounds belong to them. */
    ranges: { from: number; to: number; count: number }[];
  }[];
  /** What can be had comes first; those without products are absent. */
  availability: { value: AvailabilityState; count: number }[];
}

/**
 * Counts what the products of a list or search can be narrowed by. Each kind is counted without its own filter, so that
 * one more value of it can be chosen. One round trip; with attributes one before it, which says how to find their products.
 */
export class ProductFacetsQuery extends Query<ProductFacetsView> {
  constructor(
    readonly query: ProductListQuery,
    readonly onSaleOnly: boolean,
  ) {
    super();
  }
}

/** So many products are counted one by one; more would cost a visitor more than exact numbers are worth. */
const MOST_COUNTED = 5_000;
/** An attribute that more products have is looked for in them by name; the products of one with fewer are read by it, once. */
const MOST_GATHERED = 20_000;
const MOST_VALUES = 100;
const RANGES = 5;
const COLUMNS = 'p.id, p.category_id, p.price_from, p.price_currency, p.attributes, p.availability';
/** What all sets of a request share, but for the attributes. */
const SHARED = ['active', 'handle', 'currency'] as const;

interface Row {
  kind: 'total' | 'category' | 'value' | 'price' | 'range' | 'availability';
  key: string | null;
  label: string | null;
  count: number;
  lowest: number | null;
  highest: number | null;
}
interface Definition {
  code: string;
  name: string;
  unit: string | null;
}

@QueryHandler(ProductFacetsQuery)
export class ProductFacetsHandler implements IQueryHandler<ProductFacetsQuery> {
  constructor(private readonly database: Database) {}

  async execute({ query, onSaleOnly }: ProductFacetsQuery): Promise<ProductFacetsView> {
    const search = searchOf(query);
    const nothing = search?.words === null;
    const narrow = search || !query.attributes?.length ? [] : this.narrow(query.attributes);
    const [rows, definitions] = await Promise.all([
      nothing ? [] : Promise.resolve(narrow).then((few) => this.count(query, onSaleOnly, few)),
      this.database.read<Definition>(
        `select code, name, unit from catalog.attributes where tenant_id = kernel.tenant_id() and filterable and type <> 'number'
         and type <> 'date' order by code`,
      ),
    ]);
    const total = rows.find((row) => row.kind === 'total')?.count ?? 0;
    const of = (kind: Row['kind']): Row[] => rows.filter((row) => row.kind === kind).sort((a, b) => b.count - a.count);
    const values = of('value');
    return {
      total: Math.min(total, MOST_COUNTED),
      exact: total <= MOST_COUNTED && !(search && total >= MOST_MATCHES),
      categories: of('category').map(({ key, label, count }) => ({ id: key!, name: label!, count })),
      attributes: definitions
        .map((definition) => ({
          ...definition,
          values: values
            .filter(({ key }) => key === definition.code)
            .map(({ label, count }) => ({ value: label!, filter: facetOf(definition.code, label!)!, count }))
            .filter(({ filter }) => filter !== null)
            .slice(0, MOST_VALUES),
        }))
        .filter((it) => it.values.length > 0),
      prices: of('price').map(({ key, count, lowest, highest }) => ({
        currency: key!,
        lowest: lowest!,
        highest: highest!,
        count,
        ranges: rows
          .filter((row) => row.kind === 'range' && row.key === key)
          .map((row) => ({ from: row.lowest!, to: row.highest!, count: row.count }))
          .sort((a, b) => a.from - b.from),
      })),
      availability: AVAILABILITIES.flatMap((value) =>
        of('availability')
          .filter(({ key }) => key === value)
          .map(({ count }) => ({ value, count })),
      ),
    };
  }

  /** Codes of wished attributes with so few products that these are gathered by it, the fewest first. */
  private async narrow(attributes: string[]): Promise<string[]> {
    const params: unknown[] = [];
    const codes = [...facetGroups(attributes)].map(
      ([code, facets]) =>
        `select $${params.push(code)}::text as code, (select count(*) from (select from catalog.product_facets f
         where f.tenant_id = kernel.tenant_id() and f.facet = any($${params.push(facets)}::text[]) limit ${MOST_GATHERED + 1}) n) as count`,
    );
    const rows = await this.database.read<{ code: string; count: number }>(codes.join(' union all '), params);
    return rows
      .filter(({ count }) => count <= MOST_GATHERED)
      .sort((a, b) => a.count - b.count)
      .map(({ code }) => code);
  }

  private count(query: ProductListQuery, onSaleOnly: boolean, narrow: readonly string[]): Promise<Row[]> {
    const search = searchOf(query);
    // In the order of an index, so that a large shop is not read as a whole for the first so many.
    const [source, order] = search
      ? [matched(`p.tenant_id, p.active, p.publish_at, p.unpublish_at, p.handle, ${COLUMNS}`), '']
      : ['catalog.products', 'order by p.name_key, p.id'];
    let params: unknown[] = search?.params ?? [];
    const sets: string[] = [];
    const gathered = narrow.length > 0;
    const scope = `p.tenant_id = kernel.tenant_id()${onSaleOnly ? ` and ${ON_SALE}` : ''}`;
    const conditions = (filtering: Partial<ProductListQuery>): string => {
      const { filtered } = COUNTED.list({ limit: MOST_COUNTED, ...filtering } as ProductListQuery, params);
      ({ params } = filtered);
      return filtered.where;
    };
    /** What products with these attributes are read from, with the conditions on them. */
    const products = (filtering: Partial<ProductListQuery>): string => {
      const wished = facetGroups(filtering.attributes ?? []);
      const code = narrow.find((it) => wished.has(it));
      const from =
        code === undefined ? source : ofFacets(`$${(params = [...params, wished.get(code)]).length}::text[]`);
      const attributes = filtering.attributes?.filter((text) => !text.startsWith(`${code}:`));
      return `${from} p where ${scope}${conditions({ ...filtering, attributes })}`;
    };
    if (gathered) {
      const shared = Object.fromEntries(SHARED.map((name) => [name, query[name]]));
      // Sorted once: for what is taken of it in that order, sorting is a look over it.
      sets.push(
        `gathered as materialized (select p.name_key, ${COLUMNS} from ${products({ ...shared, attributes: query.attributes })} ${order})`,
      );
    }
    /** Names the products that the filters leave but for those of `without`. */
    const set = (without: Partial<ProductListQuery>): string => {
      const name = `m${sets.length}`;
      const wished = { ...query, sort: undefined, cursor: undefined, ...without };
      const rest = Object.fromEntries([...SHARED, 'attributes'].map((it) => [it, undefined]));
      const from =
        gathered && wished.attributes === query.attributes
          ? `gathered p where true${conditions({ ...wished, ...rest })}`
          : products(wished);
      sets.push(`${name} as materialized (select ${COLUMNS} from ${from} ${order} limit ${MOST_COUNTED + 1})`);
      return name;
    };
    const all = set({});
    const groups = [...facetGroups(query.attributes ?? []).keys()];
    const inCategories = query.categoryId === undefined ? all : set({ categoryId: undefined });
    const atPrices = query.price === undefined ? all : set({ price: undefined });
    const inStates = query.availability === undefined ? all : set({ availability: undefined });
    const others = (code: string): string[] => query.attributes!.filter((text) => !text.startsWith(`${code}:`));
    const byCode = groups.map((code) => [code, set({ attributes: others(code) })] as const);
    const place = (value: unknown): string => `$${params.push(value)}`;
    const values = (from: string, condition: string): string =>
      `select 'value', a.key, a.value, count(*)::int, null, null from ${from} m, jsonb_each_text(m.attributes) a
       where length(a.value) <= 120 and ${condition} group by a.key, a.value`;
    const parts = [
      `select 'total' as kind, null::text as key, null::text as label, count(*)::int as count, null::bigint as lowest, null::bigint as highest from ${all}`,
      `select 'category', c.id::text, c.name, n.count, null, null
       from (select category_id, count(*)::int as count from ${inCategories} group by category_id) n
       join catalog.categories c on c.tenant_id = kernel.tenant_id() and c.id = n.category_id`,
      `select 'price', price_currency, null, count(*)::int, min(price_from), max(price_from) from ${atPrices}
       where price_from is not null group by price_currency`,
      // Bounds as width_bucket draws them, in whole minor units.
      `select 'range', currency, null, count(*)::int, ceil(low + (bucket - 1) * width)::bigint, (ceil(low + bucket * width) - 1)::bigint
       from (
         select price_currency as currency, low, (high + 1 - low) / ${RANGES} as width, width_bucket(price, low, high + 1, ${RANGES}) as bucket
         from (
           select price_currency, price_from::numeric as price, (min(price_from) over by_currency)::numeric as low, (max(price_from) over by_currency)::numeric as high
           from ${atPrices} where price_from is not null window by_currency as (partition by price_currency)
         ) bounded
       ) cut group by currency, low, width, bucket`,
      `select 'availability', availability, null, count(*)::int, null, null from ${inStates} group by availability`,
    ];
    params = [...params];
    parts.push(values(all, groups.length > 0 ? `a.key <> all(${place(groups)}::text[])` : 'true'));
    for (const [code, from] of byCode) parts.push(values(from, `a.key = ${place(code)}`));
    return this.database.read<Row>(`with ${sets.join(', ')} ${parts.join(' union all ')}`, params);
  }
}
