import type { MigrationInterface, QueryRunner } from 'typeorm';
import { tenantTable } from '../src/kernel/database/migration-kit';

/** What orders must know of a variant besides its price, variants made of others, price lists and what prices were. */
export class CatalogSelling1764002100000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `alter table catalog.products add column tax_category text collate "C" not null default 'standard' check (length(tax_category) between 1 and 40)`,
    );
    await runner.query(
      `alter table catalog.variants
         add column tax_category text collate "C" check (length(tax_category) between 1 and 40),
         add column weight_grams int check (weight_grams between 0 and 100000000),
         add column backorder text collate "C" not null default 'no' check (backorder in ('no', 'backorder', 'preorder')),
         add column bundle boolean not null default false`,
    );
    await tenantTable(
      runner,
      'catalog.bundle_components',
      `bundle_id uuid not null, component_id uuid not null, quantity int not null check (quantity between 1 and 10000), position int not null,
       constraint bundle_components_once unique (tenant_id, bundle_id, component_id),
       constraint bundle_components_bundle foreign key (tenant_id, bundle_id) references catalog.variants (tenant_id, id) on delete cascade,
       constraint bundle_components_component foreign key (tenant_id, component_id) references catalog.variants (tenant_id, id),
       check (bundle_id <> component_id)`,
    );
    await runner.query(
      `create index bundle_components_of on catalog.bundle_components (tenant_id, component_id, bundle_id)`,
    );

    await tenantTable(
      runner,
      'catalog.price_lists',
      `name text not null check (length(name) between 1 and 120), name_key text collate "C" not null, currency char(3) not null,
       customer_group_id uuid, priority int not null, valid_from timestamptz, valid_until timestamptz, active boolean not null,
       version int not null, created_at timestamptz not null, updated_at timestamptz not null,
       constraint price_lists_name unique (tenant_id, name_key),
       check (valid_from < valid_until)`,
    );
    await runner.query(
      `create index price_lists_of_group on catalog.price_lists (tenant_id, customer_group_id) where customer_group_id is not null`,
    );
    await tenantTable(
      runner,
      'catalog.list_prices',
      `list_id uuid not null, variant_id uuid not null, min_quantity int not null check (min_quantity >= 1),
       amount bigint not null check (amount >= 0), created_at timestamptz not null, updated_at timestamptz not null,
       constraint list_prices_step unique (tenant_id, variant_id, list_id, min_quantity),
       constraint list_prices_list foreign key (tenant_id, list_id) references catalog.price_lists (tenant_id, id) on delete cascade,
       constraint list_prices_variant foreign key (tenant_id, variant_id) references catalog.variants (tenant_id, id) on delete cascade`,
    );
    await runner.query(`create index list_prices_of_list on catalog.list_prices (tenant_id, list_id, id)`);

    // What was asked for before: written once, in the commit of the change. A list may be gone, so its name is kept.
    await tenantTable(
      runner,
      'catalog.price_changes',
      `variant_id uuid not null, list_id uuid, list_name text, min_quantity int, changed_at timestamptz not null,
       before_amount bigint, before_currency char(3), after_amount bigint, after_currency char(3),
       constraint price_changes_variant foreign key (tenant_id, variant_id) references catalog.variants (tenant_id, id) on delete cascade,
       check ((list_id is null) = (list_name is null)), check ((before_amount is null) = (before_currency is null)),
       check ((after_amount is null) = (after_currency is null))`,
      { grants: ['select', 'insert'] },
    );
    await runner.query(
      `create index price_changes_of_variant on catalog.price_changes (tenant_id, variant_id, changed_at, id)`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      `drop table catalog.price_changes, catalog.list_prices, catalog.price_lists, catalog.bundle_components`,
    );
    await runner.query(
      `alter table catalog.variants drop column tax_category, drop column weight_grams, drop column backorder, drop column bundle`,
    );
    await runner.query(`alter table catalog.products drop column tax_category`);
  }
}
