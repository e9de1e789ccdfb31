import type { MigrationInterface, QueryRunner } from 'typeorm';

/** An order that was charged at once waits for the review of its payment. */
export class OrdersHeldForReview1764002560000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table orders.orders drop constraint orders_on_hold_reason_check,
      add constraint orders_on_hold_reason_check check (on_hold_reason in ('shortfall', 'approval', 'manual', 'review'))`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`update orders.orders set on_hold_reason = 'manual' where on_hold_reason = 'review'`);
    await runner.query(`alter table orders.orders drop constraint orders_on_hold_reason_check,
      add constraint orders_on_hold_reason_check check (on_hold_reason in ('shortfall', 'approval', 'manual'))`);
  }
}
