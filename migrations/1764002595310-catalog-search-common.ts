import type { MigrationInterface, QueryRunner } from 'typeorm';

const SIGNATURE = 'catalog.find_products(words text, phrase text, code text, most int)';
const OF_SHOP = 'p.tenant_id = (select kernel.tenant_id())';
const QUERY = `to_tsquery('simple', words)`;
/** Rows `f` with their rank: how well the words stand in them, short texts before long ones. */
const RANKED = `select f.id, (1000 * (ts_rank_cd(f.search, ${QUERY}) + public.word_similarity(phrase, f.search_text)
            + public.similarity(phrase, f.search_text)))::int as rank`;
const NEAR = `select p.id, public.word_similarity(phrase, p.search_text) as likeness from catalog.products p
          where ${OF_SHOP} and phrase operator(public.<%) p.search_text`;
/** A session knows the settings of an extension once it has called it; unknown ones only a superuser may name. */
const KNOWN = `select public.similarity('a', 'b')`;

/**
 * A word that a quarter of the first products by name have costs a look at these: gathering and ranking all that have it
 * says no more. Other words are searched as before.
 */
export class CatalogSearchCommon1764002595310 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(KNOWN);
    await runner.query(`create or replace function ${SIGNATURE}
      returns table (id uuid, rank int) language plpgsql stable security definer rows 100
      set search_path = pg_catalog, public, pg_temp set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off set enable_indexscan = on
      set pg_trgm.word_similarity_threshold = 0.4 as $$
      #variable_conflict use_column
      declare
        named constant uuid[] := array(
          select v.id from (select v.product_id as id from catalog.variants v where v.tenant_id = (select kernel.tenant_id()) and v.sku = code) v);
        hits int;
        looked int;
      begin
        select count(*) filter (where n.search @@ ${QUERY}), count(*) into hits, looked from (
          select p.search from catalog.products p where ${OF_SHOP} order by p.name_key, p.id limit 400) n;
        if 4 * hits >= looked and hits > 0 then
          return query with walked as materialized (
            select p.id, p.search, p.search_text from catalog.products p where ${OF_SHOP} order by p.name_key, p.id limit 12000
          ), found as materialized (
            select w.id, w.search, w.search_text from walked w where w.search @@ ${QUERY} limit 2000
          ), ranked as (
            ${RANKED} from found f where f.id <> all(named)
            union all select n.id, 1000000 from unnest(named) as n(id)
          ) select r.id, r.rank from ranked r
            where (select count(*) from found) = 2000 or (select count(*) from walked) < 12000
            order by r.rank desc, r.id limit most;
          if found then return; end if;
        end if;
        -- A limit tempts the planner to read on until enough is found, where nothing may be: it is left the indexes of words alone.
        perform set_config('enable_indexscan', 'off', true), set_config('enable_bitmapscan', 'on', true);
        return query with found as materialized (
          select p.id, p.search, p.search_text from catalog.products p where ${OF_SHOP} and p.search @@ ${QUERY} limit 4000
        ), ranked as (
          ${RANKED} from found f where f.id <> all(named)
          union all select n.id, 1000000 from unnest(named) as n(id)
        ) select r.id, r.rank from ranked r order by r.rank desc, r.id limit most;
        if found then return; end if;
        return query with near as materialized (${NEAR} limit 4000)
          select a.id, (1000 * a.likeness)::int as rank from near a where a.likeness > 0.8 * (select max(likeness) from near)
          order by rank desc, a.id limit most;
      end $$`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(KNOWN);
    await runner.query(`create or replace function ${SIGNATURE}
      returns table (id uuid, rank int) language sql stable security definer rows 100
      set search_path = pg_catalog, public, pg_temp set enable_seqscan = off set enable_indexscan = off
      set pg_trgm.word_similarity_threshold = 0.4 as $$
        with named as materialized (
          select v.product_id as id from catalog.variants v where v.tenant_id = (select kernel.tenant_id()) and v.sku = code
        ), found as materialized (
          select p.id, p.search, p.search_text from catalog.products p where ${OF_SHOP} and p.search @@ ${QUERY} limit 4000
        ), exact as materialized (
          ${RANKED} from found f where f.id not in (select n.id from named n)
        ), near as materialized (
          ${NEAR} and not exists (select from found) and not exists (select from named) limit 4000
        )
        select n.id, 1000000 from named n union all select e.id, e.rank from exact e
        union all select a.id, (1000 * a.likeness)::int from near a where a.likeness > 0.8 * (select max(likeness) from near)
        order by 2 desc, 1 limit most
      $$`);
  }
}
