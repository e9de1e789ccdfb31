import type { MigrationInterface, QueryRunner } from 'typeorm';

const INDEXED = `lower(number || ' ' || coalesce(email, '') || ' ' || coalesce(customer_name, ''))`;

/** The index of letters with weeks serves for the one without. */
export class OrdersWordsByWeekAlone1764002595305 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`drop index orders.orders_words`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`create index orders_words on orders.orders using gin (tenant_id, (${INDEXED}) gin_trgm_ops)`);
  }
}
