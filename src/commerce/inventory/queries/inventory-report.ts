import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Clock } from '../../../kernel/clock/clock';
import { Database } from '../../../kernel/database/database';
import { keyset, type ListQuery, type Page } from '../../../kernel/http/pagination';
import type { Money } from '../../../kernel/money/money';
import { emptyPeriod } from '../domain/inventory.errors';

export const REPORTS = ['turnover', 'cover', 'ageing', 'expiring', 'dead', 'shrinkage', 'valuation'] as const;
export type ReportName = (typeof REPORTS)[number];

/** A row of a report; which members it has depends on the report. Money is one amount a currency. */
export interface ReportRow {
  sku: string;
  onHand?: number;
  shipped?: number;
  averageOnHand?: number;
  turnover?: number | null;
  shippedPerDay?: number;
  daysOfCover?: number | null;
  ages?: { upTo30: number; upTo60: number; upTo90: number; upTo180: number; older: number };
  oldestAt?: string | null;
  lotNumber?: string | null;
  locationId?: string;
  removeAt?: string;
  lastShippedAt?: string | null;
  lost?: number;
  found?: number;
  value?: Money[];
  fifoValue?: Money;
  averageValue?: Money;
}

/** A page of a report of the stock, as of now; periods reach from `from` to before `to`. */
export class InventoryReportQuery extends Query<Page<ReportRow>> {
  constructor(
    readonly report: ReportName,
    readonly terms: {
      /** Default: 30 days ago. */
      from?: string;
      /** Default: now. */
      to?: string;
      /** Days ahead (expiring, default 30) or back (dead, default 90). */
      days?: number;
    },
    readonly list: ListQuery,
  ) {
    super();
  }
}

const MINE = 'tenant_id = kernel.tenant_id()';
/**
 * The SKUs of a report, in the order of an index: what a row says is asked of each SKU of the page alone, not of the shop.
 * Each is the first of its levels by id; `on_hand` and `available` are of all of them.
 */
const SKUS = `inventory.stock_levels f left join lateral (
    select sum(l.on_hand)::bigint as on_hand, sum(l.on_hand - l.unavailable - l.reserved)::bigint as available
    from inventory.stock_levels l where l.${MINE} and l.sku = f.sku) l on true`;
const FIRST = `f.${MINE} and not exists (select from inventory.stock_levels o where o.${MINE} and o.sku = f.sku and o.id < f.id)`;
/** Goods of the SKU that left for good in the period. */
const SHIPPED = `left join lateral (select coalesce(-sum(m.quantity), 0)::bigint as shipped from inventory.stock_movements m
  where m.${MINE} and m.sku = f.sku and m.at >= $1 and m.at < $2 and m.kind in ('shipment', 'return')) s on true`;
const VALUE = (
  lots: string,
): string => `(select coalesce(json_agg(json_build_object('amount', v.amount, 'currency', v.currency) order by v.currency), '[]')
  from (select sum(t.on_hand * t.unit_cost)::bigint as amount, t.cost_currency as currency from inventory.stock_lots t
    where t.${MINE} and t.unit_cost is not null and t.on_hand > 0 and ${lots} group by t.cost_currency) v)`;

/** Movements that correct the books; indexes are for exactly these. */
const CORRECTIONS = `('count', 'adjustment', 'scrap')`;

