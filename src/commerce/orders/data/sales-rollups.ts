import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { notAskedWithin } from '../../../kernel/lifecycle/tenant-round';
import { ADD_TO_COHORTS, cohortsChanged } from './cohort-figures';
import { DIMENSIONS, FIGURES, RECOUNT, SOLD, SUMS } from './sales-figures';

/** Days, and about how many orders, that are folded in one transaction; a day is folded whole, however long it takes. */
const MOST_DAYS = 31;
const MOST_ORDERS = 5_000;
/** Milliseconds: nobody waits for it, and a statement that was cut off would begin anew for good. */
const PATIENCE = '600000';
const TODAY = `(kernel.now() at time zone 'UTC')::date`;

/**
 * Adds sales up by day, month, year and in all. A marked day is counted anew as a whole, and by how much it differs from
 * what was added up before, the others change: so folding twice, late or beside a sale is never wrong.
 */
@Injectable()
export class SalesRollups {
  constructor(private readonly uow: UnitOfWork) {}

  /** Lets nobody else fold this shop until the commit, and marks the days that went by since it was folded. */
  async advance(): Promise<void> {
    const tx = this.uow.current();
    await this.lock();
    await tx.execute(
      `with fold as (select f.until from orders.sales_folds f where f.tenant_id = $1),
       passed as (
         select distinct (o.placed_at at time zone 'UTC')::date as day from fold f, orders.orders o
         where o.tenant_id = $1 and o.payment_status = 'paid' and o.cancelled_at is null
           and o.placed_at >= (f.until::timestamp at time zone 'UTC') and o.placed_at < (${TODAY}::timestamp at time zone 'UTC')
       ), marked as (
         insert into orders.sales_marks (tenant_id, id, day)
         select $1, gen_random_uuid(), p.day from passed p
         where not exists (select from orders.sales_marks m where m.tenant_id = $1 and m.day = p.day)
       )
       update orders.sales_folds f set until = ${TODAY} where f.tenant_id = $1 and f.until < ${TODAY}`,
      [tx.tenantId],
    );
  }

  /** Folds some of the marked days. @returns how many; 0 when none is left */
  async foldSome(): Promise<number> {
    const tx = this.uow.current();
    await this.lock();
    await tx.query(`select set_config('statement_timeout', $1, true)`, [PATIENCE]);
    // The marks go first: what is changed from here on leaves a mark that stays, whether it is counted below or not.
    const days = await tx.query<{ day: string }>(
      `with marked as (
         select d.day, sum(o.orders) over (order by d.day) - o.orders as before from (
           select distinct m.day from orders.sales_marks m join orders.sales_folds f on f.tenant_id = m.tenant_id and m.day < f.until
           where m.tenant_id = $1 order by m.day limit ${MOST_DAYS}
         ) d cross join lateral (
           select count(*) as orders from (
             select from orders.orders x where x.tenant_id = $1 and x.placed_at >= (d.day::timestamp at time zone 'UTC')
               and x.placed_at < ((d.day + 1)::timestamp at time zone 'UTC') limit ${MOST_ORDERS}
           ) few
         ) o
       ), picked as (
         select day from marked where before < ${MOST_ORDERS}
       ), gone as (
         delete from orders.sales_marks m using picked s where m.tenant_id = $1 and m.day = s.day
       )
       select s.day::text as day from picked s`,
      [tx.tenantId],
    );
    if (days.length === 0) return 0;
    await tx.execute(FOLD, [tx.tenantId, days.map(({ day }) => day)]);
    await tx.execute(
      `delete from orders.sales_rollups where tenant_id = $1 and dimension = any($2::text[]) and orders = 0`,
      [tx.tenantId, DIMENSIONS],
    );
    await tx.execute(`delete from orders.sales_cohorts where tenant_id = $1 and orders = 0`, [tx.tenantId]);
    return days.length;
  }

