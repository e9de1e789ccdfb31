/** What sales are added up by. */
export const DIMENSIONS = ['channel', 'customer', 'product', 'category'] as const;
export type Dimension = (typeof DIMENSIONS)[number];

/** Figures that are added up; minor units but for `orders` and `quantity`. */
export const FIGURES = 'orders, quantity, gross, net, shipping, subtotal, discount, tax, total, reduced';
export const SUMS = FIGURES.split(', ')
  .map((figure) => `sum(${figure})::bigint as ${figure}`)
  .join(', ');

export const UTC_DAY = (moment: string): string => `(${moment} at time zone 'UTC')::date`;
/** What is read of an order `o`. */
const OF_SALE = `o.id, o.placed_at, ${UTC_DAY('o.placed_at')} as day, o.currency, o.channel,
    coalesce(o.customer_id::text, o.email, 'unknown') as customer,
    case when o.customer_id is null and o.email is null then 'Unknown' else coalesce(o.customer_name, o.email, 'Unknown') end as customer_name,
    o.shipping_total as shipping, o.subtotal, o.discount_total as discount, o.tax_total as tax, o.total,
    o.refunded_total + o.uncollected_total as reduced`;
const IS_SOLD = `x.payment_status = 'paid' and x.cancelled_at is null`;
/** The moment at which a day begins, UTC. */
export const MIDNIGHT = (day: string): string => `(${day}::timestamp at time zone 'UTC')`;

/**
 * Common table expressions `fold (until)`, `dirty (day)` and `changed (day, order_id, order_before)` of the days from `low`
 * to before `high`: those that are to be counted anew as a whole, and orders of the others that changed since they were
 * added up, with what each came to by then (null: nothing). Whoever folded last of the release before knew days alone.
 */
export const pendingOf = (low: string, high: string): string => `fold as materialized (
    select coalesce((select f.until from orders.sales_folds f where f.tenant_id = kernel.tenant_id()), '-infinity'::date) as until
  ), marks as materialized (
    select m.day, m.order_id, m.seq, m.order_before from fold f, orders.sales_marks m
    where m.tenant_id = kernel.tenant_id() and m.day >= ${low} and m.day < least(${high}, f.until)
  ), dirty as materialized (
    select distinct m.day from fold f, marks m where m.order_id is null or f.until < 'infinity'
  ), changed as materialized (
    select distinct on (m.day, m.order_id) m.day, m.order_id, m.order_before from marks m
    where m.day not in (select d.day from dirty d) order by m.day, m.order_id, m.seq
  )`;

/**
 * Common table expressions `sold`, orders that are paid, and neither cancelled nor refunded, placed in `spans (low, high)` or
 * named by `changed`, and `undone`, what the latter were. Here and below `offset 0` keeps a subquery one of its own: it is
 * planned for one span, order or period, and so by an index, however many are guessed.
 */
export const SOLD = `sold as materialized (
    select ${OF_SALE} from spans s cross join lateral (
      select x.* from orders.orders x where x.tenant_id = kernel.tenant_id() and x.placed_at >= s.low and x.placed_at < s.high
        and ${IS_SOLD} offset 0
    ) o
    union all
    select ${OF_SALE} from changed c cross join lateral (
      select x.* from orders.orders x where x.tenant_id = kernel.tenant_id() and x.id = c.order_id
        and x.placed_at >= ${MIDNIGHT('c.day')} and x.placed_at < ${MIDNIGHT('(c.day + 1)')} and ${IS_SOLD} offset 0
    ) o
  ), undone as materialized (
    select ${OF_SALE}, c.order_before -> 'lines' as lines from changed c
    cross join lateral jsonb_populate_record(null::orders.orders, c.order_before) o where c.order_before is not null
  )`;

const OF_LINES = `sum(l.quantity) as quantity, sum(l.unit_price * l.quantity) as gross, sum(l.total) as net`;
/** Orders `s` and their lines `l`, as they are and as they were. */
interface Sales {
  orders: string;
  lines: string;
}
const NOW: Sales = {
  orders: 'sold s',
  lines: 'orders.order_lines l where l.tenant_id = kernel.tenant_id() and l.order_id = s.id',
};
const BEFORE: Sales = {
  orders: 'undone s',
  lines: `jsonb_populate_recordset(null::orders.order_lines, coalesce(nullif(s.lines, 'null'), '[]')) l`,
};

/** The name that was sold under last. */
const NAMED = (label: string): string => `(array_agg(${label} order by s.placed_at desc))[1]`;

