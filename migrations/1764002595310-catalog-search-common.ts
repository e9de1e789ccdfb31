import type { MigrationInterface, QueryRunner } from 'typeorm';
import { searchable } from '../src/kernel/database/migration-kit';

const NAME = 'catalog.find_products(text, text, text, int, jsonb, uuid[])';
const OF_SHOP = 'p.tenant_id = (select kernel.tenant_id())';
const ON_SALE =
  'p.active and (p.publish_at is null or p.publish_at <= kernel.now()) and (p.unpublish_at is null or p.unpublish_at > kernel.now())';
/** Products `p` with what they are narrowed by. */
const COLUMNS = `p.id, p.name_key, p.search, p.search_text, p.active, p.publish_at, p.unpublish_at, p.handle, p.category_id, p.price_from,
            p.price_currency, p.availability`;
const HAVE_WORDS = `p.search @@ to_tsquery('simple', $1)`;
/** The rows `found` and those of the SKU with their rank: how well the words stand in them, short texts before long ones. */
const RANKED = `ranked as materialized (
            select f.id, f.name_key, (1000 * (ts_rank_cd(f.search, to_tsquery('simple', $1)) + public.word_similarity($2, f.search_text)
              + public.similarity($2, f.search_text)))::int as rank from found f where f.id <> all($3)
            union all select n.id, k.name_key, 1000000 from unnest($3) as n(id) cross join lateral (
              select p.name_key from catalog.products p where ${OF_SHOP} and p.id = n.id offset 0) k
          )`;
const TOO_MANY = '(select count(*) from ranked) > $4';
/** Where all that have the words could be answered, so are all that the filters leave of them. */
const AT_MOST =
  'case when (select count(*) from worded) <= $4 and (select count(*) from walked) < $7 then $4 + 1 else $5 end';
const BEST = 'order by r.rank desc, r.id limit $4';
/** A session knows the settings of an extension once it has called it; unknown ones only a superuser may name. */
const KNOWN = `select public.similarity('a', 'b')`;

/**
 * A word that a quarter of the first products by name have costs a look at these: gathering and ranking all that have it
 * says no more. What a search is narrowed by is asked on the way, so that none is left out for others that the filters leave
 * out: `narrow` has `shown` for what is on sale, and the filters of lists; `categories` are those of its `category`. `more`
 * says that not all that match are answered. The function without these stays for the release before.
 */
