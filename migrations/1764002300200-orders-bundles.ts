import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What one piece of a bundle takes from stock, as it was when the order was placed. */
export class OrdersBundles1764002300200 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table orders.order_lines add column components jsonb`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table orders.order_lines drop column components`);
  }
}
