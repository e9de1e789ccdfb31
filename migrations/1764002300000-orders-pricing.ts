import type { MigrationInterface, QueryRunner } from 'typeorm';
import { tenantTable } from '../src/kernel/database/migration-kit';

const DISCOUNTED = `round(unit_price::numeric * quantity * (10000 - discount_basis_points) / 10000)`;

/** Prices with discounts, freight and taxes; what a cart showed last, so that nothing else is charged unseen. */
export class OrdersPricing1764002300000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await tenantTable(
      runner,
      'orders.checkout_settings',
      `prices_include_tax boolean not null, inclusive_rounding text not null check (inclusive_rounding in ('net', 'tax')),
       shipping_tax_category text not null, default_country text, tax_rates jsonb not null,
       version int not null default 1, updated_at timestamptz not null,
       constraint checkout_settings_one check (id = tenant_id)`,
    );
    await runner.query(`alter table orders.carts add column quote jsonb, add column destination jsonb`);
    await runner.query(`comment on column orders.carts.destination is 'pii:address'`);
    // Constant defaults rewrite no rows.
    await runner.query(`alter table orders.orders add column tax_included boolean not null default false,
      add column shipping_tax bigint not null default 0, add column taxes jsonb not null default '[]',
      drop constraint orders_total,
      add constraint orders_total check (total = subtotal - discount_total + shipping_total
        + case when tax_included then 0 else tax_total end),
      add constraint orders_shipping_tax check (shipping_tax between 0 and tax_total)`);
    await runner.query(`alter table orders.order_lines add column tax bigint not null default 0 check (tax >= 0),
      add column tax_category text, drop constraint order_lines_total,
      add constraint order_lines_total check (total between 0 and unit_price::numeric * quantity
        and (discount_basis_points = 0 or total = ${DISCOUNTED}))`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table orders.order_lines drop constraint order_lines_total, drop column tax_category, drop column tax,
      add constraint order_lines_total check (total = ${DISCOUNTED}) not valid`);
    await runner.query(`alter table orders.orders drop constraint orders_shipping_tax, drop constraint orders_total,
      drop column taxes, drop column shipping_tax, drop column tax_included,
      add constraint orders_total check (total = subtotal - discount_total + shipping_total + tax_total) not valid`);
    await runner.query(`alter table orders.carts drop column destination, drop column quote`);
    await runner.query(`drop table orders.checkout_settings`);
  }
}
