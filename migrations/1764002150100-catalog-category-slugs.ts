import type { MigrationInterface, QueryRunner } from 'typeorm';
import { tenantTable } from '../src/kernel/database/migration-kit';

/** Names of categories in addresses, and those that they had before. */
export class CatalogCategorySlugs1764002150100 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table catalog.categories add column slug text collate "C"`);
    // The owner sees all rows, and changes those of the tenant that is set.
    await runner.query(`do $$
      declare tenant uuid;
      begin
        for tenant in select distinct tenant_id from catalog.categories loop
          perform set_config('app.tenant_id', tenant::text, true);
          update catalog.categories c set slug = case when s.nth = 1 then s.slug else s.slug || '-' || right(replace(c.id::text, '-', ''), 8) end
          from (
            select id, slug, row_number() over (partition by slug order by id) as nth from (
              select id, coalesce(nullif(trim(both '-' from left(regexp_replace(name_key, '[^a-z0-9]+', '-', 'g'), 100)), ''), 'category') as slug
              from catalog.categories where tenant_id = tenant
            ) named
          ) s where c.tenant_id = tenant and c.id = s.id;
        end loop;
        perform set_config('app.tenant_id', '', true);
      end $$`);
    await runner.query(
      `alter table catalog.categories alter column slug set not null,
         add constraint categories_slug unique (tenant_id, slug), add check (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$' and length(slug) <= 120)`,
    );
    await tenantTable(
      runner,
      'catalog.former_slugs',
      `slug text collate "C" not null, category_id uuid not null, left_at timestamptz not null,
       constraint former_slugs_once unique (tenant_id, slug),
       constraint former_slugs_category foreign key (tenant_id, category_id) references catalog.categories (tenant_id, id) on delete cascade`,
    );
    await runner.query(`create index former_slugs_of on catalog.former_slugs (tenant_id, category_id)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop table catalog.former_slugs`);
    await runner.query(`alter table catalog.categories drop column slug`);
  }
}
