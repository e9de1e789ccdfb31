import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Finds the months in which a customer bought: cohorts ask of each who bought in their period whether it was the first time. */
export class OrdersCohorts1764002480300 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`create index sales_rollups_customer on orders.sales_rollups (tenant_id, key, period)
      where dimension = 'customer' and grain = 'month'`);
    // It gives few rows of many: orders are looked up by them, one by one.
    await runner.query(`alter function orders.search_orders(text, int) rows 50`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`alter function orders.search_orders(text, int) rows 1000`);
    await runner.query(`drop index orders.sales_rollups_customer`);
  }
}
