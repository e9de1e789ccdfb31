import { createHash } from 'node:crypto';
import type { Database } from '../database/database';
import { canonicalJson } from './canonical-json';
import { cursorText, decodeCursor, encodeCursor, type CursorPosition, type SortType } from './cursor';
import type { LargeListQuery, ListQuery, Page } from './list-query.dto';
import { printable, suggest } from './suggest';
import { invalidRequest } from './validation.pipe';

export {
  AnyOf,
  AnyOfIds,
  AnyOfNames,
  IsTime,
  LargeListQuery,
  ListQuery,
  NumberRange,
  NumberRangeFilter,
  PageInfo,
  TimeRange,
  TimeRangeFilter,
  ToInt,
  pageOf,
  type Page,
} from './list-query.dto';
export type { SortType } from './cursor';

/** A sortable expression. Where it can be null, nulls come last in both directions. */
export interface SortKey {
  sql: string;
  type: SortType;
  nullable?: boolean;
}

/** Gives a value its place among the parameters; `type` is its SQL type. @returns `$n::type` */
export type Placeholder = (value: unknown, type: string) => string;

/**
 * A filter: an expression compared with the value (one value: equal; several: any of them; bounds: between), or a
 * function that writes the condition itself.
 */
export type Filter = { sql: string; type: string } | ((value: never, place: Placeholder) => string);

export interface KeysetOptions {
  /** Expression of the row's UUID, always the last sort key. */
  id: string;
  sorts: Record<string, SortKey>;
  /** Such as `-createdAt`. */
  defaultSort: string;
  /** By the name of the DTO's property. */
  filters?: Record<string, Filter>;
  /** Members that `fields=` may name; without it the list cannot be narrowed. */
  fields?: readonly string[];
}

interface OrderBy extends SortKey {
  name: string;
  descending: boolean;
}

/** The SQL of one page. Parts are fragments for a statement that the handler writes. */
export interface KeysetList {
  /** Sort keys as text, to be selected beside the handler's own columns: `select o.id, ${list.keys} from ...`. */
  keys: string;
  /** Conditions of filters and cursor, beginning with ` and`, or empty. */
  where: string;
  /** `order by ...` */
  orderBy: string;
  /** `limit $n`: one row more than the page has. */
  limit: string;
  /** The handler's own parameters and those of the fragments. */
  params: unknown[];
  /** Conditions of the filters alone with their parameters: for counting. */
  filtered: { where: string; params: unknown[] };
  /** The page of the rows that came, each mapped to its view. */
  page<Row extends object, View = Omit<Row, `_${string}`>>(
    rows: Row[],
    map?: (row: Row) => View,
    total?: number,
  ): Page<View>;
}

const MOST_SORTS = 3;
const NOT_FILTERS = new Set(['limit', 'cursor', 'sort', 'count', 'fields']);
const BOUNDS: Record<string, string> = { gte: '>=', gt: '>', lte: '<=', lt: '<' };

/**
 * Keyset pagination of one list. Made once per query handler:
 *
 *     const ORDERS = keyset({
 *       id: 'o.id',
 *       sorts: { createdAt: { sql: 'o.created_at', type: 'timestamptz' }, number: { sql: 'o.number', type: 'text' } },
 *       defaultSort: '-createdAt',
 *       filters: { status: { sql: 'o.status', type: 'text' }, createdAt: { sql: 'o.created_at', type: 'timestamptz' } },
 *     });
 *     return ORDERS.run(this.database, query, {
 *       select: 'o.id, o.number', from: 'orders.orders o', where: 'o.tenant_id = kernel.tenant_id()', params: [], map: orderView,
 *     });
 *
 * or, where the statement is special, `const list = ORDERS.list(query, params)` and its fragments.
 */
export const keyset = (options: KeysetOptions): Keyset => new Keyset(options);

export class Keyset {
  private readonly sorts: Record<string, SortKey>;

  constructor(private readonly options: KeysetOptions) {
    this.sorts = { id: { sql: options.id, type: 'uuid' }, ...options.sorts };
  }

