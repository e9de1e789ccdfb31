import { Injectable } from '@nestjs/common';
import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Database } from '../../../kernel/database/database';
import { keyset, type ListQuery, type Page } from '../../../kernel/http/pagination';
import type { Money } from '../../../kernel/money/money';
import { countNotFound } from '../domain/inventory.errors';
import type { CountState, SerialFinding } from '../domain/stock-count';

export interface CountRow {
  id: string;
  locationId: string;
  wholeLocation: boolean;
  blind: boolean;
  state: CountState;
  note: string | null;
  /** Why it was cancelled. */
  reason: string | null;
  createdBy: string | null;
  createdAt: string;
  settledBy: string | null;
  settledAt: string | null;
  version: number;
  lines: number;
  counted: number;
  /** Lines whose stock differs; null while a blind count is open, and so are the next two. */
  differing: number | null;
  missingPieces: number | null;
  foundPieces: number | null;
  /** What the approved count changed, at cost, an amount a currency; what was lost is negative. Null before. */
  value: Money[] | null;
}

export interface CountLineRow {
  id: string;
  sku: string;
  lotNumber: string | null;
  counted: number | null;
  /** In the books at the moment of counting; null where nobody counted, or where who counts is not told. */
  expected: number | null;
  variance: number | null;
  /** Where serial numbers were read: pieces that are missing, and pieces that nobody knew of; null else, or as `expected`. */
  missingPieces: number | null;
  foundPieces: number | null;
  countedAt: string | null;
  countedBy: string | null;
  timesCounted: number;
  /** What the approved count changed. */
  applied: number | null;
  /** Of the lot that came last; null where nobody said. */
  unitCost: Money | null;
}

/** A serial number that was read, or that should have been. */
export interface CountSerialRow {
  id: string;
  sku: string;
  lotNumber: string | null;
  serial: string;
  finding: SerialFinding;
}

/** One count. @throws AppError not-found `inventory.count-not-found` */
export class FindCountQuery extends Query<CountRow> {
  constructor(readonly id: string) {
    super();
  }
}

/** A page of counts, newest first. */
export class ListCountsQuery extends Query<Page<CountRow>> {
  constructor(readonly list: ListQuery) {
    super();
  }
}

/**
 * A page of a count's lines. `differing`: those alone whose stock differs, and what lies there in the books also while
 * a blind count is open: for who approves it.
 * @throws AppError not-found `inventory.count-not-found`
 */
export class ListCountLinesQuery extends Query<Page<CountLineRow>> {
  constructor(
    readonly id: string,
    readonly differing: boolean,
    readonly list: ListQuery,
  ) {
    super();
  }
}

/**
 * A page of the serial numbers of a count, for who approves it: what was read, what is missing, what nobody knew of.
 * @throws AppError not-found `inventory.count-not-found`
 */
export class ListCountSerialsQuery extends Query<Page<CountSerialRow>> {
  constructor(
    readonly id: string,
    readonly list: ListQuery,
  ) {
    super();
  }
}

const HIDDEN = `(c.blind and c.state = 'open')`;
const COUNT = `c.id, c.location_id as "locationId", c.whole_location as "wholeLocation", c.blind, c.state, c.note, c.reason,
  c.created_by as "createdBy", c.created_at as "createdAt", c.settled_by as "settledBy", c.settled_at as "settledAt", c.version,
  x.lines, x.counted, case when not ${HIDDEN} then x.differing end as differing,
  case when not ${HIDDEN} then x.missing end as "missingPieces", case when not ${HIDDEN} then x.found end as "foundPieces",
  case when c.state = 'approved' then (select coalesce(json_agg(json_build_object('amount', v.amount, 'currency', v.currency) order by v.currency), '[]')
    from (select sum(m.quantity * m.unit_cost)::bigint as amount, m.cost_currency as currency from inventory.stock_movements m
      where m.tenant_id = c.tenant_id and m.document_type = 'stock_count' and m.document_id = c.id::text and m.unit_cost is not null
      group by m.cost_currency) v) end as value`;
/** Of an approved count what was changed, of others what would be. */
const FROM = `inventory.stock_counts c cross join lateral (
    select count(*)::int as lines, count(l.counted)::int as counted, count(*) filter (where v.variance <> 0 or l.found > 0)::int as differing,
      coalesce(sum(coalesce(l.missing, greatest(-v.variance, 0))), 0)::bigint as missing,
      coalesce(sum(coalesce(l.found, greatest(v.variance, 0))), 0)::bigint as found
    from inventory.stock_count_lines l
      cross join lateral (select case when c.state = 'approved' then l.applied else l.counted - l.expected end as variance) v
    where l.tenant_id = c.tenant_id and l.count_id = c.id) x`;

const COUNTS = keyset({
  id: 'c.id',
  sorts: {},
  defaultSort: '-id',
  filters: { state: { sql: 'c.state', type: 'text' }, locationId: { sql: 'c.location_id', type: 'uuid' } },
});
const LINES = keyset({
  id: 'l.id',
  sorts: { sku: { sql: 'l.sku', type: 'text' } },
  defaultSort: 'sku',
  filters: {
    sku: { sql: 'l.sku', type: 'text' },
    progress: { sql: `case when l.counted is null then 'uncounted' else 'counted' end`, type: 'text' },
  },
});
const SERIALS = keyset({
  id: 's.id',
  sorts: { serial: { sql: 's.serial', type: 'text' } },
  defaultSort: 'serial',
  filters: { sku: { sql: 's.sku', type: 'text' }, finding: { sql: 's.finding', type: 'text' } },
});

