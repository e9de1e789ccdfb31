import {
  keyset,
  type Filter,
  type KeysetOptions,
  type ListQuery,
  type Placeholder,
} from '../../../kernel/http/pagination';
import type { AvailabilityState } from '../domain/availability';
import { fold, prefixQuery } from '../../../kernel/text/fold';

/** Filters of lists and searches of products; the edge has validated them. */
export interface ProductListQuery extends ListQuery {
  /** Words to search for. */
  q?: string;
  /** Of this category or one beneath it. */
  categoryId?: string;
  active?: boolean;
  handle?: string;
  /** `code:value`; of one attribute any of the values, of several attributes all. */
  attributes?: string[];
  /** Bounds of the lowest own price on sale, in minor units. */
  price?: { gte?: number; gt?: number; lte?: number; lt?: number };
  /** Currency of that price. */
  currency?: string;
  availability?: AvailabilityState[];
}

/** The search answers its best matches; beyond them a person has to say more. */
export const MOST_MATCHES = 1_000;

/** `leaf:Black Tea` as it is stored. */
const facetKey = (text: string): string => {
  const at = text.indexOf(':');
  const value = text.slice(at + 1);
  return `${text.slice(0, at)}:${fold(value) || value}`;
};

/** Wished facets by the code of their attribute. */
export function facetGroups(attributes: readonly string[]): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const text of attributes) {
    const facet = facetKey(text);
    const code = facet.slice(0, facet.indexOf(':'));
    groups.set(code, [...(groups.get(code) ?? []), facet]);
  }
  return groups;
}

const hasFacets = (attributes: string[], place: Placeholder): string =>
  [...facetGroups(attributes).values()]
    .map(
      (facets) => `exists (select from catalog.product_facets f where f.tenant_id = p.tenant_id and f.product_id = p.id
        and f.facet = any(${place(facets, 'text[]')}))`,
    )
    .join(' and ') || 'true';

/** An SQL array of a category and all beneath it; empty without one. `id` is SQL. */
const subtree = (id: string): string => `array(
  with recursive beneath as (
    select id from catalog.categories where tenant_id = kernel.tenant_id() and id = ${id}
    union all
    select c.id from catalog.categories c join beneath b on c.parent_id = b.id where c.tenant_id = kernel.tenant_id()
  ) select id from beneath)`;

export const PRODUCT_FILTERS: Record<string, Filter> = {
  active: { sql: 'p.active', type: 'boolean' },
  handle: { sql: 'p.handle', type: 'text' },
  categoryId: (id: string, place) => `p.category_id = any(${subtree(place(id, 'uuid'))})`,
  attributes: hasFacets,
  price: { sql: 'p.price_from', type: 'bigint' },
  currency: { sql: 'p.price_currency', type: 'text' },
  availability: { sql: 'p.availability', type: 'text' },
};

const OPTIONS: KeysetOptions = {
  id: 'p.id',
  sorts: {
    name: { sql: 'p.name_key', type: 'text' },
    price: { sql: 'p.price_from', type: 'bigint', nullable: true },
    createdAt: { sql: 'p.created_at', type: 'timestamptz' },
    updatedAt: { sql: 'p.updated_at', type: 'timestamptz' },
  },
  defaultSort: 'name',
  filters: PRODUCT_FILTERS,
};
/** Pages of products as they stand. */
export const PRODUCTS = keyset(OPTIONS);
/** Pages of what a search found, the best first. */
export const MATCHES = keyset({
  ...OPTIONS,
  sorts: { ...OPTIONS.sorts, relevance: { sql: 'p.rank', type: 'int' } },
  defaultSort: '-relevance',
});

/** Values filled up to 2, 4, 8 ... by null, which nothing has: names of statements are few, and each number of values would take one. */
const filled = (facets: readonly string[]): (string | null)[] =>
  Array.from({ length: 2 ** Math.ceil(Math.log2(facets.length)) }, (_, n) => facets[n] ?? null);

/**
 * As above, for statements that read thousands of matches: each product on the way is asked (`offset` keeps it a question), by
 * all that the index of values has before it (of names the first hundred letters): where the planner believes in few values, any other may be read as a whole.
 */
export const COUNTED = keyset({
  ...OPTIONS,
  filters: {
    ...PRODUCT_FILTERS,
    attributes: (attributes: string[], place) =>
      [...facetGroups(attributes).values()]
        .map((facets) => {
          const any = filled(facets).map(
            (facet) => `exists (select from catalog.product_facets f where f.tenant_id = p.tenant_id
              and f.facet = ${place(facet, 'text')} and f.name_key = left(p.name_key, 100) and f.product_id = p.id offset 0)`,
          );
          return `(${any.join(' or ')})`;
        })
        .join(' and ') || 'true',
  },
});
/** What `ofFacets` tells of a product. */
const COUNTED_COLUMNS = `tenant_id, product_id as id, name_key, category_id, price_from, price_currency, availability, active, publish_at, unpublish_at`;

/**
 * Products with one of these values of an attribute, as a source beside `catalog.products`: what counts ask of their product,
 * read by name from an index alone. A product that has several comes once.
 * @param place where a value is put
 */
export function ofFacets(facets: readonly string[], place: (facet: string | null) => string): string {
  const values = filled(facets).map(
    (facet) =>
      `select ${COUNTED_COLUMNS} from catalog.product_facets where tenant_id = kernel.tenant_id() and facet = ${place(facet)}`,
  );
  if (values.length === 1) return `(${values[0]})`;
  // Each branch says the order of its index: they are merged as they are read, and not sorted as a whole.
  const ordered = values.map((value) => `(${value} order by name_key, product_id)`);
  return `(select distinct on (name_key, id) * from (${ordered.join(' union all ')}) v order by name_key, id)`;
}

/**
 * What a search asks for: null without words; without anything searchable in them `words` is null, and nothing matches.
 * The first parameters of `found`.
 */
export function searchOf({ q }: ProductListQuery): { words: string | null; params: string[] } | null {
  if (q === undefined || q.trim() === '') return null;
  const words = prefixQuery(q);
  return { words, params: [words ?? '', fold(q), q.trim()] };
}

/** What a search is narrowed by on its way, as `catalog.find_products` takes it; the filters of the list hold besides. */
export function narrowing(query: Partial<ProductListQuery>, shown: boolean): string {
  const { categoryId: category, active, handle, price, currency, availability } = query;
  const attributes = query.attributes && [...facetGroups(query.attributes).values()];
  return JSON.stringify({ shown, category, attributes, active, handle, price, currency, availability });
}

/**
 * Matches `id`, `name_key`, `rank` and `more` (whether there are others) of a search; `$1` the words, `$2` the phrase, `$3` a SKU.
 * @param narrow the place of what `narrowing` says
 */
export const found = (narrow: string): string =>
  `catalog.find_products($1, $2, $3, ${MOST_MATCHES}, ${narrow}::jsonb,
    ${subtree(`(${narrow}::jsonb ->> 'category')::uuid`)})`;

/**
 * Rows `p` that a search found, with these columns and `rank`. Looked up one by one by their key: a plan that was prepared
 * in a small shop may read a large one as a whole.
 * @param source what `found` says, or the name of a set of it
 */
export const matched = (columns: string, source: string): string => `(select ${columns}, s.rank
  from ${source} s cross join lateral (
    select * from catalog.products where tenant_id = kernel.tenant_id() and name_key = s.name_key and id = s.id offset 0) p)`;