  /**
   * The fragments of a page. `params` are the handler's own (`$1...`); the fragments' follow.
   * @throws AppError 400 for an unknown sort or field, and for a cursor of another list, sort or filter.
   */
  list(query: ListQuery, params: readonly unknown[] = []): KeysetList {
    const order = this.orderOf(query.sort ?? this.options.defaultSort);
    const fields = this.fieldsOf(query);
    const all = [...params];
    const place: Placeholder = (value, type) => `$${all.push(value)}::${type}`;
    const filters = this.conditions(query, place);
    const filtered = { where: filters, params: [...all] };
    const binding = this.bindingOf(query, order);
    let where = filters;
    if (query.cursor !== undefined) {
      const at = decodeCursor(
        query.cursor,
        binding,
        order.map((key) => key.type),
      );
      where += ` and ${after(order, this.options.id, at, place)}`;
    }
    const direction = order[0].descending ? 'desc' : 'asc';
    const orderBy = [
      ...order.map((key) => `${key.sql} ${key.descending ? 'desc' : 'asc'}${key.nullable ? ' nulls last' : ''}`),
      `${this.options.id} ${direction}`,
    ].join(', ');
    const keys = [
      ...order.map((key, i) => `${cursorText(key.sql, key.type)} as "_k${i}"`),
      `(${this.options.id})::text as "_id"`,
    ];
    return {
      keys: keys.join(', '),
      where,
      orderBy: `order by ${orderBy}`,
      limit: `limit ${place(query.limit + 1, 'int')}`,
      params: all,
      filtered,
      page: (rows, map, total) =>
        pageOfRows(rows, { limit: query.limit, binding, sorts: order.length, fields, map, total }),
    };
  }

  /** Reads a page, and with `count=exact` the number of all rows. `where` has at least the tenant, or the owner of the rows. */
  async run<Row extends object, View>(
    database: Pick<Database, 'read'>,
    query: ListQuery,
    statement: { select: string; from: string; where: string; params?: readonly unknown[]; map: (row: Row) => View },
  ): Promise<Page<View>> {
    const { select, from, where, params, map } = statement;
    const list = this.list(query, params);
    const rows = database.read<Row>(
      `select ${select}, ${list.keys} from ${from} where ${where}${list.where} ${list.orderBy} ${list.limit}`,
      list.params,
    );
    if (query.count !== 'exact') return list.page(await rows, map);
    const counted = database.read<{ total: number }>(
      `select count(*)::int as total from ${from} where ${where}${list.filtered.where}`,
      list.filtered.params,
    );
    const [found, [{ total }]] = await Promise.all([rows, counted]);
    return list.page(found, map, total);
  }

  private orderOf(sort: string): OrderBy[] {
    const names = sort.split(',').map((part) => part.trim());
    const order: OrderBy[] = [];
    for (const part of names) {
      const descending = part.startsWith('-');
      const name = descending ? part.slice(1) : part;
      const key = Object.hasOwn(this.sorts, name) ? this.sorts[name] : undefined;
      if (!key) {
        const detail = `"${printable(name)}" is nothing this list sorts by. ${suggest(name, Object.keys(this.sorts))}`;
        throw invalidRequest([{ pointer: 'sort', code: 'unknown-sort', detail }], 'query');
      }
      if (order.some((other) => other.name === name) || order.length === MOST_SORTS) {
        const detail = `sort takes up to ${MOST_SORTS} different names.`;
        throw invalidRequest([{ pointer: 'sort', code: 'sort', detail }], 'query');
      }
      order.push({ ...key, name, descending });
    }
    return order;
  }

