import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Carts of people who are signed in, merged carts, carts in a chosen currency; coupons for groups of customers. */
export class OrdersCartOwners1764002450200 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table orders.carts add column merged_into uuid,
      add column currency text check (currency ~ '^[A-Z]{3}$'),
      add constraint carts_merged check (merged_into is null or (merged_into <> id and order_id is null)),
      add constraint carts_merged_into foreign key (tenant_id, merged_into) references orders.carts (tenant_id, id) on delete cascade`);
    await runner.query(`create index carts_user on orders.carts (tenant_id, user_id, updated_at, id)
      where user_id is not null and order_id is null and merged_into is null`);
    await runner.query(
      `create index carts_merged_into on orders.carts (tenant_id, merged_into) where merged_into is not null`,
    );
    await runner.query(`alter table orders.coupons add column customer_group_ids uuid[] not null default '{}'`);
    await runner.query(`alter table orders.order_policies
      add column cart_merge text not null default 'highest' check (cart_merge in ('sum', 'highest', 'guest'))`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table orders.order_policies drop column cart_merge`);
    await runner.query(`alter table orders.coupons drop column customer_group_ids`);
    await runner.query(`drop index orders.carts_merged_into, orders.carts_user`);
    await runner.query(`delete from orders.carts where merged_into is not null`);
    await runner.query(`alter table orders.carts drop constraint carts_merged_into, drop constraint carts_merged,
      drop column currency, drop column merged_into`);
  }
}
