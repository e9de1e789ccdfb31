import type { MigrationInterface, QueryRunner } from 'typeorm';
import { tenantTable } from '../src/kernel/database/migration-kit';

/**
 * Whether products can be had, as lists narrow and count by it: a copy of what inventory says of each SKU, and a column
 * that follows it, bundles by what they are made of.
 */
export class CatalogAvailability1764002150200 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `alter table catalog.products add column availability text collate "C" not null default 'out_of_stock'
         check (availability in ('in_stock', 'backorder', 'out_of_stock'))`,
    );
    await runner.query(
      `create index products_by_availability on catalog.products (tenant_id, availability, name_key, id)`,
    );
    await tenantTable(
      runner,
      'catalog.sku_stock',
      `sku text collate "C" not null, available bigint not null, updated_at timestamptz not null,
       constraint sku_stock_sku unique (tenant_id, sku)`,
    );
    // Runs with the rights of its caller, behind the same wall.
    await runner.query(`create function catalog.variants_available(tenant uuid, variants uuid[])
      returns table (variant_id uuid, available bigint) language sql stable rows 10 as $$
        with recursive parts as (
          select v.id as root, v.id, v.sku, v.bundle, 1::bigint as quantity, 0 as depth
          from catalog.variants v where v.tenant_id = variants_available.tenant and v.id = any(variants)
          union all
          select p.root, c.id, c.sku, c.bundle, p.quantity * b.quantity, p.depth + 1
          from parts p
          join catalog.bundle_components b on b.tenant_id = variants_available.tenant and b.bundle_id = p.id
          join catalog.variants c on c.tenant_id = b.tenant_id and c.id = b.component_id
          where p.bundle and p.depth < 10
        ), leaves as (
          select root, sku, sum(quantity) as quantity from parts where not bundle group by root, sku
        )
        select l.root, min(div(greatest(coalesce(s.available, 0), 0), l.quantity))::bigint
        from leaves l left join catalog.sku_stock s on s.tenant_id = variants_available.tenant and s.sku = l.sku group by l.root
      $$`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop function catalog.variants_available(uuid, uuid[])`);
    await runner.query(`drop table catalog.sku_stock`);
    await runner.query(`alter table catalog.products drop column availability`);
  }
}