export class CatalogSearchCommon1764002595310 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await searchable(runner, 'catalog.product_facets');
    await runner.query(KNOWN);
    await runner.query(`grant create on schema catalog to mainstay_search`);
    // Texts of statements are put together, so that each is planned for what is asked; what was said goes in quoted.
    await runner.query(`create function catalog.find_products(words text, phrase text, code text, most int, narrow jsonb, categories uuid[])
      returns table (id uuid, name_key text, rank int, more boolean) language plpgsql stable security definer rows 100
      set search_path = pg_catalog, public, pg_temp set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off set enable_indexscan = on
      set max_parallel_workers_per_gather = 0 set pg_trgm.word_similarity_threshold = 0.4 as $$
      #variable_conflict use_column
      declare
        named constant uuid[] := array(
          select v.product_id from catalog.variants v where v.tenant_id = (select kernel.tenant_id()) and v.sku = code);
        shown constant text := case when (narrow ->> 'shown')::boolean then ' and ${ON_SALE}' else '' end;
        -- Of null these are null, and left out.
        filters text := concat(
          ' and p.active = ' || quote_literal(narrow ->> 'active') || '::boolean',
          ' and p.handle = ' || quote_literal(narrow ->> 'handle'),
          case when narrow ? 'category' then ' and p.category_id = any(' || quote_literal(categories::text) || '::uuid[])' end,
          ' and p.price_from >= ' || quote_literal(narrow -> 'price' ->> 'gte') || '::bigint',
          ' and p.price_from > ' || quote_literal(narrow -> 'price' ->> 'gt') || '::bigint',
          ' and p.price_from <= ' || quote_literal(narrow -> 'price' ->> 'lte') || '::bigint',
          ' and p.price_from < ' || quote_literal(narrow -> 'price' ->> 'lt') || '::bigint',
          ' and p.price_currency = ' || quote_literal(narrow ->> 'currency'),
          case when narrow ? 'availability' then
            ' and p.availability = any(' || quote_literal(array(select jsonb_array_elements_text(narrow -> 'availability'))::text) || '::text[])' end);
        asked text := '';
        gathered text;
        -- What a search looks at, before and after what it looks for.
        opening text;
        closing text;
        wished jsonb;
        facets text[];
        rarest int := 4000;
        hits int;
        looked int;
        -- Products of one category stand by name in an index of their own.
        place constant text := case when cardinality(categories) = 1 then ' and p.category_id = ' || quote_literal(categories[1]) else '' end;
        walk constant int := 12000;
        first int := 2000;
        enough int := 2000;
      begin
        for wished in select g from jsonb_array_elements(narrow -> 'attributes') as g loop
          facets := array(select jsonb_array_elements_text(wished));
          -- Each value with all that its index has before the product: believed to be small, the shop would be read as a whole for each.
          asked := asked || ' and (' || coalesce((select string_agg('exists (select from catalog.product_facets f where f.tenant_id = ' ||
            quote_literal(kernel.tenant_id()) || ' and f.facet = ' || quote_literal(v) || ' and f.name_key = left(p.name_key, 100) and f.product_id = p.id offset 0)', ' or ')
            from unnest(facets) v), 'false') || ')';
          select count(*) into looked from (select from catalog.product_facets f
            where f.tenant_id = (select kernel.tenant_id()) and f.facet = any(facets) limit rarest + 1) n;
          if looked <= rarest then
            rarest := looked;
            gathered := quote_literal(facets::text);
          end if;
        end loop;
        -- Where filters hold some pages of the first by name do, as it is them that say more; attributes cost a look each.
        if asked <> '' then
          first := 120;
          enough := 60;
        elsif filters <> '' then
          first := 300;
          enough := 150;
        end if;
        select count(*) filter (where n.search @@ to_tsquery('simple', words)), count(*) into hits, looked from (
          select p.search from catalog.products p where ${OF_SHOP} order by p.name_key, p.id limit 400) n;
        if 4 * hits >= looked and hits > 0 then
          return query execute 'with walked as materialized (
            select ${COLUMNS}
            from catalog.products p where ${OF_SHOP}' || place || ' order by p.name_key, p.id limit $7
          ), worded as materialized (
            select from walked p where ${HAVE_WORDS.replaceAll("'", "''")}' || shown || ' limit $4 + 1
          ), found as materialized (
            select p.id, p.name_key, p.search, p.search_text from walked p where ${HAVE_WORDS.replaceAll("'", "''")}' || shown || filters || asked || ' limit ${AT_MOST}
          ), ${RANKED.replaceAll("'", "''")}
          select r.id, r.name_key, r.rank, (select count(*) from found) = ${AT_MOST} or (select count(*) from walked) = $7 or ${TOO_MANY} from ranked r
          where (select count(*) from found) >= $6 or (select count(*) from walked) < $7 ${BEST}'
          using words, phrase, named, most, first, enough, walk;
          if found then return; end if;
        end if;
        if asked = '' then
          -- A limit tempts the planner to read on until enough is found, where nothing may be: it is left the indexes of words alone.
          perform set_config('enable_indexscan', 'off', true);
          opening := 'select p.id, p.name_key, p.search, p.search_text from catalog.products p where ${OF_SHOP} and ';
          closing := shown || filters || ' limit 4000';
        elsif gathered is not null then
          -- Few products have the values: each is looked up, whatever words many others have. Values know the first hundred letters of names.
          opening := 'select p.id, p.name_key, p.search, p.search_text from (
              select distinct f.name_key, f.product_id from catalog.product_facets f
              where f.tenant_id = (select kernel.tenant_id()) and f.facet = any(' || gathered || '::text[]) offset 0
            ) f cross join lateral (
              select ${COLUMNS} from catalog.products p where ${OF_SHOP} and p.name_key >= f.name_key and p.name_key <= f.name_key || chr(1114111) and p.id = f.product_id offset 0
            ) p where ';
          closing := shown || filters || asked || ' limit 4000';
        else
          -- Who has the words is asked for the values one by one: no other order is left to whoever believes that few have either.
          opening := 'select q.* from (
              select p.name_key, p.id from (
                select p.name_key, p.id from catalog.products p where ${OF_SHOP} and ';
          closing := shown || filters || ' offset 0
              ) p where true' || asked || ' limit 4000
            ) f cross join lateral (
              select p.id, p.name_key, p.search, p.search_text from catalog.products p where ${OF_SHOP} and p.name_key = f.name_key and p.id = f.id offset 0
            ) q';
        end if;
        perform set_config('enable_bitmapscan', 'on', true);
        return query execute 'with found as materialized (' || opening || '${HAVE_WORDS.replaceAll("'", "''")}' || closing || '), ${RANKED.replaceAll("'", "''")}
          select r.id, r.name_key, r.rank, (select count(*) from found) = 4000 or ${TOO_MANY} from ranked r ${BEST}'
          using words, phrase, named, most;
        if found then return; end if;
        if filters || asked <> '' then
          -- The words are spelled right where a product has them, though the filters leave it out.
          perform set_config('enable_indexscan', 'off', true);
          execute 'select from catalog.products p where ${OF_SHOP} and ${HAVE_WORDS.replaceAll("'", "''")}' || shown || ' limit 1' using words;
          get diagnostics hits = row_count;
          if hits > 0 then return; end if;
          if asked <> '' then perform set_config('enable_indexscan', 'on', true); end if;
        end if;
        return query execute 'with near as materialized (
            select p.id, p.name_key, public.word_similarity($2, p.search_text) as likeness from (' ||
            opening || '$2 operator(public.<%) p.search_text' || closing || ') p
          ), ranked as materialized (
            select a.id, a.name_key, (1000 * a.likeness)::int as rank from near a where a.likeness > 0.8 * (select max(likeness) from near)
          ) select r.id, r.name_key, r.rank, (select count(*) from near) = 4000 or ${TOO_MANY} from ranked r ${BEST}'
          using words, phrase, named, most;
      end $$`);
    await runner.query(`revoke execute on function ${NAME} from public`);
    await runner.query(`grant execute on function ${NAME} to mainstay_app`);
    await runner.query(`alter function ${NAME} owner to mainstay_search`);
    await runner.query(`revoke create on schema catalog from mainstay_search`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop function ${NAME}`);
    await runner.query(`drop policy search on catalog.product_facets`);
    await runner.query(`revoke select on catalog.product_facets from mainstay_search`);
  }
}
