import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Expected arrivals: of what is `incoming`, the part that papers account for (purchase orders, transfers under way). The
 * rest is what imports say, so that an import says its own number anew and takes nothing from the papers.
 */
export class InventoryIncoming1764002250000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table inventory.stock_levels
      add column expected bigint not null default 0,
      add constraint stock_levels_expected check (expected between 0 and incoming)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table inventory.stock_levels drop column expected`);
  }
}
