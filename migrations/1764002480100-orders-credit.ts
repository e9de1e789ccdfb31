import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What of an order gift cards and store credit pay, and what of that was put back. */
export class OrdersCredit1764002480100 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table orders.orders add column credit_total bigint not null default 0,
      add column credit_refunded bigint not null default 0,
      add constraint orders_credit check (credit_total between 0 and total and credit_refunded between 0 and credit_total)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      `alter table orders.orders drop constraint orders_credit, drop column credit_refunded, drop column credit_total`,
    );
  }
}
