import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { notAskedWithin } from '../../../kernel/lifecycle/tenant-round';
import { WINDOWS } from '../domain/sales-window';
import { ADD_TO_COHORTS, cohortsChanged } from './cohort-figures';
import { DIMENSIONS, FIGURES, MIDNIGHT, recountOf, SOLD, SUMS, takenOf, UTC_DAY } from './sales-figures';

/** Days, and about how many orders, that are folded in one transaction; a day is folded whole, however long it takes. */
const MOST_DAYS = 31;
const MOST_ORDERS = 5_000;
/** Milliseconds: nobody waits for it, and a statement that was cut off would begin anew for good. */
const PATIENCE = '600000';
const TODAY = UTC_DAY('kernel.now()');

/**
 * Adds sales up by day, month, year and in all. By how much an order that is marked, or a day that is marked as a whole, differs
 * from what was added up of it, the sums change, in one statement that takes the mark away and counts in the same snapshot: so
 * folding twice, late or beside a sale is never wrong.
 */
@Injectable()
export class SalesRollups {
  constructor(private readonly uow: UnitOfWork) {}

  /**
   * Lets nobody else fold this shop until the commit. Where it was never folded, or last by whoever knew days alone, all days that
   * may differ are marked. @returns the last mark that there is; null where somebody else folds it just now
   */
  async advance(): Promise<number | null> {
    const tx = this.uow.current();
    const found = await this.take();
    if (found === null) {
      const [{ folding }] = await tx.query<{ folding: boolean }>(
        `select until = 'infinity' as folding from orders.sales_folds where tenant_id = $1`,
        [tx.tenantId],
      );
      if (folding) return null;
      // All is to be made anew, of which no mark may tell: who holds it is soon done.
      await this.lock();
    }
    await tx.execute(
      `with fold as (select f.until from orders.sales_folds f where f.tenant_id = $1 and f.until < 'infinity'),
       passed as (
         select ${UTC_DAY('o.placed_at')} as day from fold f, orders.orders o
         where o.tenant_id = $1 and o.payment_status = 'paid' and o.cancelled_at is null and o.placed_at >= ${MIDNIGHT('f.until')}
         union
         select m.day from fold f, orders.sales_marks m where m.tenant_id = $1
       ), marked as (
         insert into orders.sales_marks (tenant_id, id, day)
         select $1, gen_random_uuid(), p.day from passed p
         where not exists (select from orders.sales_marks m where m.tenant_id = $1 and m.day = p.day and m.order_id is null)
       )
       update orders.sales_folds f set until = 'infinity' where f.tenant_id = $1 and f.until < 'infinity'`,
      [tx.tenantId],
    );
    const [{ last }] = await tx.query<{ last: number }>(
      `select coalesce(max(seq), 0)::bigint as last from orders.sales_marks where tenant_id = $1`,
      [tx.tenantId],
    );
    return last;
  }

  /** Takes the days that left it out of each window up to now, or makes them where there are none of today or before. */
  async roll(): Promise<void> {
    const tx = this.uow.current();
    if (!(await this.take())?.folding) return;
    await tx.query(`select set_config('statement_timeout', $1, true)`, [PATIENCE]);
    await tx.execute(
      `with later as (
         update orders.sales_folds f set rolled = null where f.tenant_id = $1 and f.rolled > ${TODAY} returning 1
       )
       delete from orders.sales_rollups r where exists (select from later)
         and r.tenant_id = $1 and r.dimension = any($2::text[]) and r.grain = any($3::text[])`,
      [tx.tenantId, DIMENSIONS, WINDOWS.map(({ grain }) => grain)],
    );
    await tx.execute(ROLL, [tx.tenantId]);
    await this.clear();
  }

  /**
   * Folds some of the marks up to this one: sales go on meanwhile. @returns of how many days; 0 when none is left, when somebody
   * else folds it just now, and when all was forgotten meanwhile: what it differs from is gone
   */
  async foldSome(last: number): Promise<number> {
    const tx = this.uow.current();
    if (!(await this.take())?.folding) return 0;
    await tx.query(
      `select set_config('statement_timeout', $1, true), set_config('app.sales_folded_by', 'order', true)`,
      [PATIENCE],
    );
    const [{ days }] = await tx.query<{ days: number }>(FOLD, [tx.tenantId, last]);
    if (days === 0) return 0;
    await this.clear();
    await tx.execute(`delete from orders.sales_cohorts where tenant_id = $1 and orders = 0`, [tx.tenantId]);
    return days;
  }

