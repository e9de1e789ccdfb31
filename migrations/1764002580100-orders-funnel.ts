import type { MigrationInterface, QueryRunner } from 'typeorm';
import { tenantTable, wall } from '../src/kernel/database/migration-kit';

/** Carts begun earlier may be forgotten, and so are added up; the others are counted as they are. */
const OLD = (row: string): string => `${row}.created_at < kernel.now() - interval '30 days'`;
const TODAY = `(kernel.now() at time zone 'UTC')::date`;

const shopsToFold = (marked: string): string => `create or replace function orders.shops_to_fold(most int)
  returns table (tenant_id uuid) language sql stable security definer set search_path = pg_catalog as $$
    select distinct m.tenant_id from ${marked}
    left join orders.sales_folds f on f.tenant_id = m.tenant_id and f.id = m.tenant_id
    where m.day < ${TODAY}
      and (f.id is null or f.asked_at not between kernel.now() - interval '1 hour' and kernel.now()) limit most $$`;

/**
 * Carts by the day on which they were begun, added up once they are old enough to be forgotten: how many had a line, were
 * ordered, and were paid. A cart leaves a mark that counts it in the commit that deletes it, and a changed old one a mark
 * that has its day counted anew, so that every answer is what a recount says of all carts that there ever were.
 */
export class OrdersFunnel1764002580100 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    // What the day came to when it was folded; of these, those whose carts are gone, and cannot be counted again.
    await runner.query(`create table orders.funnel_days (
      tenant_id uuid not null, day date not null, carts bigint not null, filled bigint not null, checked_out bigint not null,
      paid bigint not null, gone_carts bigint not null, gone_filled bigint not null,
      constraint funnel_days_steps check (carts >= filled and filled >= checked_out and checked_out >= paid and paid >= 0),
      constraint funnel_days_gone check (gone_carts >= gone_filled and gone_filled >= 0),
      primary key (tenant_id, day))`);
    await wall(runner, 'orders.funnel_days');
    await runner.query(`grant select, insert, update on orders.funnel_days to mainstay_app`);
    // Appended and never shared: two carts of one day do not wait for each other.
    await tenantTable(
      runner,
      'orders.funnel_marks',
      `begun_at timestamptz not null, carts int not null default 0, filled int not null default 0`,
    );
    await runner.query(`create index funnel_marks_begun on orders.funnel_marks (tenant_id, begun_at)`);
    await runner.query(`create index funnel_marks_due on orders.funnel_marks (begun_at, tenant_id)`);
    // The routine that deletes carts of all shops marks them as the owner.
    await runner.query(
      `create policy retention_insert on orders.funnel_marks for insert to current_user with check (true)`,
    );
    // One row a shop, its id the tenant's: all days before `until` are folded, or marked; of carts begun before `since` some
    // were forgotten uncounted.
    await tenantTable(
      runner,
      'orders.funnel_folds',
      `until date not null, since timestamptz not null, constraint funnel_folds_one check (id = tenant_id)`,
    );
    await runner.query(`create policy migrating on orders.funnel_folds for insert to current_user with check (true)`);
    await runner.query(`insert into orders.funnel_folds (tenant_id, id, until, since)
      select distinct c.tenant_id, c.tenant_id, '-infinity'::date, kernel.now() - interval '30 days' from orders.carts c`);
    await runner.query(`drop policy migrating on orders.funnel_folds`);
    await this.marks(runner);
    await runner.query(
      shopsToFold(`(select s.tenant_id, s.day from orders.sales_marks s
        union all
        select g.tenant_id, (g.begun_at at time zone 'UTC')::date from orders.funnel_marks g
        where g.begun_at < ((${TODAY} - 31)::timestamp at time zone 'UTC')) m`),
    );
  }

  private async marks(runner: QueryRunner): Promise<void> {
    await runner.query(`create function orders.mark_cart() returns trigger language plpgsql as $$
      begin
        if tg_op = 'DELETE' then
          insert into orders.funnel_marks (tenant_id, id, begun_at, carts, filled)
          select old.tenant_id, gen_random_uuid(), old.created_at, 1,
            exists (select from orders.cart_lines l where l.tenant_id = old.tenant_id and l.cart_id = old.id)::int;
          return old;
        end if;
        insert into orders.funnel_marks (tenant_id, id, begun_at) values (new.tenant_id, gen_random_uuid(), new.created_at);
        return null;
      end $$`);
    await runner.query(`create function orders.mark_paid_cart() returns trigger language plpgsql as $$
      begin
        insert into orders.funnel_marks (tenant_id, id, begun_at)
        select c.tenant_id, gen_random_uuid(), c.created_at from orders.carts c
        where c.tenant_id = new.tenant_id and c.id = new.cart_id and ${OLD('c')};
        return null;
      end $$`);
    // Before: its lines go with it.
    await runner.query(`create trigger mark_gone_cart before delete on orders.carts for each row
      when (old.merged_into is null and old.order_id is null) execute function orders.mark_cart()`);
    // Whoever changes lines writes the cart as well.
    await runner.query(`create trigger mark_old_cart after insert or update on orders.carts for each row
      when (${OLD('new')}) execute function orders.mark_cart()`);
    await runner.query(`create trigger mark_paid_cart after update of paid_at on orders.orders for each row
      when (new.cart_id is not null and (old.paid_at is null) is distinct from (new.paid_at is null))
      execute function orders.mark_paid_cart()`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(shopsToFold('orders.sales_marks m'));
    await runner.query(`drop trigger mark_paid_cart on orders.orders`);
    await runner.query(`drop trigger mark_old_cart on orders.carts`);
    await runner.query(`drop trigger mark_gone_cart on orders.carts`);
    await runner.query(`drop function orders.mark_cart(), orders.mark_paid_cart()`);
    await runner.query(`drop table orders.funnel_folds, orders.funnel_marks, orders.funnel_days`);
  }
}
