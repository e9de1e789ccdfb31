import type { MigrationInterface, QueryRunner } from 'typeorm';
import { tenantTable } from '../src/kernel/database/migration-kit';

/** Who sells goods to the shop, and what of them at which cost. */
export class InventorySuppliers1764002260000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await tenantTable(
      runner,
      'inventory.suppliers',
      `name text not null check (length(name) between 1 and 120), name_key text collate "C" not null, currency char(3) not null,
       lead_days int not null check (lead_days between 0 and 730), contacts jsonb not null default '[]', address text, note text,
       active boolean not null, version int not null default 1, created_at timestamptz not null, updated_at timestamptz not null,
       constraint suppliers_name unique (tenant_id, name_key)`,
    );
    await runner.query(`comment on column inventory.suppliers.contacts is 'pii:email phone'`);
    await runner.query(`comment on column inventory.suppliers.address is 'pii:address'`);
    await tenantTable(
      runner,
      'inventory.supplier_items',
      `supplier_id uuid not null, sku text collate "C" not null check (sku <> ''), supplier_sku text, unit_cost bigint not null check (unit_cost >= 0),
       min_quantity int not null check (min_quantity between 1 and 1000000), pack_size int not null check (pack_size between 1 and 1000000),
       lead_days int check (lead_days between 0 and 730), preferred boolean not null, updated_at timestamptz not null,
       constraint supplier_items_once unique (tenant_id, supplier_id, sku),
       foreign key (tenant_id, supplier_id) references inventory.suppliers (tenant_id, id)`,
    );
    await runner.query(
      `create unique index supplier_items_preferred on inventory.supplier_items (tenant_id, sku) where preferred`,
    );
    await runner.query(`create index supplier_items_sku on inventory.supplier_items (tenant_id, sku, id)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop table inventory.supplier_items, inventory.suppliers`);
  }
}