/** What a report selects, from where; parameters: $1 from, $2 to, $3 days. */
const SQL: Record<ReportName, { select: string; from: string; where: string }> = {
  // Average over time: what was there at the beginning, and each change for as long as it lasted.
  turnover: {
    select: `r.on_hand as "onHand", r.shipped, round(r.average, 4)::float8 as "averageOnHand",
      case when r.average > 0 then round(r.shipped / r.average, 4)::float8 end as turnover`,
    from: `(select f.id, f.sku, l.on_hand, s.shipped, l.on_hand - coalesce(m.since, 0) + coalesce(m.lasted, 0) as average
      from ${SKUS} ${SHIPPED}
      left join lateral (select sum(m.quantity) as since,
          sum(m.quantity * extract(epoch from $2 - m.at) / extract(epoch from $2::timestamptz - $1::timestamptz)) filter (where m.at < $2) as lasted
        from inventory.stock_movements m where m.${MINE} and m.sku = f.sku and m.at >= $1) m on true
      where ${FIRST}) r`,
    where: '$3::int is not null',
  },
  cover: {
    select: `r.on_hand as "onHand", r.shipped, round(r.rate, 4)::float8 as "shippedPerDay",
      case when r.rate > 0 then round(greatest(r.available, 0) / r.rate, 1)::float8 end as "daysOfCover"`,
    from: `(select f.id, f.sku, l.on_hand, l.available, s.shipped,
        s.shipped / (extract(epoch from $2::timestamptz - $1::timestamptz) / 86400) as rate
      from ${SKUS} ${SHIPPED} where ${FIRST}) r`,
    where: '$3::int is not null',
  },
  // What lies in a lot is what came into it last; coming back from a customer, or to another location, makes
  // nothing younger.
  ageing: {
    select: `r.on_hand as "onHand", r.ages, r.oldest as "oldestAt"`,
    from: `(select f.id, f.sku, a.* from inventory.stock_levels f cross join lateral (
      select sum(x.rest)::bigint as on_hand, min(x.at) as oldest, json_build_object(
          'upTo30', coalesce(sum(x.rest) filter (where x.days <= 30), 0), 'upTo60', coalesce(sum(x.rest) filter (where x.days > 30 and x.days <= 60), 0),
          'upTo90', coalesce(sum(x.rest) filter (where x.days > 60 and x.days <= 90), 0),
          'upTo180', coalesce(sum(x.rest) filter (where x.days > 90 and x.days <= 180), 0), 'older', coalesce(sum(x.rest) filter (where x.days > 180), 0)) as ages
      from (select a.at, extract(epoch from $2::timestamptz - a.at) / 86400 as days,
          least(m.quantity, t.on_hand - (sum(m.quantity) over (partition by m.lot_id order by m.at desc, m.id desc) - m.quantity)) as rest
        from inventory.stock_movements m join inventory.stock_lots t on t.tenant_id = m.tenant_id and t.id = m.lot_id
          cross join lateral (select case when m.kind = 'transfer' and t.id <> t.level_id then t.received_at else m.at end as at) a
        where m.${MINE} and t.${MINE} and t.sku = f.sku and m.quantity > 0 and m.kind <> 'return' and t.on_hand > 0) x
      where x.rest > 0) a where ${FIRST}) r`,
    where: 'r.on_hand is not null and $1::timestamptz is not null and $3::int is not null',
  },
  expiring: {
    select: `r.number as "lotNumber", r.location_id as "locationId", r.remove_at as "removeAt", r.on_hand as "onHand",
      case when r.unit_cost is null then '[]' else json_build_array(json_build_object('amount', r.on_hand * r.unit_cost, 'currency', r.cost_currency)) end as value`,
    from: 'inventory.stock_lots r',
    where: `r.${MINE} and r.on_hand > 0 and r.remove_at < kernel.now() + make_interval(days => $3) and $1::timestamptz is not null and $2::timestamptz is not null`,
  },
  dead: {
    select: `r.on_hand as "onHand", r.last as "lastShippedAt", ${VALUE('t.sku = r.sku')} as value`,
    from: `(select f.id, f.sku, l.on_hand, m.last, m.first from ${SKUS}
      cross join lateral (select max(m.at) filter (where m.kind = 'shipment') as last, min(m.at) as first
        from inventory.stock_movements m where m.${MINE} and m.sku = f.sku) m where ${FIRST}) r`,
    where: `r.on_hand > 0 and coalesce(r.last, r.first) < kernel.now() - make_interval(days => $3) and $1::timestamptz is not null and $2::timestamptz is not null`,
  },
  // One row an article, so its place in the list is its SKU alone: a condition on `sku` reaches the index, one on an aggregate would not.
  shrinkage: {
    select: `r.lost, r.found, (select coalesce(json_agg(json_build_object('amount', v.amount, 'currency', v.currency) order by v.currency), '[]') from
        (select -sum(x.quantity * x.unit_cost)::bigint as amount, x.cost_currency as currency from inventory.stock_movements x
         where x.${MINE} and x.sku = r.sku and x.at >= $1 and x.at < $2 and x.kind in ${CORRECTIONS} and x.unit_cost is not null
         group by x.cost_currency) v) as value`,
    from: `(select '00000000-0000-0000-0000-000000000000'::uuid as id, m.sku, coalesce(-sum(m.quantity) filter (where m.quantity < 0), 0)::bigint as lost,
        coalesce(sum(m.quantity) filter (where m.quantity > 0), 0)::bigint as found
      from inventory.stock_movements m where m.${MINE} and m.at >= $1 and m.at < $2 and m.kind in ${CORRECTIONS} group by m.sku) r`,
    where: '$3::int is not null',
  },
  // One row a SKU and currency, with what is under way between locations. First in, first out: what is left is what came in beyond all that ever went out.
  valuation: {
    select: `r.on_hand as "onHand", json_build_array(json_build_object('amount', r.lots, 'currency', r.currency)) as value,
      json_build_object('amount', r.fifo, 'currency', r.currency) as "fifoValue",
      json_build_object('amount', r.average, 'currency', r.currency) as "averageValue"`,
    from: `(select i.id, f.sku, i.currency, i.quantity::bigint as on_hand, i.fifo, i.average,
          (select coalesce(sum(t.on_hand * t.unit_cost), 0)::bigint from inventory.stock_lots t where t.${MINE} and t.sku = f.sku and t.cost_currency = i.currency)
          + (select coalesce(sum((t.quantity - t.received - t.lost - t.returned) * t.unit_cost), 0)::bigint
             from inventory.stock_transfer_lots t join inventory.stock_transfer_lines x on x.tenant_id = t.tenant_id and x.id = t.line_id
             where t.${MINE} and x.sku = f.sku and t.cost_currency = i.currency) as lots
      from inventory.stock_levels f cross join lateral (select min(m.id::text)::uuid as id, m.cost_currency as currency, sum(m.quantity) as quantity,
          coalesce(sum(greatest(0, least(m.quantity, m.came - m.went)) * m.unit_cost) filter (where m.quantity > 0), 0)::bigint as fifo,
          round(coalesce((inventory.moving_average(m.quantity, m.unit_cost order by m.at, m.id))[2], 0))::bigint as average
        from (select m.*, sum(greatest(m.quantity, 0)) over (partition by m.cost_currency order by m.at, m.id) as came,
            sum(greatest(-m.quantity, 0)) over (partition by m.cost_currency) as went
          from inventory.stock_movements m where m.${MINE} and m.sku = f.sku and m.unit_cost is not null and m.kind <> 'transfer') m
        group by m.cost_currency) i where ${FIRST}) r`,
    where: '$1::timestamptz is not null and $2::timestamptz is not null and $3::int is not null',
  },
};

