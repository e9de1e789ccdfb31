import type { MigrationInterface, QueryRunner } from 'typeorm';
import { tenantTable } from '../src/kernel/database/migration-kit';

/**
 * What may be promised beyond the stock, and what is. The last line says it of each level: promised is what lies there, and
 * what is known to be waited for. `backorder_limit` of levels is not read any more; it goes with a later release.
 */
export class InventoryBackorders1764002260200 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await tenantTable(
      runner,
      'inventory.backorder_terms',
      `sku text collate "C" not null check (sku <> ''), most bigint check (most >= 0), promised_at timestamptz, updated_at timestamptz not null,
       constraint backorder_terms_once unique (tenant_id, sku)`,
    );
    await runner.query(`alter table inventory.stock_levels drop constraint stock_levels_not_oversold,
      add constraint stock_levels_not_oversold check (on_hand - unavailable - reserved >= -backordered)`);
    await runner.query(`alter table inventory.reservation_lines
      add column beyond text collate "C" check (beyond in ('backorder', 'preorder')), add column promised_at timestamptz`);
    await runner.query(
      `create index reservation_lines_waiting on inventory.reservation_lines (tenant_id, sku, reservation_id) where backordered > 0`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop index inventory.reservation_lines_waiting`);
    await runner.query(`alter table inventory.reservation_lines drop column beyond, drop column promised_at`);
    await runner.query(`alter table inventory.stock_levels drop constraint stock_levels_not_oversold,
      add constraint stock_levels_not_oversold check (on_hand - unavailable - reserved >= -backorder_limit) not valid`);
    await runner.query(`drop table inventory.backorder_terms`);
  }
}
