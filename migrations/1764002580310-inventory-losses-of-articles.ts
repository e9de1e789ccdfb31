import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What was lost and found of articles, in their order: a page of the report reads the articles that it shows. */
export class InventoryLossesOfArticles1764002580310 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`create index stock_movements_losses_of on inventory.stock_movements (tenant_id, sku, at) include (quantity)
      where kind in ('count', 'adjustment', 'scrap')`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop index inventory.stock_movements_losses_of`);
  }
}