const ROWS = keyset({ id: 'r.id', sorts: { sku: { sql: 'r.sku', type: 'text' } }, defaultSort: 'sku' });
const EXPIRING = keyset({
  id: 'r.id',
  sorts: { removeAt: { sql: 'r.remove_at', type: 'timestamptz' }, sku: { sql: 'r.sku', type: 'text' } },
  defaultSort: 'removeAt',
});
const DEFAULT_DAYS: Partial<Record<ReportName, number>> = { expiring: 30, dead: 90 };

@QueryHandler(InventoryReportQuery)
export class InventoryReportHandler implements IQueryHandler<InventoryReportQuery> {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  execute({ report, terms, list }: InventoryReportQuery): Promise<Page<ReportRow>> {
    const now = this.clock.nowMs();
    const to = terms.to ? new Date(terms.to) : new Date(now);
    const from = terms.from ? new Date(terms.from) : new Date(to.getTime() - 30 * 86_400_000);
    if (from >= to) throw emptyPeriod();
    const { select, from: source, where } = SQL[report];
    const rows = report === 'expiring' ? EXPIRING : ROWS;
    // A time may be a day or years: which way is shorter hangs on it.
    const database = { read: this.database.readPlanned.bind(this.database) };
    return rows.run<ReportRow & object, ReportRow>(database, list, {
      select: `r.id, r.sku, ${select}`,
      from: source,
      where,
      params: [from, to, terms.days ?? DEFAULT_DAYS[report] ?? 0],
      map: (row) =>
        Object.fromEntries(
          Object.entries(row)
            .filter(([name]) => !hidden(name))
            .map(shown),
        ) as never,
    });
  }
}

const hidden = (name: string): boolean => name.startsWith('_') || name === 'id';
const shown = ([name, value]: [string, unknown]): [string, unknown] => [
  name,
  value instanceof Date ? value.toISOString() : value,
];
