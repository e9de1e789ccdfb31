import { MIDNIGHT, pendingOf, SOLD } from './sales-figures';

/** Keys of customers; others are addresses of imported orders. */
const CUSTOMER = `'^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$'`;

/** What customers bought a month, as it was added up; found by (key, period). */
const MONTHS = `orders.sales_rollups r where r.tenant_id = kernel.tenant_id() and r.dimension = 'customer' and r.grain = 'month'`;
const BOUGHT = `select r.period as month, r.currency, r.orders, r.total - r.reduced as revenue from ${MONTHS}`;

/** One of the currencies in which a customer bought in a month, so that the sum over currencies counts customers once. */
const COUNTS_HERE = `(currency = min(currency) over (partition by key, month))::int`;

/** By how much the orders of customers differ from what was added up: `days` are (day, currency, key, orders, revenue). */
const changesOf = (
  days: string,
): string => `select key, date_trunc('month', day::timestamp)::date as month, currency, sum(orders) as orders, sum(revenue) as revenue
  from (${days}) d where key ~ ${CUSTOMER} group by 1, 2, 3 having sum(orders) <> 0 or sum(revenue) <> 0`;

/**
 * Common table expressions up to `cohorts_changed` (cohort, month, currency, customers, orders, revenue): by how much the
 * cells of `orders.sales_cohorts` change with these days. A customer's months stand in the cohort of the first of them. So
 * only the months that changed are looked at, and all of a customer only where the first may be another one afterwards.
 * Each step carries on what the next one needs: nothing is joined, since nobody could guess how many rows there are.
 */
export const cohortsChanged = (days: string): string => `changes as (${changesOf(days)}
  ), by_month as (
    select c.*, sum(orders) over (partition by key, month) as orders_of_month from changes c
  ), by_customer as (
    select b.*, min(month) over (partition by key) as first, min(month) filter (where orders_of_month < 0) over (partition by key) as lost
    from by_month b
  ), moves as materialized (
    select b.key, b.month, b.currency, b.orders, b.revenue, f.month as cohort,
      f.month is null or b.first < f.month or (b.lost = f.month) is true as moved
    from by_customer b left join lateral (select r.period as month from ${MONTHS} and r.key = b.key order by r.period limit 1) f on true
  ), before as materialized (
    select m.key, m.cohort, true as moved, r.* from (select distinct key, cohort from moves where moved) m
      cross join lateral (${BOUGHT} and r.key = m.key offset 0) r
    union all
    select m.key, m.cohort, false, r.* from (select distinct key, cohort, month from moves where not moved) m
      cross join lateral (${BOUGHT} and r.key = m.key and r.period = m.month offset 0) r
  ), summed as (
    select key, month, currency, min(cohort) as cohort, bool_or(moved) as moved, sum(orders) as orders, sum(revenue) as revenue
    from (
      select key, cohort, moved, month, currency, orders, revenue from before
      union all
      select key, cohort, moved, month, currency, orders, revenue from moves
    ) e group by key, month, currency having sum(orders) > 0
  ), now as (
    select case when moved then min(month) over (partition by key) else cohort end as cohort, key, month, currency, orders, revenue
    from summed
  ), cohorts_changed as materialized (
    select cohort, month, currency, sum(customers)::bigint as customers, sum(orders)::bigint as orders, sum(revenue)::bigint as revenue
    from (
      select cohort, month, currency, ${COUNTS_HERE} as customers, orders, revenue from now
      union all
      select cohort, month, currency, -${COUNTS_HERE}, -orders, -revenue from before
    ) e group by cohort, month, currency having sum(customers) <> 0 or sum(orders) <> 0 or sum(revenue) <> 0
  )`;

/**
 * Cohorts from the month of $1 on, of those before $2 (null: all): what was added up, and what differs from it by now in
 * the snapshot of the statement.
 */
export const COHORTS = `with ends as materialized (
    select date_trunc('month', $1::timestamptz at time zone 'UTC')::date as low,
      coalesce($2::timestamptz at time zone 'UTC', 'infinity') as high
  ), ${pendingOf(`'-infinity'::date`, `'infinity'::date`)}, spans as materialized (
    select ${MIDNIGHT('d.day')} as low, ${MIDNIGHT('(d.day + 1)')} as high from dirty d
    union all
    select ${MIDNIGHT('f.until')}, 'infinity' from fold f
  ), ${SOLD}, ${cohortsChanged(`
    select day, currency, customer as key, 1 as orders, total - reduced as revenue from sold
    union all
    select day, currency, customer, -1, reduced - total from undone
    union all
    select r.period, r.currency, r.key, -r.orders, r.reduced - r.total
    from dirty d cross join lateral (
      select x.* from orders.sales_rollups x where x.tenant_id = kernel.tenant_id() and x.dimension = 'customer'
        and x.grain = 'day' and x.period = d.day offset 0
    ) r`)}, cells as (
    select c.cohort, c.month, c.currency, c.customers, c.orders, c.revenue from ends e cross join lateral (
      select x.* from orders.sales_cohorts x where x.tenant_id = kernel.tenant_id() and x.cohort >= e.low and x.cohort < e.high offset 0
    ) c
    union all
    select c.* from cohorts_changed c, ends e where c.cohort >= e.low and c.cohort < e.high
  ), by_currency as (
    select cohort, ((extract(year from month) - extract(year from cohort)) * 12 + extract(month from month) - extract(month from cohort))::int as later,
      currency, sum(customers) as customers, sum(orders) as orders, sum(revenue) as revenue
    from cells group by cohort, month, currency having sum(orders) > 0
  )
  select to_char(cohort, 'YYYY-MM') as month, later as "monthsLater", sum(customers)::int as customers, sum(orders)::int as orders,
    json_agg(json_build_object('amount', revenue, 'currency', currency) order by currency) as revenue
  from by_currency group by cohort, later order by cohort, later`;

/** Adds what `cohorts_changed` says to what was added up of the tenant $1. */
export const ADD_TO_COHORTS = `insert into orders.sales_cohorts as c (tenant_id, cohort, month, currency, customers, orders, revenue)
  select $1, cohort, month, currency, customers, orders, revenue from cohorts_changed
  on conflict (tenant_id, cohort, month, currency) do update set customers = c.customers + excluded.customers,
    orders = c.orders + excluded.orders, revenue = c.revenue + excluded.revenue`;
