import type { MigrationInterface, QueryRunner } from 'typeorm';

const WORDS = `lower(o.number || ' ' || coalesce(o.email, '') || ' ' || coalesce(o.customer_name, ''))`;
const INDEXED = WORDS.replaceAll('o.', '');
/**
 * The shop, by the index of letters alone: among many small shops the planner takes a large one for one of them, and would read
 * all that it has by any other index that begins with the shop.
 */
const OF_SHOP = `(o.tenant_id = (select kernel.tenant_id())) is true and o.tenant_id::text = (select kernel.tenant_id()::text)`;
/** Weeks since 2000, by which the index of letters knows old orders from new ones. */
const week = (moment: string): string => `(((${moment} at time zone 'UTC')::date - '2000-01-01'::date) / 7)`;
const newest = (most: string): string => `select o.id, o.placed_at, ${WORDS} as words from orders.orders o
          where o.tenant_id = (select kernel.tenant_id()) and o.placed_at is not null
          order by o.placed_at desc, o.id desc limit ${most}`;
const HEAD = `create or replace function orders.search_orders(phrase text, most int)
      returns table (id uuid) language plpgsql stable security definer rows 50
      set search_path = pg_catalog, public, pg_temp set enable_seqscan = off set max_parallel_workers_per_gather = 0 as $$`;

/**
 * The index of letters knows the week of an order: a search that few of the newest match asks it for the last weeks alone
 * before it asks for all the years. What it answers is the same.
 */
export class OrdersSearchWeeks1764002595300 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    // In place of the one without weeks, which goes with the next migration: a build and a drop in one transaction would wait for
    // writers that wait for them.
    await runner.query(
      `create index orders_words_by_week on orders.orders using gin ((tenant_id::text), (${week('placed_at')}), (${INDEXED}) gin_trgm_ops)`,
    );
    // As before, and the weeks between: those in which fifty times as many orders came as were looked at.
    await runner.query(`${HEAD}
      declare
        pattern constant text := '%' || phrase || '%';
        orders constant float8 := (select greatest(c.reltuples, 1000) from pg_class c where c.oid = 'orders.orders'::regclass);
        share float8;
        latest timestamptz;
        oldest timestamptz;
        since int;
        found_ids uuid[];
      begin
        select count(*) filter (where n.words like pattern) / 2000.0, max(n.placed_at), min(n.placed_at)
        into share, latest, oldest from (${newest('2000')}) n;
        if most <= 2000 * share or most / nullif(share, 0) < 4 * share * orders then
          found_ids := array(select n.id from (${newest('(3 * most / share)::bigint')}) n
            where n.words like pattern order by n.placed_at desc, n.id desc limit most);
          if cardinality(found_ids) = most then
            return query select unnest(found_ids);
            return;
          end if;
        end if;
        since := ${week('latest')} - ceil(50 * extract(epoch from latest - oldest) / 604800)::int;
        if exists (select from orders.orders o where o.tenant_id = (select kernel.tenant_id())
          and o.placed_at < timestamptz '2000-01-01 00:00Z' + make_interval(weeks => greatest(since, 0))) then
          found_ids := array(with f as materialized (
            select o.id, o.placed_at from orders.orders o
            where ${OF_SHOP} and ${week('o.placed_at')} >= since and ${WORDS} like pattern
          ) select f.id from f order by f.placed_at desc, f.id desc limit most);
          if cardinality(found_ids) = most then
            return query select unnest(found_ids);
            return;
          end if;
        end if;
        -- Without a limit of its own: one tempts the planner to read on until enough is found, where hardly anything is.
        return query with f as materialized (
          select o.id, o.placed_at from orders.orders o
          where ${OF_SHOP} and o.placed_at is not null and ${WORDS} like pattern
        ) select f.id from f order by f.placed_at desc, f.id desc limit most;
      end $$`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`${HEAD}
      declare
        pattern constant text := '%' || phrase || '%';
        orders constant float8 := (select greatest(c.reltuples, 1000) from pg_class c where c.oid = 'orders.orders'::regclass);
        share float8;
        found_ids uuid[];
      begin
        select count(*) / 2000.0 into share from (${newest('2000')}) n where n.words like pattern;
        if most <= 2000 * share or most / nullif(share, 0) < 4 * share * orders then
          found_ids := array(select n.id from (${newest('(3 * most / share)::bigint')}) n
            where n.words like pattern order by n.placed_at desc, n.id desc limit most);
          if cardinality(found_ids) = most then
            return query select unnest(found_ids);
            return;
          end if;
        end if;
        return query with f as materialized (
          select o.id, o.placed_at from orders.orders o
          where o.tenant_id = (select kernel.tenant_id()) and o.placed_at is not null and ${WORDS} like pattern
        ) select f.id from f order by f.placed_at desc, f.id desc limit most;
      end $$`);
    await runner.query(`drop index orders.orders_words_by_week`);
  }
}
