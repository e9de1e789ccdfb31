import type { MigrationInterface, QueryRunner } from 'typeorm';
import { tenantTable } from '../src/kernel/database/migration-kit';

/** How products are shown: options, attributes, images, when they appear, what they were called, what goes with them. */
export class CatalogPresentation1764002100200 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `alter table catalog.products
         add column options jsonb not null default '[]', add column attributes jsonb not null default '{}',
         add column images jsonb not null default '[]', add column publish_at timestamptz, add column unpublish_at timestamptz,
         add check (publish_at < unpublish_at)`,
    );
    // Checked when the transaction ends: one change may let two variants swap their values.
    await runner.query(
      `alter table catalog.variants add column option_values jsonb, add column option_key text collate "C",
         add constraint variants_options unique (tenant_id, product_id, option_key) deferrable initially deferred`,
    );
    await tenantTable(
      runner,
      'catalog.attributes',
      `code text collate "C" not null check (code ~ '^[a-z][a-z0-9_]{0,39}$'), name text not null check (length(name) between 1 and 120),
       type text collate "C" not null check (type in ('text', 'number', 'boolean', 'date', 'choice')), choices jsonb, unit text,
       filterable boolean not null, version int not null, created_at timestamptz not null, updated_at timestamptz not null,
       constraint attributes_code unique (tenant_id, code), check ((type = 'choice') = (choices is not null))`,
    );
    await tenantTable(
      runner,
      'catalog.former_handles',
      `handle text collate "C" not null, product_id uuid not null, left_at timestamptz not null,
       constraint former_handles_once unique (tenant_id, handle),
       constraint former_handles_product foreign key (tenant_id, product_id) references catalog.products (tenant_id, id) on delete cascade`,
    );
    await runner.query(`create index former_handles_of on catalog.former_handles (tenant_id, product_id)`);
    await tenantTable(
      runner,
      'catalog.related_products',
      `product_id uuid not null, related_id uuid not null, position int not null,
       constraint related_products_once unique (tenant_id, product_id, related_id),
       constraint related_products_product foreign key (tenant_id, product_id) references catalog.products (tenant_id, id) on delete cascade,
       constraint related_products_related foreign key (tenant_id, related_id) references catalog.products (tenant_id, id) on delete cascade,
       check (product_id <> related_id)`,
    );
    await runner.query(`create index related_products_of on catalog.related_products (tenant_id, related_id)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop table catalog.related_products, catalog.former_handles, catalog.attributes`);
    await runner.query(`alter table catalog.variants drop column option_values, drop column option_key`);
    await runner.query(
      `alter table catalog.products drop column options, drop column attributes, drop column images, drop column publish_at,
         drop column unpublish_at`,
    );
  }
}
