import type { MigrationInterface, QueryRunner } from 'typeorm';
import { tenantTable, wall } from '../src/kernel/database/migration-kit';

const SOLD = (row: string): string =>
  `(${row}.payment_status = 'paid' and ${row}.cancelled_at is null and ${row}.placed_at is not null)`;

/** What a sale is counted by; a change of any of them changes the figures of its day. */
const COUNTED =
  `placed_at currency channel customer_id email customer_name subtotal discount_total shipping_total tax_total
  total refunded_total uncollected_total source_hash lines_changed_at`.split(/\s+/);
const counted = (row: string): string => `(${COUNTED.map((column) => `${row}.${column}`).join(', ')})`;

/**
 * Sales, added up by day, month, year and in all. A day whose orders change is marked in the commit that changes them;
 * marked days and those since the last folding are counted from the orders themselves, so that every answer is what a
 * recount says. Folding recounts whole marked days.
 */
export class OrdersSalesRollups1764002470000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    // Rows are found and written by what they count, and by nothing else.
    await runner.query(`create table orders.sales_rollups (
      tenant_id uuid not null, dimension text not null check (dimension in ('channel', 'product', 'category', 'customer')),
      grain text not null check (grain in ('day', 'month', 'year', 'all')), period date not null, currency text not null,
      key text not null, orders bigint not null, quantity bigint not null, gross bigint not null, net bigint not null,
      shipping bigint not null, subtotal bigint not null, discount bigint not null, tax bigint not null, total bigint not null,
      reduced bigint not null, primary key (tenant_id, dimension, grain, period, currency, key))`);
    await wall(runner, 'orders.sales_rollups');
    await runner.query(`grant select, insert, update, delete on orders.sales_rollups to mainstay_app`);
    await runner.query(`create index sales_rollups_best on orders.sales_rollups
      (tenant_id, dimension, grain, period, currency, net desc, key) where dimension <> 'channel'`);
    await runner.query(
      `create index sales_rollups_empty on orders.sales_rollups (tenant_id, dimension) where orders = 0`,
    );
    await runner.query(`comment on column orders.sales_rollups.key is 'pii:email'`);
    // The name under which a product, category or customer was last counted.
    await runner.query(`create table orders.sales_labels (
      tenant_id uuid not null, dimension text not null, key text not null, label text not null, seen date not null,
      primary key (tenant_id, dimension, key))`);
    await wall(runner, 'orders.sales_labels');
    await runner.query(`grant select, insert, update, delete on orders.sales_labels to mainstay_app`);
    await runner.query(`comment on column orders.sales_labels.key is 'pii:email'`);
    await runner.query(`comment on column orders.sales_labels.label is 'pii:name'`);
    // Appended and never shared: two orders of one day do not wait for each other.
    await tenantTable(runner, 'orders.sales_marks', `day date not null`);
    await runner.query(`create index sales_marks_day on orders.sales_marks (tenant_id, day)`);
    await runner.query(`create index sales_marks_due on orders.sales_marks (day, tenant_id)`);
    // One row a shop, its id the tenant's: all days before `until` are folded, or marked.
    await tenantTable(
      runner,
      'orders.sales_folds',
      `until date not null, asked_at timestamptz not null, constraint sales_folds_one check (id = tenant_id)`,
    );
    await runner.query(`alter table orders.orders add column lines_changed_at timestamptz`);
    await this.marks(runner);
    await this.due(runner);
  }

  private async marks(runner: QueryRunner): Promise<void> {
    const day = (row: string): string => `(${row}.placed_at at time zone 'UTC')::date`;
    await runner.query(`create function orders.mark_sales() returns trigger language plpgsql as $$
      begin
        if tg_op <> 'INSERT' and ${SOLD('old')} then
          insert into orders.sales_marks (tenant_id, id, day) values (old.tenant_id, gen_random_uuid(), ${day('old')});
          if tg_op = 'UPDATE' and ${day('new')} is not distinct from ${day('old')} then return null; end if;
        end if;
        if tg_op <> 'DELETE' and ${SOLD('new')} then
          insert into orders.sales_marks (tenant_id, id, day) values (new.tenant_id, gen_random_uuid(), ${day('new')});
        end if;
        return null;
      end $$`);
    await runner.query(`create trigger mark_changed_sale after update on orders.orders for each row
      when (${SOLD('old')} is distinct from ${SOLD('new')}
        or (${SOLD('new')} and ${counted('old')} is distinct from ${counted('new')})) execute function orders.mark_sales()`);
    await runner.query(`create trigger mark_new_sale after insert on orders.orders for each row
      when (${SOLD('new')}) execute function orders.mark_sales()`);
    await runner.query(`create trigger mark_gone_sale after delete on orders.orders for each row
      when (${SOLD('old')}) execute function orders.mark_sales()`);
  }

  /** Which shops have whole days to fold, each once an hour; asked by workers, for all shops at once. */
  private async due(runner: QueryRunner): Promise<void> {
    await runner.query(`create function orders.shops_to_fold(most int) returns table (tenant_id uuid)
      language sql stable security definer set search_path = pg_catalog as $$
        select distinct m.tenant_id from orders.sales_marks m
        left join orders.sales_folds f on f.tenant_id = m.tenant_id and f.id = m.tenant_id
        where m.day < (kernel.now() at time zone 'UTC')::date
          and (f.id is null or f.asked_at not between kernel.now() - interval '1 hour' and kernel.now()) limit most $$`);
    await runner.query(`revoke execute on function orders.shops_to_fold(int) from public`);
    await runner.query(`grant execute on function orders.shops_to_fold(int) to mainstay_app`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop trigger mark_changed_sale on orders.orders`);
    await runner.query(`drop trigger mark_new_sale on orders.orders`);
    await runner.query(`drop trigger mark_gone_sale on orders.orders`);
    await runner.query(`drop function orders.mark_sales(), orders.shops_to_fold(int)`);
    await runner.query(`alter table orders.orders drop column lines_changed_at`);
    await runner.query(`drop table orders.sales_folds, orders.sales_marks, orders.sales_labels, orders.sales_rollups`);
  }
}
