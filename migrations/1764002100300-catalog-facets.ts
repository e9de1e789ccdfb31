import type { MigrationInterface, QueryRunner } from 'typeorm';
import { searchable, tenantTable } from '../src/kernel/database/migration-kit';

/** What lists and searches narrow by and count: lowest price and attributes. A search looks at a bounded number of matches. */
export class CatalogFacets1764002100300 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `alter table catalog.products add column price_from bigint, add column price_currency char(3) collate "C",
         add check ((price_from is null) = (price_currency is null))`,
    );
    // Written by the code from now on. The owner sees all rows, and changes those of the tenant that is set.
    await runner.query(`do $$
      declare tenant uuid;
      begin
        for tenant in select distinct tenant_id from catalog.products loop
          perform set_config('app.tenant_id', tenant::text, true);
          update catalog.products p set price_from = v.amount, price_currency = v.currency
          from (
            select distinct on (product_id) product_id, price_amount as amount, price_currency as currency from catalog.variants
            where tenant_id = tenant and active order by product_id, price_amount, position
          ) v where p.tenant_id = tenant and p.id = v.product_id;
        end loop;
        perform set_config('app.tenant_id', '', true);
      end $$`);
    await runner.query(`create index products_by_price on catalog.products (tenant_id, price_from, id)`);
    await runner.query(
      `create index products_by_price_down on catalog.products (tenant_id, price_from desc nulls last, id desc)`,
    );
    await runner.query(`create index products_by_change on catalog.products (tenant_id, updated_at, id)`);

    // Equality of texts is leakproof: unlike an array of them this finds its index beneath the tenant policy.
    await tenantTable(
      runner,
      'catalog.product_facets',
      `product_id uuid not null, facet text collate "C" not null, value text not null,
       constraint product_facets_once unique (tenant_id, product_id, facet),
       constraint product_facets_product foreign key (tenant_id, product_id) references catalog.products (tenant_id, id) on delete cascade`,
    );
    await runner.query(`create index product_facets_by_value on catalog.product_facets (tenant_id, facet, product_id)`);
    await this.search(runner);
  }

  /**
   * As before, but a word that half the shop has costs no more than one that is rare: of at most 4,000 matches the best
   * are answered, short texts before long ones, and a SKU that is asked for as it is written always is the first. A limit
   * tempts the planner to read on until enough is found, where nothing may be: it is left the indexes of words alone.
   */
  private async search(runner: QueryRunner): Promise<void> {
    await searchable(runner, 'catalog.variants');
    await runner.query(`grant create on schema catalog to mainstay_search`);
    await runner.query(`create function catalog.find_products(words text, phrase text, code text, most int)
      returns table (id uuid, rank int) language sql stable security definer rows 100
      set search_path = pg_catalog, public, pg_temp set enable_seqscan = off set enable_indexscan = off
      set pg_trgm.word_similarity_threshold = 0.4 as $$
        with named as materialized (
          select v.product_id as id from catalog.variants v where v.tenant_id = (select kernel.tenant_id()) and v.sku = code
        ), found as materialized (
          select p.id, p.search, p.search_text from catalog.products p
          where p.tenant_id = (select kernel.tenant_id()) and p.search @@ to_tsquery('simple', words) limit 4000
        ), exact as materialized (
          select f.id, (1000 * (ts_rank_cd(f.search, to_tsquery('simple', words)) + public.word_similarity(phrase, f.search_text)
            + public.similarity(phrase, f.search_text)))::int as rank
          from found f where f.id not in (select n.id from named n)
        ), near as materialized (
          select p.id, public.word_similarity(phrase, p.search_text) as likeness from catalog.products p
          where p.tenant_id = (select kernel.tenant_id()) and phrase operator(public.<%) p.search_text
            and not exists (select from found) and not exists (select from named) limit 4000
        )
        select n.id, 1000000 from named n union all select e.id, e.rank from exact e
        union all select a.id, (1000 * a.likeness)::int from near a where a.likeness > 0.8 * (select max(likeness) from near)
        order by 2 desc, 1 limit most
      $$`);
    await runner.query(`revoke execute on function catalog.find_products(text, text, text, int) from public`);
    await runner.query(`grant execute on function catalog.find_products(text, text, text, int) to mainstay_app`);
    await runner.query(`alter function catalog.find_products(text, text, text, int) owner to mainstay_search`);
    await runner.query(`revoke create on schema catalog from mainstay_search`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop function catalog.find_products(text, text, text, int)`);
    await runner.query(`drop policy search on catalog.variants`);
    await runner.query(`revoke select on catalog.variants from mainstay_search`);
    await runner.query(`drop table catalog.product_facets`);
    await runner.query(
      `drop index catalog.products_by_price, catalog.products_by_price_down, catalog.products_by_change`,
    );
    await runner.query(`alter table catalog.products drop column price_from, drop column price_currency`);
  }
}
