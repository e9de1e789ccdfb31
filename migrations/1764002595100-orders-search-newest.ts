import type { MigrationInterface, QueryRunner } from 'typeorm';

const WORDS = `lower(o.number || ' ' || coalesce(o.email, '') || ' ' || coalesce(o.customer_name, ''))`;

/**
 * The search over orders finds what many have among the newest: the index of letters leads to every match of the shop
 * before the newest are known. What it answers is the same.
 */
export class OrdersSearchNewest1764002595100 implements MigrationInterface {
  /**
   * Looks at the newest 2,000; how many match says what is dearer, to go on from order to order (a quarter of the price of
   * looking a match up) until there are enough, or to gather all matches by their letters.
   */
  async up(runner: QueryRunner): Promise<void> {
    const newest = (most: string): string => `select o.id, o.placed_at, ${WORDS} as words from orders.orders o
          where o.tenant_id = (select kernel.tenant_id()) and o.placed_at is not null
          order by o.placed_at desc, o.id desc limit ${most}`;
    await runner.query(`create or replace function orders.search_orders(phrase text, most int)
      returns table (id uuid) language plpgsql stable security definer rows 50
      set search_path = pg_catalog, public, pg_temp set enable_seqscan = off set max_parallel_workers_per_gather = 0 as $$
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
        -- Without a limit of its own: one tempts the planner to read on until enough is found, where hardly anything is.
        return query with f as materialized (
          select o.id, o.placed_at from orders.orders o
          where o.tenant_id = (select kernel.tenant_id()) and o.placed_at is not null and ${WORDS} like pattern
        ) select f.id from f order by f.placed_at desc, f.id desc limit most;
      end $$`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`create or replace function orders.search_orders(phrase text, most int)
      returns table (id uuid) language sql stable security definer rows 50 set search_path = pg_catalog, public, pg_temp as $$
        select o.id from orders.orders o
        where o.tenant_id = (select kernel.tenant_id()) and ${WORDS} like '%' || phrase || '%'
        order by o.placed_at desc, o.id desc limit most
      $$`);
  }
}
