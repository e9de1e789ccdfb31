import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Database } from '../../../kernel/database/database';
import { AVAILABILITIES, type AvailabilityState } from '../domain/availability';
import { facetOf } from '../domain/presentation';
import {
  COUNTED,
  facetGroups,
  found,
  matched,
  narrowing,
  ofFacets,
  searchOf,
  type ProductListQuery,
} from './product-filters';
import { ON_SALE } from './product-view';

export interface ProductFacetsView {
  /** Products that all filters leave. */
  total: number;
  /** False: the counts are of the first so many products by name, or of the best matches that a search looked at. */
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
 * one more value of it can be chosen. One round trip; with attributes one before it, which says what is counted and how to find it.
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
export const MOST_COUNTED = 2_000;
const MOST_VALUES = 100;
const RANGES = 5;
const COLUMNS = 'p.id, p.category_id, p.price_from, p.price_currency, p.availability';
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
    const groups = facetGroups(query.attributes ?? []);
    const known = this.database.read<Definition>(
      `select code, name, unit from catalog.attributes where tenant_id = kernel.tenant_id() and filterable and type <> 'number'
       and type <> 'date' order by code`,
    );
    // A handle has one product at most, and a search its matches: these are looked at and not the attributes.
    const gathers = !search && query.handle === undefined && groups.size > 0;
    const [narrow, others] = await Promise.all([
      gathers ? this.narrow(groups) : [],
      groups.size > 0 && known.then((all) => all.map(({ code }) => code).filter((code) => !groups.has(code))),
    ]);
    const nothing = search?.words === null;
    const [rows, definitions] = await Promise.all([
      nothing ? [] : this.count(query, onSaleOnly, narrow, others || null),
      known,
    ]);
    const { count: total, lowest: cut } = rows.find((row) => row.kind === 'total') ?? { count: 0, lowest: 0 };
    const of = (kind: Row['kind']): Row[] => rows.filter((row) => row.kind === kind).sort((a, b) => b.count - a.count);
    const values = of('value');
    return {
      total: Math.min(total, MOST_COUNTED),
      exact: total <= MOST_COUNTED && cut === 0,
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

  /** Codes of the wished attributes, that of the fewest products first. */
  private async narrow(groups: Map<string, string[]>): Promise<string[]> {
    if (groups.size === 1) return [...groups.keys()];
    const params: unknown[] = [];
    const codes = [...groups].map(
      ([code, facets]) =>
        `select $${params.push(code)}::text as code, (select count(*) from (select from catalog.product_facets f
         where f.tenant_id = kernel.tenant_id() and f.facet = any($${params.push(facets)}::text[]) limit ${2 * MOST_COUNTED}) n) as count`,
    );
    const rows = await this.database.read<{ code: string; count: number }>(codes.join(' union all '), params);
    return rows.sort((a, b) => a.count - b.count).map(({ code }) => code);
  }

  /**
   * @param narrow the wished attributes by which products are gathered, the rarest first; empty: they are looked for
   * @param others codes of attributes that nothing is wished of; null: all that there are
   */
  private count(
    query: ProductListQuery,
    onSaleOnly: boolean,
    narrow: readonly string[],
    others: readonly string[] | null,
  ): Promise<Row[]> {
    const search = searchOf(query);
    // In the order of an index, so that a large shop is not read as a whole for the first so many.
    const order = search ? '' : 'order by p.name_key, p.id';
    let params: unknown[] = search?.params ?? [];
    const sets: string[] = [];
    let made = 0;
    const place = (value: unknown, type = 'text'): string => `$${(params = [...params, value]).length}::${type}`;
    const scope = `p.tenant_id = kernel.tenant_id()${onSaleOnly ? ` and ${ON_SALE}` : ''}`;
    const conditions = (filtering: Partial<ProductListQuery>): string => {
      const { filtered } = COUNTED.list({ limit: MOST_COUNTED, ...filtering } as ProductListQuery, params);
      ({ params } = filtered);
      return filtered.where;
    };
    const wished = facetGroups(query.attributes ?? []);
    const without = (attributes: string[] | undefined, code: string | undefined): string[] | undefined =>
      attributes?.filter((text) => !text.startsWith(`${code}:`));
    /** Of each search a number: 0 where it found all that match. */
    const cut: string[] = [];
    /** What products are looked for in: all, or what a search with these filters finds. */
    const source = (filtering: Partial<ProductListQuery>): string => {
      if (!search) return 'catalog.products';
      const name = `f${cut.length}`;
      sets.push(`${name} as materialized (select * from ${found(place(narrowing(filtering, onSaleOnly)))})`);
      cut.push(`(select count(*) from ${name} where more)`);
      return matched(
        `p.tenant_id, p.name_key, p.active, p.publish_at, p.unpublish_at, p.handle, p.attributes, ${COLUMNS}`,
        name,
      );
    };
    /** What products with these attributes are read from, with the conditions on them; matches of a search have their attributes beside them. */
    const products = (filtering: Partial<ProductListQuery>): string => {
      const groups = facetGroups(filtering.attributes ?? []);
      const code = narrow.find((it) => groups.has(it));
      const from = code === undefined ? source(filtering) : ofFacets(groups.get(code)!, (facet) => place(facet));
      const rest = { ...filtering, attributes: without(filtering.attributes, code) };
      return `${from} p where ${scope}${conditions(rest)}`;
    };
    const isGathered = narrow.length > 0;
    if (isGathered) {
      const shared = Object.fromEntries(SHARED.map((name) => [name, query[name]]));
      const from = products({ ...shared, attributes: query.attributes });
      sets.push(`gathered as materialized (select p.name_key, ${COLUMNS} from ${from} ${order})`);
    }
    const columns = search ? `${COLUMNS}, p.attributes` : COLUMNS;
    /** Names the products that the filters leave but for those of `less`. */
    const set = (less: Partial<ProductListQuery>): string => {
      const name = `m${(made += 1)}`;
      const filtering = { ...query, sort: undefined, cursor: undefined, ...less };
      const rest = Object.fromEntries([...SHARED, 'attributes'].map((it) => [it, undefined]));
      const from =
        isGathered && filtering.attributes === query.attributes
          ? `gathered p where true${conditions({ ...filtering, ...rest })}`
          : products(filtering);
      sets.push(`${name} as materialized (select ${columns} from ${from} ${order} limit ${MOST_COUNTED + 1})`);
      return name;
    };
    const all = set({});
    const inCategories = query.categoryId === undefined ? all : set({ categoryId: undefined });
    const atPrices = query.price === undefined ? all : set({ price: undefined });
    const inStates = query.availability === undefined ? all : set({ availability: undefined });
    const byCode = [...wished.keys()].map(
      (code) => [code, set({ attributes: without(query.attributes, code) })] as const,
    );
    /** Rows `m` of a set with their `attributes`; those that were read from an index alone are looked up by their keys at once. */
    const withAttributes = (name: string): string =>
      search
        ? `${name} m`
        : `(select attributes from catalog.products where tenant_id = kernel.tenant_id() and id = any(array(select id from ${name}))) m`;
    const parts = [
      `select 'total' as kind, null::text as key, null::text as label, count(*)::int as count, (${cut.join(' + ') || 0})::bigint as lowest, null::bigint as highest from ${all}`,
      `select 'category', c.id::text, c.name, n.count, null, null
       from (select category_id, count(*)::int as count from ${inCategories} group by category_id) n
       join catalog.categories c on c.tenant_id = kernel.tenant_id() and c.id = n.category_id`,
      `select 'price', price_currency, null, count(*)::int, min(price_from), max(price_from) from ${atPrices}
       where price_from is not null group by price_currency`,
      // Bounds as width_bucket draws them, in whole minor units.
      `select 'range', currency, null, count::int, ceil(low + (bucket - 1) * width)::bigint, (ceil(low + bucket * width) - 1)::bigint
       from (
         select currency, low, (high + 1 - low) / ${RANGES} as width, width_bucket(m.price_from, low, high + 1, ${RANGES}) as bucket, count(*) as count
         from (
           select price_currency as currency, min(price_from)::numeric as low, max(price_from)::numeric as high
           from ${atPrices} where price_from is not null group by price_currency
         ) bounds join ${atPrices} m on m.price_currency = currency group by currency, low, high, bucket
       ) cut`,
      `select 'availability', availability, null, count(*)::int, null, null from ${inStates} group by availability`,
    ];
    if (others === null || others.length > 0)
      parts.push(`select 'value', a.key, a.value, count(*)::int, null, null from ${withAttributes(all)}, jsonb_each_text(m.attributes) a
        where length(a.value) <= 120${others === null ? '' : ` and a.key = any(${place(others, 'text[]')})`} group by a.key, a.value`);
    for (const [code, from] of byCode)
      parts.push(`select 'value', ${place(code)}, value, count(*)::int, null, null
        from (select m.attributes ->> ${place(code)} as value from ${withAttributes(from)}) v where length(value) <= 120 group by value`);
    return this.database.read<Row>(`with ${sets.join(', ')} ${parts.join(' union all ')}`, params);
  }
}
