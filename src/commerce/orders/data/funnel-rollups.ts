import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { FUNNEL_DAYS } from '../domain/cart.policy';
import { MIDNIGHT, UTC_DAY } from './sales-figures';

/** Days that are folded in one transaction. */
const MOST_DAYS = 31;
/** Milliseconds: nobody waits for it, and a statement that was cut off would begin anew for good. */
const PATIENCE = '600000';
/** Carts of the days before are old enough to be forgotten. */
const OLD = `(${UTC_DAY('kernel.now()')} - ${FUNNEL_DAYS})`;
/** The first day that is not over, or hardly: who changed a cart before midnight, and so left no mark, has committed by then. */
const RECENT = UTC_DAY(`(kernel.now() - interval '1 hour')`);
/** Whether a mark has its day counted anew; of the last month's, one that tells of a cart that is gone has another beside it. */
const DIRTIES = `(m.begun_at < ${MIDNIGHT('f.until')} or (m.carts = 0 and m.begun_at < ${MIDNIGHT('f.recent')}))`;

/**
 * The recount: carts begun in `spans (low, high)` that there are, but those that were brought into another, by the steps that
 * they came to. One row a cart: `begun_at`, and `filled`, `checked_out` and `paid` as 0 or 1.
 */
export const CARTS_BEGUN = `select c.created_at as begun_at,
    (c.order_id is not null
      or exists (select from orders.cart_lines l where l.tenant_id = c.tenant_id and l.cart_id = c.id))::int as filled,
    (c.order_id is not null)::int as checked_out, (o.paid_at is not null)::int as paid
  from spans s cross join lateral (
    select x.tenant_id, x.id, x.created_at, x.order_id from orders.carts x where x.tenant_id = kernel.tenant_id()
      and x.merged_into is null and x.created_at >= s.low and x.created_at < s.high offset 0
  ) c left join lateral (
    select o.paid_at from orders.orders o where o.tenant_id = c.tenant_id and o.id = c.order_id offset 0) o on true`;

/**
 * Carts begun from $1 to $2 and the steps that they came to, each step once: the days that were added up, those with marks
 * and what is no whole day counted anew, and the carts that are gone since. Whole days are those from $3 to before $4, what is
 * left over of the time are the spans $5 to $6. `since`: of carts begun earlier not all are known; null where all are.
 */
export const FUNNEL = `with fold as materialized (
    select coalesce(max(f.until), '-infinity'::date) as until, coalesce(max(greatest(f.recent, f.until)), '-infinity'::date) as recent,
      nullif(max(f.since), '-infinity') as since
    from orders.funnel_folds f where f.tenant_id = kernel.tenant_id()
  ), marks as materialized (
    select m.begun_at, m.carts, m.filled from orders.funnel_marks m
    where m.tenant_id = kernel.tenant_id() and m.begun_at >= $1::timestamptz and m.begun_at < $2::timestamptz
  ), dirty as materialized (
    select distinct ${UTC_DAY('m.begun_at')} as day from fold f, marks m where ${DIRTIES}
  ), spans as materialized (
    select ${MIDNIGHT('d.day')} as low, ${MIDNIGHT('(d.day + 1)')} as high from dirty d where d.day >= $3::date and d.day < $4::date
    union all
    select e.low, least(e.high, ${MIDNIGHT('f.recent')}) from fold f, unnest($5::timestamptz[], $6::timestamptz[]) as e(low, high)
    union all
    select greatest($1::timestamptz, ${MIDNIGHT('f.recent')}), $2::timestamptz from fold f
  ), begun as (
    select count(*) as carts, sum(filled) as filled, sum(checked_out) as checked_out, sum(paid) as paid from (${CARTS_BEGUN}) c
    union all
    select sum(m.carts), sum(m.filled), 0, 0 from marks m
    union all
    select sum(case when counted then d.carts else d.gone_carts end), sum(case when counted then d.filled else d.gone_filled end),
      sum(case when counted then d.checked_out else 0 end), sum(case when counted then d.paid else 0 end)
    from (
      select a.*, a.day < f.recent and not exists (select from dirty y where y.day = a.day) as counted
      from fold f, orders.funnel_days a where a.tenant_id = kernel.tenant_id() and a.day >= $3::date and a.day < $4::date
    ) d
  )
  select coalesce(sum(carts), 0)::bigint as carts, coalesce(sum(filled), 0)::bigint as filled,
    coalesce(sum(checked_out), 0)::bigint as "checkedOut", coalesce(sum(paid), 0)::bigint as paid,
    (select since from fold) as since
  from begun`;

/**
 * Adds carts up by the day on which they were begun, once it is over. A marked day is counted anew as a whole. What left with
 * its carts stays in marks, by the moment, and is kept beside the day once carts are old enough to be forgotten: so folding twice,
 * late or beside a change is never wrong.
 */
@Injectable()
export class FunnelRollups {
  constructor(private readonly uow: UnitOfWork) {}