type Row = Omit<CountRow, 'createdAt' | 'settledAt'> & { createdAt: Date; settledAt: Date | null };
type LineRow = Omit<CountLineRow, 'countedAt' | 'unitCost'> & {
  countedAt: Date | null;
  unitCost: number | null;
  costCurrency: string | null;
};

const viewOf = (row: Row): CountRow => ({
  id: row.id,
  locationId: row.locationId,
  wholeLocation: row.wholeLocation,
  blind: row.blind,
  state: row.state,
  note: row.note,
  reason: row.reason,
  createdBy: row.createdBy,
  createdAt: row.createdAt.toISOString(),
  settledBy: row.settledBy,
  settledAt: row.settledAt?.toISOString() ?? null,
  version: row.version,
  lines: row.lines,
  counted: row.counted,
  differing: row.differing,
  missingPieces: row.missingPieces,
  foundPieces: row.foundPieces,
  value: row.value,
});

/** Counts as people see them. */
@Injectable()
export class CountViews {
  constructor(private readonly database: Database) {}

  /** @throws AppError not-found `inventory.count-not-found` */
  async find(id: string): Promise<CountRow> {
    const [row] = await this.database.read<Row>(
      `select ${COUNT} from ${FROM} where c.tenant_id = kernel.tenant_id() and c.id = $1`,
      [id],
    );
    if (!row) throw countNotFound();
    return viewOf(row);
  }

  list(list: ListQuery): Promise<Page<CountRow>> {
    return COUNTS.run<Row, CountRow>(this.database, list, {
      select: COUNT,
      from: FROM,
      where: 'c.tenant_id = kernel.tenant_id()',
      map: viewOf,
    });
  }
}

@QueryHandler(FindCountQuery)
export class FindCountHandler implements IQueryHandler<FindCountQuery> {
  constructor(private readonly views: CountViews) {}

  execute({ id }: FindCountQuery): Promise<CountRow> {
    return this.views.find(id);
  }
}

@QueryHandler(ListCountsQuery)
export class ListCountsHandler implements IQueryHandler<ListCountsQuery> {
  constructor(private readonly views: CountViews) {}

  execute({ list }: ListCountsQuery): Promise<Page<CountRow>> {
    return this.views.list(list);
  }
}

@QueryHandler(ListCountLinesQuery)
export class ListCountLinesHandler implements IQueryHandler<ListCountLinesQuery> {
  constructor(
    private readonly database: Database,
    private readonly views: CountViews,
  ) {}

  async execute({ id, differing, list }: ListCountLinesQuery): Promise<Page<CountLineRow>> {
    const { blind, state } = await this.views.find(id);
    const told = differing || !blind || state !== 'open';
    return LINES.run<LineRow, CountLineRow>(this.database, list, {
      select: `l.id, l.sku, l.lot_number as "lotNumber", l.counted, l.counted_at as "countedAt", l.counted_by as "countedBy",
        l.times_counted as "timesCounted", l.applied, case when $2 then l.expected end as expected,
        case when $2 then l.counted - l.expected end as variance,
        case when $2 then l.missing end as "missingPieces", case when $2 then l.found end as "foundPieces", t.unit_cost as "unitCost", t.cost_currency as "costCurrency"`,
      from: `inventory.stock_count_lines l left join lateral (
          select t.unit_cost, t.cost_currency from inventory.stock_lots t
          where t.tenant_id = l.tenant_id and t.level_id = l.level_id and t.number is not distinct from l.lot_number
          order by t.received_at desc, t.id desc limit 1) t on true`,
      where: `l.tenant_id = kernel.tenant_id() and l.count_id = $1 and $2::boolean is not null
        and (not $3::boolean or coalesce(l.applied, l.counted - l.expected) <> 0 or l.found > 0)`,
      params: [id, told, differing],
      map: ({ countedAt, unitCost, costCurrency, ...line }) => ({
        id: line.id,
        sku: line.sku,
        lotNumber: line.lotNumber,
        counted: line.counted,
        expected: line.expected,
        variance: line.variance,
        missingPieces: line.missingPieces,
        foundPieces: line.foundPieces,
        countedAt: countedAt?.toISOString() ?? null,
        countedBy: line.countedBy,
        timesCounted: line.timesCounted,
        applied: line.applied,
        unitCost: unitCost === null ? null : { amount: unitCost, currency: costCurrency! },
      }),
    });
  }
}

@QueryHandler(ListCountSerialsQuery)
export class ListCountSerialsHandler implements IQueryHandler<ListCountSerialsQuery> {
  constructor(
    private readonly database: Database,
    private readonly views: CountViews,
  ) {}

  async execute({ id, list }: ListCountSerialsQuery): Promise<Page<CountSerialRow>> {
    await this.views.find(id);
    return SERIALS.run<CountSerialRow, CountSerialRow>(this.database, list, {
      select: `s.id, s.sku, s.lot_number as "lotNumber", s.serial, s.finding`,
      from: 'inventory.stock_count_serials s',
      where: 's.tenant_id = kernel.tenant_id() and s.count_id = $1',
      params: [id],
      map: ({ id: row, sku, lotNumber, serial, finding }) => ({ id: row, sku, lotNumber, serial, finding }),
    });
  }
}
