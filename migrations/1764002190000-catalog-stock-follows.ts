import type { MigrationInterface, QueryRunner } from 'typeorm';
import { tenantTable } from '../src/kernel/database/migration-kit';

/**
 * Products from before lists knew what can be had: shops that have such, noted here so that a job asks inventory about
 * them in bites, and goes on where it stopped.
 */
export class CatalogStockFollows1764002190000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    // One row a shop, its id the tenant's: what comes up to `after` in the order of SKUs is done.
    await tenantTable(
      runner,
      'catalog.stock_follows',
      `after text collate "C" not null default '', asked_at timestamptz, done_at timestamptz,
       constraint stock_follows_one check (id = tenant_id)`,
    );
    await runner.query(
      `create index stock_follows_open on catalog.stock_follows (asked_at, tenant_id) where done_at is null`,
    );
    await runner.query(`create policy migrating on catalog.stock_follows for insert to current_user with check (true)`);
    await runner.query(`insert into catalog.stock_follows (tenant_id, id)
      select distinct v.tenant_id, v.tenant_id from catalog.variants v
      where v.sku is not null and not exists (select from catalog.sku_stock s where s.tenant_id = v.tenant_id and s.sku = v.sku)`);
    await runner.query(`drop policy migrating on catalog.stock_follows`);
    // Asked by workers, for all shops at once.
    await runner.query(`create function catalog.shops_to_follow(most int) returns table (tenant_id uuid)
      language sql stable security definer set search_path = pg_catalog as $$
        select f.tenant_id from catalog.stock_follows f where f.done_at is null
          and (f.asked_at is null or f.asked_at not between kernel.now() - interval '1 hour' and kernel.now()) limit most $$`);
    await runner.query(`revoke execute on function catalog.shops_to_follow(int) from public`);
    await runner.query(`grant execute on function catalog.shops_to_follow(int) to mainstay_app`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop function catalog.shops_to_follow(int)`);
    await runner.query(`drop table catalog.stock_follows`);
  }
}