  /** Forgets all that was added up; until it is again, everything is counted from the orders. */
  async forget(): Promise<void> {
    const tx = this.uow.current();
    await this.lock();
    await tx.execute(`delete from orders.sales_rollups where tenant_id = $1`, [tx.tenantId]);
    await tx.execute(`delete from orders.sales_labels where tenant_id = $1`, [tx.tenantId]);
    await tx.execute(`delete from orders.sales_cohorts where tenant_id = $1`, [tx.tenantId]);
    await tx.execute(`update orders.sales_folds set until = '-infinity' where tenant_id = $1`, [tx.tenantId]);
  }

  /** @returns true for whoever asks first within the hour */
  async askedNow(): Promise<boolean> {
    const tx = this.uow.current();
    const rows = await tx.query(
      `insert into orders.sales_folds (tenant_id, id, until, asked_at) values ($1, $1, '-infinity', kernel.now())
       on conflict (tenant_id, id) do update set asked_at = excluded.asked_at
         where ${notAskedWithin('sales_folds.asked_at', '1 hour')}
       returning id`,
      [tx.tenantId],
    );
    return rows.length > 0;
  }

  private async lock(): Promise<void> {
    const tx = this.uow.current();
    await tx.execute(
      `insert into orders.sales_folds (tenant_id, id, until, asked_at) values ($1, $1, '-infinity', kernel.now())
       on conflict (tenant_id, id) do nothing`,
      [tx.tenantId],
    );
    await tx.query(`select id from orders.sales_folds where tenant_id = $1 for update`, [tx.tenantId]);
  }
}

const NONE = FIGURES.split(', ').map(() => '0');
const COUNTED = DIMENSIONS.map(
  (dimension) => `select '${dimension}' as dimension, c.* from (${RECOUNT[dimension]}) c`,
).join(' union all ');

/**
 * $2 days. What they come to now less what was added up of them goes to the day, its month, its year and the whole, and to
 * the cohorts: these look at the months of customers as they were before.
 */
const FOLD = `with spans as materialized (
    select d::timestamp at time zone 'UTC' as low, (d + 1)::timestamp at time zone 'UTC' as high from unnest($2::date[]) as d
  ), sold as materialized (${SOLD}
  ), counted as materialized (${COUNTED}
  ), changed as materialized (
    select dimension, day, currency, key, ${SUMS} from (
      select dimension, day, currency, key, ${FIGURES} from counted
      union all
      select dimension, period, currency, key, ${FIGURES.split(', ')
        .map((figure) => `-${figure}`)
        .join(', ')}
      from orders.sales_rollups
      where tenant_id = $1 and dimension = any(array['${DIMENSIONS.join(`', '`)}']) and grain = 'day' and period = any($2::date[])
    ) as each group by dimension, day, currency, key
    having (${SUMS.replace(/::bigint as \w+/g, '')}) is distinct from (${NONE.join(', ')})
  ), named as (
    insert into orders.sales_labels as l (tenant_id, dimension, key, label, seen)
    select distinct on (dimension, key) $1, dimension, key, label, day from counted where dimension <> 'channel' order by dimension, key, day desc
    on conflict (tenant_id, dimension, key) do update set label = excluded.label, seen = excluded.seen
      where excluded.seen >= l.seen and (excluded.label, excluded.seen) is distinct from (l.label, l.seen)
  ), ${cohortsChanged(`
    select day, currency, key, orders, total - reduced as revenue from changed where dimension = 'customer'`)}, cohorts as (${ADD_TO_COHORTS}
  )
  insert into orders.sales_rollups as r (tenant_id, dimension, grain, period, currency, key, ${FIGURES})
  select $1, dimension, g.grain, g.period, currency, key, ${SUMS}
  from changed cross join lateral (values ('day', day), ('month', date_trunc('month', day::timestamp)::date),
    ('year', date_trunc('year', day::timestamp)::date), ('all', '-infinity'::date)) as g(grain, period)
  group by dimension, g.grain, g.period, currency, key
  on conflict (tenant_id, dimension, grain, period, currency, key) do update set ${FIGURES.split(', ')
    .map((figure) => `${figure} = r.${figure} + excluded.${figure}`)
    .join(', ')}`;
