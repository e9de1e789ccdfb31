import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Whom an unpaid order holds stock for, so that nobody holds that of many. */
export class OrdersPlacedFrom1764001700200 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table orders.orders add column placed_from bytea`);
    await runner.query(`comment on column orders.orders.placed_from is 'pii:address secret'`);
    await runner.query(
      `create index orders_unpaid on orders.orders (tenant_id, placed_from) where payment_status = 'pending' and placed_from is not null`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table orders.orders drop column placed_from`);
  }
}
