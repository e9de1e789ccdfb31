import type { MigrationInterface, QueryRunner } from 'typeorm';
import { tenantTable } from '../src/kernel/database/migration-kit';

/** Coupons and promotions, and who used them: limits are kept by conditional updates, with a CHECK beneath. */
export class OrdersCoupons1764002300100 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await tenantTable(
      runner,
      'orders.coupons',
      `name text not null, code text, kind text not null check (kind in ('percentage', 'amount', 'buy_x_get_y', 'free_shipping')),
       basis_points int check (basis_points between 1 and 10000), amount bigint check (amount > 0), currency text,
       buy_quantity int check (buy_quantity > 0), get_quantity int check (get_quantity > 0), minimum_amount bigint check (minimum_amount > 0),
       product_ids uuid[] not null, category_ids uuid[] not null, first_order boolean not null, combinable boolean not null,
       priority int not null, starts_at timestamptz, ends_at timestamptz, usage_limit int check (usage_limit > 0),
       customer_limit int check (customer_limit > 0), used int not null default 0, active boolean not null,
       version int not null default 1, created_at timestamptz not null, updated_at timestamptz not null,
       unique (tenant_id, code),
       constraint coupons_used check (used >= 0 and (usage_limit is null or used <= usage_limit)),
       constraint coupons_currency check ((amount is null and minimum_amount is null) = (currency is null))`,
    );
    await runner.query(`create index coupons_automatic on orders.coupons (tenant_id) where code is null and active`);
    await runner.query(`create index coupons_created on orders.coupons (tenant_id, created_at, id)`);
    await tenantTable(
      runner,
      'orders.coupon_uses',
      `coupon_id uuid not null, order_id uuid not null, customer_id uuid not null, used_at timestamptz not null, released_at timestamptz,
       unique (tenant_id, order_id, coupon_id),
       foreign key (tenant_id, coupon_id) references orders.coupons (tenant_id, id),
       foreign key (tenant_id, order_id) references orders.orders (tenant_id, id)`,
    );
    // How often each customer uses a coupon now; the row is what two orders of one customer meet at.
    await tenantTable(
      runner,
      'orders.coupon_customers',
      `coupon_id uuid not null, customer_id uuid not null, used int not null check (used >= 0), most int,
       unique (tenant_id, coupon_id, customer_id),
       foreign key (tenant_id, coupon_id) references orders.coupons (tenant_id, id)`,
    );
    await runner.query(`alter table orders.carts add column coupon_ids uuid[] not null default '{}'`);
    await runner.query(`alter table orders.orders add column discounts jsonb not null default '[]'`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table orders.orders drop column discounts`);
    await runner.query(`alter table orders.carts drop column coupon_ids`);
    await runner.query(`drop table orders.coupon_customers, orders.coupon_uses, orders.coupons`);
  }
}
