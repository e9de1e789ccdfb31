import type { MigrationInterface, QueryRunner } from 'typeorm';
import { tenantTable } from '../src/kernel/database/migration-kit';

/** How orders get to their customers, and what that costs by zone, weight and price. */
export class OrdersShippingMethods1764002300300 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await tenantTable(
      runner,
      'orders.shipping_methods',
      `name text not null, active boolean not null, position int not null, currency text not null,
       rate_by text not null check (rate_by in ('weight', 'price')), zones jsonb not null,
       version int not null default 1, created_at timestamptz not null, updated_at timestamptz not null`,
    );
    await runner.query(`create index shipping_methods_offered on orders.shipping_methods (tenant_id) where active`);
    await runner.query(`create index shipping_methods_created on orders.shipping_methods (tenant_id, created_at, id)`);
    await runner.query(`alter table orders.carts add column shipping_method_id uuid`);
    await runner.query(`alter table orders.orders add column shipping_method jsonb`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table orders.orders drop column shipping_method`);
    await runner.query(`alter table orders.carts drop column shipping_method_id`);
    await runner.query(`drop table orders.shipping_methods`);
  }
}
