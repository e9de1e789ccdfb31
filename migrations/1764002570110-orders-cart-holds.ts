import type { MigrationInterface, QueryRunner } from 'typeorm';

/** For how long a shop's carts hold stock, and until when each of them does. */
export class OrdersCartHolds1764002570110 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `alter table orders.order_policies add column cart_hold_minutes int check (cart_hold_minutes between 1 and 1440)`,
    );
    await runner.query(`alter table orders.carts add column held_since timestamptz, add column held_until timestamptz,
      add column unheld_skus text[] not null default '{}',
      add constraint carts_held check ((held_since is null) = (held_until is null))`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table orders.carts drop constraint carts_held, drop column unheld_skus, drop column held_until,
      drop column held_since`);
    await runner.query(`alter table orders.order_policies drop column cart_hold_minutes`);
  }
}