  private fieldsOf(query: ListQuery): string[] | null {
    const { fields } = query as LargeListQuery;
    if (fields === undefined) return null;
    const allowed = this.options.fields ?? [];
    const names = fields
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== '');
    const unknown = names.find((name) => !allowed.includes(name));
    if (unknown !== undefined || names.length === 0) {
      const detail = `fields names members of the rows. ${suggest(unknown ?? '', allowed)}`;
      throw invalidRequest([{ pointer: 'fields', code: 'unknown-field', detail }], 'query');
    }
    return names;
  }

  private conditions(query: ListQuery, place: Placeholder): string {
    let where = '';
    for (const [name, filter] of Object.entries(this.options.filters ?? {})) {
      const value = (query as unknown as Record<string, unknown>)[name];
      if (value === undefined || value === null) continue;
      if (typeof filter === 'function') where += ` and (${filter(value as never, place)})`;
      else if (Array.isArray(value)) where += ` and ${filter.sql} = any(${place(value, `${filter.type}[]`)})`;
      else if (typeof value === 'object') {
        for (const [bound, sign] of Object.entries(BOUNDS)) {
          const limit = (value as Record<string, unknown>)[bound];
          if (limit !== undefined && limit !== null) where += ` and ${filter.sql} ${sign} ${place(limit, filter.type)}`;
        }
      } else where += ` and ${filter.sql} = ${place(value, filter.type)}`;
    }
    return where;
  }

  /** What a cursor is bound to: the sort and every filter of the request. */
  private bindingOf(query: ListQuery, order: OrderBy[]): string {
    const filters = Object.fromEntries(Object.entries(query).filter(([name]) => !NOT_FILTERS.has(name)));
    const text = canonicalJson([
      this.options.id,
      order.map((key) => (key.descending ? `-${key.name}` : key.name)),
      filters,
    ]);
    return createHash('sha256').update(text).digest('base64url').slice(0, 12);
  }
}

/** The condition for rows behind a position. One row comparison where an index can serve it, else spelled out. */
function after(order: OrderBy[], id: string, at: CursorPosition, place: Placeholder): string {
  const idAt = place(at.id, 'uuid');
  const places = order.map((key, i) => (at.values[i] === null ? null : place(at.values[i], key.type)));
  const { descending } = order[0];
  const uniform = order.every((key, i) => key.descending === descending && !key.nullable && places[i] !== null);
  if (uniform) {
    const columns = [...order.map((key) => key.sql), id].join(', ');
    return `(${columns}) ${descending ? '<' : '>'} (${[...places, idAt].join(', ')})`;
  }
  const steps: string[] = [];
  let equal = '';
  order.forEach((key, i) => {
    const value = places[i];
    if (value !== null) {
      const beyond = `${key.sql} ${key.descending ? '<' : '>'} ${value}`;
      steps.push(`${equal}${key.nullable ? `(${beyond} or ${key.sql} is null)` : beyond}`);
    }
    equal += value === null ? `${key.sql} is null and ` : `${key.sql} = ${value} and `;
  });
  steps.push(`${equal}${id} ${descending ? '<' : '>'} ${idAt}`);
  return `(${steps.map((step) => `(${step})`).join(' or ')})`;
}

function pageOfRows<Row extends object, View>(
  rows: Row[],
  shape: {
    limit: number;
    binding: string;
    sorts: number;
    fields: string[] | null;
    map?: (row: Row) => View;
    total?: number;
  },
): Page<View> {
  const { limit, binding, sorts, fields, map, total } = shape;
  const hasMore = rows.length > limit;
  const kept = hasMore ? rows.slice(0, limit) : rows;
  const last = kept.at(-1) as Record<string, string | null> | undefined;
  const nextCursor =
    hasMore && last
      ? encodeCursor(binding, { values: Array.from({ length: sorts }, (_, i) => last[`_k${i}`]), id: last._id! })
      : null;
  const views = kept.map((row) => (map ? map(row) : (withoutKeys(row) as View)));
  return {
    data: fields ? views.map((view) => pick(view as Record<string, unknown>, fields) as View) : views,
    page: { limit, nextCursor, hasMore, ...(total === undefined ? {} : { total }) },
  };
}

const withoutKeys = (row: object): object =>
  Object.fromEntries(Object.entries(row).filter(([name]) => name !== '_id' && !/^_k\d$/.test(name)));

const pick = (view: Record<string, unknown>, fields: string[]): Record<string, unknown> =>
  Object.fromEntries(fields.map((name) => [name, view[name]]));
