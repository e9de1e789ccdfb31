import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What was lost and found within a time is found by itself: among all movements of a month it is a few of a hundred. */
export class InventoryLosses1764002598100 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`create index stock_movements_losses on inventory.stock_movements (tenant_id, at)
      where kind in ('count', 'adjustment', 'scrap')`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop index inventory.stock_movements_losses`);
  }
}
