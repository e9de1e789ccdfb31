import type { MigrationInterface, QueryRunner } from 'typeorm';
import { createSchema, searchable, tenantTable } from '../src/kernel/database/migration-kit';

/** Products with variants and prices, categories, and the search over them. */
export class CatalogCreate1764000300000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await createSchema(runner, 'catalog');
    // Both are trusted extensions: the owner of the database may create them.
    await runner.query(`create extension if not exists pg_trgm`);
    await runner.query(`create extension if not exists btree_gin`);

    await tenantTable(
      runner,
      'catalog.categories',
      `parent_id uuid, name text not null check (length(name) between 1 and 120), name_key text collate "C" not null,
       version int not null, created_at timestamptz not null, updated_at timestamptz not null,
       constraint categories_name unique nulls not distinct (tenant_id, parent_id, name_key),
       constraint categories_parent foreign key (tenant_id, parent_id) references catalog.categories (tenant_id, id),
       check (parent_id <> id)`,
    );

    // The folded texts are written by the code, so that search and sorting do not depend on the cluster's locale.
    await tenantTable(
      runner,
      'catalog.products',
      `handle text collate "C" not null, name text not null check (length(name) between 1 and 200), name_key text collate "C" not null,
       description text, category_id uuid, active boolean not null, search_text text not null, detail_text text not null,
       search tsvector not null generated always as
         (setweight(to_tsvector('simple', search_text), 'A') || setweight(to_tsvector('simple', detail_text), 'C')) stored,
       version int not null, created_at timestamptz not null, updated_at timestamptz not null,
       constraint products_handle unique (tenant_id, handle),
       constraint products_category foreign key (tenant_id, category_id) references catalog.categories (tenant_id, id)`,
    );
    await runner.query(`create index products_by_name on catalog.products (tenant_id, name_key, id)`);
    await runner.query(`create index products_by_age on catalog.products (tenant_id, created_at, id)`);
    await runner.query(`create index products_by_category on catalog.products (tenant_id, category_id, name_key, id)`);
    await runner.query(`create index products_words on catalog.products using gin (tenant_id, search)`);
    await runner.query(
      `create index products_letters on catalog.products using gin (tenant_id, search_text gin_trgm_ops)`,
    );

    await tenantTable(
      runner,
      'catalog.variants',
      `product_id uuid not null, sku text collate "C" not null check (length(sku) between 1 and 64), name text, position int not null,
       price_amount bigint not null check (price_amount >= 0), price_currency char(3) not null, active boolean not null,
       created_at timestamptz not null, updated_at timestamptz not null,
       constraint variants_sku unique (tenant_id, sku),
       constraint variants_product foreign key (tenant_id, product_id) references catalog.products (tenant_id, id) on delete cascade`,
    );
    await runner.query(`create index variants_of_product on catalog.variants (tenant_id, product_id, position, id)`);

    await this.search(runner);
  }

  /**
   * All words as beginnings of words; where nothing has them, what is spelled alike. Text operators are not leakproof and
   * find no index beneath the tenant policy, so the search runs past it and binds the tenant itself.
   */
  private async search(runner: QueryRunner): Promise<void> {
    await searchable(runner, 'catalog.products');
    await runner.query(`grant usage on schema kernel to mainstay_search`);
    await runner.query(`create function catalog.search_products(words text, phrase text, most int)
      returns table (id uuid, rank int) language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
        with exact as materialized (
          select p.id, (1000 * (ts_rank_cd(p.search, q.words) + public.word_similarity(phrase, p.search_text)))::int as rank
          from catalog.products p, (select to_tsquery('simple', words) as words) q
          where p.tenant_id = (select kernel.tenant_id()) and p.search @@ q.words
        ), alike as (
          select p.id, (1000 * public.word_similarity(phrase, p.search_text))::int as rank
          from catalog.products p
          where p.tenant_id = (select kernel.tenant_id()) and phrase operator(public.<%) p.search_text and not exists (select from exact)
        )
        select id, rank from exact union all select id, rank from alike order by 2 desc, 1 limit most
      $$`);
    await runner.query(`revoke execute on function catalog.search_products(text, text, int) from public`);
    await runner.query(`grant execute on function catalog.search_products(text, text, int) to mainstay_app`);
    await runner.query(`grant create on schema catalog to mainstay_search`);
    await runner.query(`alter function catalog.search_products(text, text, int) owner to mainstay_search`);
    await runner.query(`revoke create on schema catalog from mainstay_search`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop schema catalog cascade`);
  }
}
