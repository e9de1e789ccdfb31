import type { MigrationInterface, QueryRunner } from 'typeorm';
import { searchable } from '../src/kernel/database/migration-kit';

/** Indexes behind the filters of the order list and behind its reports, and the search over orders. */
export class OrdersLists1764002450300 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `create index orders_payment_status on orders.orders (tenant_id, payment_status, placed_at, id)`,
    );
    await runner.query(
      `create index orders_fulfilment_status on orders.orders (tenant_id, fulfilment_status, placed_at, id)`,
    );
    await runner.query(`create index orders_total on orders.orders (tenant_id, total, id)`);
    await runner.query(`create index order_lines_sku on orders.order_lines (tenant_id, sku, order_id)`);
    await runner.query(`create index carts_created on orders.carts (tenant_id, created_at) include (order_id)
      where merged_into is null`);
    // Reports by day read this index alone: every figure that they add up is in it.
    await runner.query(`create index orders_sold on orders.orders (tenant_id, placed_at)
      include (channel, currency, subtotal, discount_total, shipping_total, tax_total, total, refunded_total, uncollected_total)
      where payment_status = 'paid' and cancelled_at is null`);
    await runner.query(`create index orders_buyers on orders.orders (tenant_id, customer_id, placed_at)
      include (currency, total, refunded_total, uncollected_total)
      where payment_status = 'paid' and cancelled_at is null and customer_id is not null`);
    await this.search(runner);
  }

  /** LIKE is not leakproof and finds no index beneath the tenant policy: the search binds the tenant itself. */
  private async search(runner: QueryRunner): Promise<void> {
    // An expression and no column: the row is not rewritten for it. Statements below say exactly the same.
    const words = (alias: string): string =>
      `lower(${alias}number || ' ' || coalesce(${alias}email, '') || ' ' || coalesce(${alias}customer_name, ''))`;
    await runner.query(`create index orders_words on orders.orders using gin (tenant_id, (${words('')}) gin_trgm_ops)`);
    await searchable(runner, 'orders.orders');
    await runner.query(`create function orders.search_orders(phrase text, most int)
      returns table (id uuid) language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
        select o.id from orders.orders o
        where o.tenant_id = (select kernel.tenant_id()) and ${words('o.')} like '%' || phrase || '%'
        order by o.placed_at desc, o.id desc limit most
      $$`);
    await runner.query(`revoke execute on function orders.search_orders(text, int) from public`);
    await runner.query(`grant execute on function orders.search_orders(text, int) to mainstay_app`);
    await runner.query(`grant create on schema orders to mainstay_search`);
    await runner.query(`alter function orders.search_orders(text, int) owner to mainstay_search`);
    await runner.query(`revoke create on schema orders from mainstay_search`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop function orders.search_orders(text, int)`);
    await runner.query(`drop policy search on orders.orders`);
    await runner.query(`revoke select on orders.orders from mainstay_search`);
    await runner.query(`drop index orders.orders_words, orders.orders_buyers, orders.orders_sold, orders.carts_created,
      orders.order_lines_sku, orders.orders_total, orders.orders_fulfilment_status, orders.orders_payment_status`);
  }
}