  /**
   * Lets nobody else fold this shop until the commit, and marks the days that went by since it was folded: those too that were
   * folded already, before a clock was moved back or by whoever knew recent days. @returns false where somebody else folds it just now
   */
  async advance(): Promise<boolean> {
    const tx = this.uow.current();
    if (!(await this.take())) {
      const [{ folding }] = await tx.query<{ folding: boolean }>(
        `select until > '-infinity' as folding from orders.funnel_folds where tenant_id = $1`,
        [tx.tenantId],
      );
      if (folding) return false;
      await this.lock();
    }
    await tx.execute(
      `with fold as (select greatest(f.recent, f.until) as recent from orders.funnel_folds f where f.tenant_id = $1),
       passed as (
         select ${UTC_DAY('c.created_at')} as day from fold f, orders.carts c
         where c.tenant_id = $1 and c.merged_into is null
           and c.created_at >= ${MIDNIGHT('f.recent')} and c.created_at < ${MIDNIGHT(RECENT)}
         union
         select a.day from fold f, orders.funnel_days a where a.tenant_id = $1 and a.day >= f.recent and a.day < ${RECENT}
       ), marked as (
         insert into orders.funnel_marks (tenant_id, id, begun_at)
         select $1, gen_random_uuid(), ${MIDNIGHT('p.day')} from passed p
       )
       update orders.funnel_folds f set until = ${OLD}, recent = ${RECENT} where f.tenant_id = $1
         and (f.until, f.recent) is distinct from (${OLD}, ${RECENT})`,
      [tx.tenantId],
    );
    return true;
  }

  /** Folds some of the marked days. @returns how many; 0 when none is left, or somebody else folds this shop just now */
  async foldSome(): Promise<number> {
    const tx = this.uow.current();
    if (!(await this.take())) return 0;
    await tx.query(`select set_config('statement_timeout', $1, true)`, [PATIENCE]);
    // The marks go first: what is changed from here on leaves a mark that stays, whether it is counted below or not.
    const days = await tx.query<{ day: string; carts: number; filled: number }>(
      `with marked as (
         select distinct ${UTC_DAY('m.begun_at')} as day, f.until
         from orders.funnel_marks m join orders.funnel_folds f on f.tenant_id = m.tenant_id and ${DIRTIES}
         where m.tenant_id = $1 order by day limit ${MOST_DAYS}
       ), gone as (
         delete from orders.funnel_marks m using marked d where m.tenant_id = $1
           and m.begun_at >= ${MIDNIGHT('d.day')} and m.begun_at < ${MIDNIGHT('(d.day + 1)')} and (d.day < d.until or m.carts = 0)
         returning d.day, m.carts, m.filled
       )
       select day::text as day, sum(carts)::int as carts, sum(filled)::int as filled from gone group by gone.day`,
      [tx.tenantId],
    );
    if (days.length > 0) await tx.execute(FOLD, [tx.tenantId, JSON.stringify(days)]);
    return days.length;
  }

  /** Forgets what was added up of carts that there are; until it is again, they are counted themselves. */
  async forget(): Promise<void> {
    const tx = this.uow.current();
    await this.lock();
    await tx.execute(
      `update orders.funnel_days set carts = gone_carts, filled = gone_filled, checked_out = 0, paid = 0 where tenant_id = $1`,
      [tx.tenantId],
    );
    await tx.execute(`update orders.funnel_folds set until = '-infinity' where tenant_id = $1`, [tx.tenantId]);
  }

  /** Waits for nobody: who folds goes on. @returns false where somebody else holds it */
  private async take(): Promise<boolean> {
    return (await this.lock('skip locked')) > 0;
  }

  private async lock(how: 'skip locked' | '' = ''): Promise<number> {
    const tx = this.uow.current();
    await tx.execute(
      `insert into orders.funnel_folds (tenant_id, id, until, since) values ($1, $1, '-infinity', '-infinity')
       on conflict (tenant_id, id) do nothing`,
      [tx.tenantId],
    );
    const rows = await tx.query(`select id from orders.funnel_folds where tenant_id = $1 for update ${how}`, [
      tx.tenantId,
    ]);
    return rows.length;
  }
}

/** $2 days with what their marks said of carts that are gone: all of a day is what there is, and what is gone. */
const FOLD = `with gone as materialized (
    select g.day, g.carts, g.filled from json_to_recordset($2::json) as g(day date, carts int, filled int)
  ), spans as materialized (
    select ${MIDNIGHT('g.day')} as low, ${MIDNIGHT('(g.day + 1)')} as high from gone g
  ), counted as (
    select ${UTC_DAY('c.begun_at')} as day, count(*) as carts, sum(c.filled) as filled,
      sum(c.checked_out) as checked_out, sum(c.paid) as paid
    from (${CARTS_BEGUN}) c group by 1
  )
  insert into orders.funnel_days as d (tenant_id, day, carts, filled, checked_out, paid, gone_carts, gone_filled)
  select $1, g.day, coalesce(c.carts, 0) + g.carts, coalesce(c.filled, 0) + g.filled, coalesce(c.checked_out, 0), coalesce(c.paid, 0),
    g.carts, g.filled
  from gone g left join counted c on c.day = g.day
  on conflict (tenant_id, day) do update set carts = excluded.carts + d.gone_carts, filled = excluded.filled + d.gone_filled,
    checked_out = excluded.checked_out, paid = excluded.paid,
    gone_carts = excluded.gone_carts + d.gone_carts, gone_filled = excluded.gone_filled + d.gone_filled`;