/** Figures of whole orders. */
const byOrder =
  (key: string, label: string) =>
  ({ orders, lines }: Sales): string =>
    `select s.day, s.currency, ${key} as key, ${NAMED(label)} as label, count(*) as orders,
      sum(l.quantity) as quantity, sum(l.gross) as gross, sum(l.net) as net, sum(s.shipping) as shipping, sum(s.subtotal) as subtotal,
      sum(s.discount) as discount, sum(s.tax) as tax, sum(s.total) as total, sum(s.reduced) as reduced
    from ${orders} cross join lateral (select ${OF_LINES} from ${lines}) l group by 1, 2, 3`;

/** Figures of parts of orders: freight and the like belong to whole orders. */
const byLine =
  (key: string, label: string) =>
  ({ orders, lines }: Sales): string =>
    `select s.day, s.currency, s.key, ${NAMED('s.label')} as label, count(*) as orders,
      sum(s.quantity) as quantity, sum(s.gross) as gross, sum(s.net) as net, 0 as shipping, 0 as subtotal, 0 as discount, 0 as tax,
      0 as total, 0 as reduced
    from (select s.id, s.placed_at, s.day, s.currency, ${key} as key, max(${label}) as label, ${OF_LINES}
      from ${orders} cross join lateral (select l.* from ${lines} offset 0) l group by 1, 2, 3, 4, 5) s group by 1, 2, 3`;

const COUNTED: Record<Dimension, (sales: Sales) => string> = {
  channel: byOrder('s.channel', 's.channel'),
  customer: byOrder('s.customer', 's.customer_name'),
  product: byLine(`coalesce(l.product_id::text, l.sku)`, 'l.product_name'),
  category: byLine(
    `coalesce(l.category_id::text, l.category_name, 'none')`,
    `coalesce(l.category_name, 'Without category')`,
  ),
};
const TAKEN = FIGURES.split(', ')
  .map((figure) => `-${figure} as ${figure}`)
  .join(', ');

/** The recount: what `sold` comes to by day, currency and key. */
export const recountOf = (dimension: Dimension): string => COUNTED[dimension](NOW);

/** What was added up of the days of `dirty` and of the orders of `undone`, to be taken away: (day, currency, key, figures). */
export const takenOf = (dimension: Dimension): string => `select r.period as day, r.currency, r.key, ${TAKEN}
    from dirty d cross join lateral (
      select x.* from orders.sales_rollups x where x.tenant_id = kernel.tenant_id() and x.dimension = '${dimension}'
        and x.grain = 'day' and x.period = d.day offset 0
    ) r
    union all
    select day, currency, key, ${TAKEN} from (${COUNTED[dimension](BEFORE)}) b`;

/**
 * Common table expressions `added` and `corrected`, both (day, currency, key, label, figures): what was added up of a
 * dimension, and what differs from it by now. Together they are a recount of the orders in the snapshot of the
 * statement. Parameters $1-$9 are those of `windowParams`; `added` can be left out by whoever reads the rows themselves.
 */
export const figuresOf = (
  dimension: Dimension,
): string => `${pendingOf('$3::date', '$4::date')}, spans as materialized (
    select ${MIDNIGHT('d.day')} as low, ${MIDNIGHT('(d.day + 1)')} as high from dirty d
    union all
    select e.low, least(e.high, ${MIDNIGHT('f.until')}) from fold f, unnest($8::timestamptz[], $9::timestamptz[]) as e(low, high)
    union all
    select greatest($1::timestamptz, ${MIDNIGHT('f.until')}), $2::timestamptz from fold f
  ), ${SOLD}, added as (
    select r.period as day, r.currency, r.key, null::text as label, ${FIGURES}
    from unnest($5::text[], $6::date[], $7::date[]) as c(grain, low, high)
    cross join lateral (
      select x.* from orders.sales_rollups x where x.tenant_id = kernel.tenant_id() and x.dimension = '${dimension}'
        and x.grain = c.grain and x.period >= c.low and x.period < c.high offset 0
    ) r
  ), corrected as (
    select day, currency, key, null::text as label, ${FIGURES} from (${takenOf(dimension)}) t
    union all
    ${recountOf(dimension)}
  )`;

/** Values of $1-$9 of `figuresOf`. */
export function windowParams(window: {
  from: string;
  to: string;
  low: string;
  high: string;
  covers: readonly { grain: string; low: string; high: string }[];
  edges: readonly { low: string; high: string }[];
}): unknown[] {
  const { from, to, low, high, covers, edges } = window;
  return [
    from,
    to,
    low,
    high,
    covers.map((cover) => cover.grain),
    covers.map((cover) => cover.low),
    covers.map((cover) => (cover.grain === 'all' ? 'infinity' : cover.high)),
    edges.map((edge) => edge.low),
    edges.map((edge) => edge.high),
  ];
}
