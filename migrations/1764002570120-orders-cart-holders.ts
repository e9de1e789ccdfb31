import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Whom a cart holds stock for, so that nobody holds that of many. */
export class OrdersCartHolders1764002570120 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table orders.carts add column held_for bytea`);
    await runner.query(`comment on column orders.carts.held_for is 'pii:address secret'`);
    await runner.query(`create index carts_holding on orders.carts (tenant_id, held_for, held_until)
      where held_for is not null and order_id is null and merged_into is null`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table orders.carts drop column held_for`);
  }
}