  /** Takes sums of nothing away. */
  private async clear(): Promise<void> {
    const tx = this.uow.current();
    await tx.execute(
      `delete from orders.sales_rollups where tenant_id = $1 and dimension = any($2::text[]) and orders = 0`,
      [tx.tenantId, DIMENSIONS],
    );
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

  /** @returns true for whoever asks first within two minutes, and while nobody folds: only who has it folded locks the row */
  async askedNow(): Promise<boolean> {
    const tx = this.uow.current();
    if (await this.begin()) return true;
    const rows = await tx.query(
      `select id from orders.sales_folds where tenant_id = $1 and ${notAskedWithin('asked_at', '2 minutes')} for update skip locked`,
      [tx.tenantId],
    );
    if (rows.length === 0) return false;
    await tx.execute(`update orders.sales_folds set asked_at = kernel.now() where tenant_id = $1`, [tx.tenantId]);
    return true;
  }

  /** Waits for nobody: who folds goes on, and what is left is asked for again. @returns null where somebody else holds it */
  private async take(): Promise<{ folding: boolean } | null> {
    const tx = this.uow.current();
    await this.begin();
    const [found = null] = await tx.query<{ folding: boolean }>(
      `select until = 'infinity' as folding from orders.sales_folds where tenant_id = $1 for update skip locked`,
      [tx.tenantId],
    );
    return found;
  }

  private async lock(): Promise<void> {
    const tx = this.uow.current();
    await this.begin();
    await tx.query(`select id from orders.sales_folds where tenant_id = $1 for update`, [tx.tenantId]);
  }

  /** @returns true where it was never asked for, nor folded */
  private async begin(): Promise<boolean> {
    const tx = this.uow.current();
    const rows = await tx.query(
      `insert into orders.sales_folds (tenant_id, id, until, asked_at) values ($1, $1, '-infinity', kernel.now())
       on conflict (tenant_id, id) do nothing returning id`,
      [tx.tenantId],
    );
    return rows.length > 0;
  }
}

const NONE = FIGURES.split(', ').map(() => '0');
const each = (of: (dimension: (typeof DIMENSIONS)[number]) => string): string =>
  DIMENSIONS.map((dimension) => `select '${dimension}' as dimension, c.* from (${of(dimension)}) c`).join(
    ' union all ',
  );
const ADD = `on conflict (tenant_id, dimension, grain, period, currency, key) do update set ${FIGURES.split(', ')
  .map((figure) => `${figure} = r.${figure} + excluded.${figure}`)
  .join(', ')}`;
/** Windows hold the days from so many before the day `rolled` on: whoever moves that day moves each of them. */
const ALL_WINDOWS = `(values ${WINDOWS.map(({ grain, days }) => `('${grain}', ${days})`).join(', ')}) as w(grain, days)`;

const ROLL = `with fold as materialized (
    select f.rolled, ${TODAY} as today from orders.sales_folds f where f.tenant_id = $1 and f.rolled is distinct from ${TODAY}
  ), spans as materialized (
    select w.grain, f.rolled - w.days as low, f.today - w.days as high, -1 as sign from fold f, ${ALL_WINDOWS} where f.rolled < f.today
    union all
    select w.grain, f.today - w.days, 'infinity', 1 from fold f, ${ALL_WINDOWS} where f.rolled is null or f.rolled > f.today
  ), sums as (
    insert into orders.sales_rollups as r (tenant_id, dimension, grain, period, currency, key, ${FIGURES})
    select $1, x.dimension, s.grain, '-infinity'::date, x.currency, x.key, ${FIGURES.split(', ')
      .map((figure) => `sum(s.sign * x.${figure})::bigint`)
      .join(', ')}
    from spans s cross join unnest(array['${DIMENSIONS.filter((dimension) => dimension !== 'channel').join(`', '`)}']) as d(dimension)
    cross join lateral (
      select x.* from orders.sales_rollups x where x.tenant_id = $1 and x.dimension = d.dimension and x.grain = 'day'
        and x.period >= s.low and x.period < s.high offset 0
    ) x
    group by s.grain, x.dimension, x.currency, x.key
    ${ADD}
  )
  update orders.sales_folds f set rolled = fold.today from fold where f.tenant_id = $1`;

/**
 * Marks up to $2 of the tenant $1. What their days and orders come to now less what was added up of them goes to the day, its month,
 * its year and the whole, and to the cohorts: these look at the months of customers as they were before. An order of a day that
 * is marked as a whole goes with it, and one order's marks go together: the first of them says what was added up.
 */
const FOLD = `with marked as (
    select d.day, sum(o.orders) over (order by d.day) - o.orders as before from (
      select distinct m.day from orders.sales_marks m where m.tenant_id = $1 and m.order_id is null and m.seq <= $2
      order by m.day limit ${MOST_DAYS}
    ) d cross join lateral (
      select count(*) as orders from (
        select from orders.orders x where x.tenant_id = $1 and x.placed_at >= ${MIDNIGHT('d.day')}
          and x.placed_at < ${MIDNIGHT('(d.day + 1)')} limit ${MOST_ORDERS}
      ) few
    ) o
  ), dirty as materialized (
    select day from marked where before < ${MOST_ORDERS}
  ), changed as materialized (
    select distinct on (m.day, m.order_id) m.day, m.order_id, m.order_before from orders.sales_marks m
    where m.tenant_id = $1 and m.order_id is not null and m.seq <= $2
      and not exists (select from orders.sales_marks w where w.tenant_id = $1 and w.day = m.day and w.order_id is null)
    order by m.day, m.order_id, m.seq limit ${MOST_ORDERS}
  ), gone_of_days as (
    delete from orders.sales_marks m using dirty d where m.tenant_id = $1 and m.day = d.day
  ), gone_of_orders as (
    delete from orders.sales_marks m using changed c where m.tenant_id = $1 and m.day = c.day and m.order_id = c.order_id
  ), spans as materialized (
    select ${MIDNIGHT('d.day')} as low, ${MIDNIGHT('(d.day + 1)')} as high from dirty d
  ), ${SOLD}, counted as materialized (${each(recountOf)}
  ), differing as materialized (
    select dimension, day, currency, key, ${SUMS} from (
      select dimension, day, currency, key, ${FIGURES} from counted
      union all
      ${each(takenOf)}
    ) as each group by dimension, day, currency, key
    having (${SUMS.replace(/::bigint as \w+/g, '')}) is distinct from (${NONE.join(', ')})
  ), named as (
    insert into orders.sales_labels as l (tenant_id, dimension, key, label, seen)
    select distinct on (dimension, key) $1, dimension, key, label, day from counted where dimension <> 'channel' order by dimension, key, day desc
    on conflict (tenant_id, dimension, key) do update set label = excluded.label, seen = excluded.seen
      where excluded.seen >= l.seen and (excluded.label, excluded.seen) is distinct from (l.label, l.seen)
  ), ${cohortsChanged(`
    select day, currency, key, orders, total - reduced as revenue from differing where dimension = 'customer'`)}, cohorts as (${ADD_TO_COHORTS}
  ), sums as (
    insert into orders.sales_rollups as r (tenant_id, dimension, grain, period, currency, key, ${FIGURES})
    select $1, dimension, g.grain, g.period, currency, key, ${SUMS}
    from differing cross join lateral (
      select * from (values ('day', day), ('month', date_trunc('month', day::timestamp)::date),
        ('year', date_trunc('year', day::timestamp)::date), ('all', '-infinity'::date)) as p(grain, period)
      union all
      select w.grain, '-infinity'::date from orders.sales_folds f, ${ALL_WINDOWS}
      where f.tenant_id = $1 and dimension <> 'channel' and day >= f.rolled - w.days
    ) as g
    group by dimension, g.grain, g.period, currency, key
    ${ADD}
  )
  select count(distinct day)::int as days from (select day from dirty union all select day from changed) p`;
