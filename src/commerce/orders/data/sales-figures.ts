/** What sales are added up by. */
export const DIMENSIONS = ['channel', 'customer', 'product', 'category'] as const;
export type Dimension = (typeof DIMENSIONS)[number];

/** Figures that are added up; minor units but for `orders` and `quantity`. */
export const FIGURES = 'orders, quantity, gross, net, shipping, subtotal, discount, tax, total, reduced';
export const SUMS = FIGURES.split(', ')
  .map((figure) => `sum(${figure})::bigint as ${figure}`)
  .join(', ');

/**
 * Sold orders placed in `spans (low, high)`: paid, and neither cancelled nor refunded. Here and below `offset 0` keeps a
 * subquery one of its own: it is planned for one span, order or period, and so by an index, however many are guessed.
 */
export const SOLD = `select o.id, o.placed_at, (o.placed_at at time zone 'UTC')::date as day, o.currency, o.channel,
    coalesce(o.customer_id::text, o.email, 'unknown') as customer,
    case when o.customer_id is null and o.email is null then 'Unknown' else coalesce(o.customer_name, o.email, 'Unknown') end as customer_name,
    o.shipping_total as shipping, o.subtotal, o.discount_total as discount, o.tax_total as tax, o.total,
    o.refunded_total + o.uncollected_total as reduced
  from spans s cross join lateral (
    select x.* from orders.orders x where x.tenant_id = kernel.tenant_id() and x.placed_at >= s.low and x.placed_at < s.high
      and x.payment_status = 'paid' and x.cancelled_at is null offset 0
  ) o`;

const OF_LINES = `sum(l.quantity) as quantity, sum(l.unit_price * l.quantity) as gross, sum(l.total) as net`;
const LINES = `orders.order_lines l`;
const OF_ORDER = `l.tenant_id = kernel.tenant_id() and l.order_id = s.id`;

/** The name that was sold under last. */
const NAMED = (label: string): string => `(array_agg(${label} order by s.placed_at desc))[1]`;

/** Figures of whole orders. */
const byOrder = (
  key: string,
  label: string,
): string => `select s.day, s.currency, ${key} as key, ${NAMED(label)} as label, count(*) as orders,
    sum(l.quantity) as quantity, sum(l.gross) as gross, sum(l.net) as net, sum(s.shipping) as shipping, sum(s.subtotal) as subtotal,
    sum(s.discount) as discount, sum(s.tax) as tax, sum(s.total) as total, sum(s.reduced) as reduced
  from sold s cross join lateral (select ${OF_LINES} from ${LINES} where ${OF_ORDER}) l group by 1, 2, 3`;

/** Figures of parts of orders: freight and the like belong to whole orders. */
const byLine = (
  key: string,
  label: string,
): string => `select s.day, s.currency, s.key, ${NAMED('s.label')} as label, count(*) as orders,
    sum(s.quantity) as quantity, sum(s.gross) as gross, sum(s.net) as net, 0 as shipping, 0 as subtotal, 0 as discount, 0 as tax,
    0 as total, 0 as reduced
  from (select s.id, s.placed_at, s.day, s.currency, ${key} as key, max(${label}) as label, ${OF_LINES}
    from sold s cross join lateral (select l.* from ${LINES} where ${OF_ORDER} offset 0) l group by 1, 2, 3, 4, 5) s group by 1, 2, 3`;

/** The recount: what `sold` comes to by day, currency and key. */
export const RECOUNT: Record<Dimension, string> = {
  channel: byOrder('s.channel', 's.channel'),
  customer: byOrder('s.customer', 's.customer_name'),
  product: byLine(`coalesce(l.product_id::text, l.sku)`, 'l.product_name'),
  category: byLine(
    `coalesce(l.category_id::text, l.category_name, 'none')`,
    `coalesce(l.category_name, 'Without category')`,
  ),
};

/** The moment at which a day begins, UTC. */
export const MIDNIGHT = (day: string): string => `(${day}::timestamp at time zone 'UTC')`;

/**
 * Common table expressions `added` and `corrected`, both (day, currency, key, label, figures): what was added up of a
 * dimension, and what differs from it by now. Together they are a recount of the orders in the snapshot of the
 * statement. Parameters $1-$9 are those of `windowParams`; `added` can be left out by whoever reads the rows themselves.
 */
export const figuresOf = (dimension: Dimension): string => `fold as materialized (
    select coalesce((select f.until from orders.sales_folds f where f.tenant_id = kernel.tenant_id()), '-infinity'::date) as until
  ), dirty as materialized (
    select distinct m.day from fold f, orders.sales_marks m
    where m.tenant_id = kernel.tenant_id() and m.day >= $3::date and m.day < least($4::date, f.until)
  ), spans as materialized (
    select ${MIDNIGHT('d.day')} as low, ${MIDNIGHT('(d.day + 1)')} as high from dirty d
    union all
    select e.low, least(e.high, ${MIDNIGHT('f.until')}) from fold f, unnest($8::timestamptz[], $9::timestamptz[]) as e(low, high)
    union all
    select greatest($1::timestamptz, ${MIDNIGHT('f.until')}), $2::timestamptz from fold f
  ), sold as (${SOLD}
  ), added as (
    select r.period as day, r.currency, r.key, null::text as label, ${FIGURES}
    from unnest($5::text[], $6::date[], $7::date[]) as c(grain, low, high)
    cross join lateral (
      select x.* from orders.sales_rollups x where x.tenant_id = kernel.tenant_id() and x.dimension = '${dimension}'
        and x.grain = c.grain and x.period >= c.low and x.period < c.high offset 0
    ) r
  ), corrected as (
    select r.period as day, r.currency, r.key, null::text as label, ${FIGURES.split(', ')
      .map((figure) => `-${figure} as ${figure}`)
      .join(', ')}
    from dirty d cross join lateral (
      select x.* from orders.sales_rollups x where x.tenant_id = kernel.tenant_id() and x.dimension = '${dimension}'
        and x.grain = 'day' and x.period = d.day offset 0
    ) r
    union all
    ${RECOUNT[dimension]}
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
