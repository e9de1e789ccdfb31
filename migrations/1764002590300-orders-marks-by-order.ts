import type { MigrationInterface, QueryRunner } from 'typeorm';

const SOLD = (row: string): string =>
  `(${row}.payment_status = 'paid' and ${row}.cancelled_at is null and ${row}.placed_at is not null)`;
const DAY = (row: string): string => `(${row}.placed_at at time zone 'UTC')::date`;
const TODAY = `(kernel.now() at time zone 'UTC')::date`;

/** What of an order and its lines figures are made of. */
const OF_ORDER =
  `id placed_at currency channel customer_id email subtotal discount_total shipping_total tax_total total refunded_total
  uncollected_total`.split(/\s+/);
const OF_LINE = ['product_id', 'sku', 'category_id', 'category_name', 'quantity', 'unit_price', 'total'];
/** An address is who ordered for guests alone, and kept of no others. */
const valueOf = (row: string, column: string): string =>
  column === 'email' ? `case when ${row}.customer_id is null then ${row}.email end` : `${row}.${column}`;
const json = (row: string, columns: string[]): string =>
  `jsonb_build_object(${columns.map((column) => `'${column}', ${valueOf(row, column)}`).join(', ')})`;

const MARKS = (
  values: string,
): string => `create or replace function orders.mark_sales() returns trigger language plpgsql as $$
  ${values} $$`;

/** The same for each shop: due once an hour, and after two minutes where much is to be counted live meanwhile. */
const shopsToFold = (sales: string, wait: string): string => `create or replace function orders.shops_to_fold(most int)
  returns table (tenant_id uuid) language sql stable security definer set search_path = pg_catalog as $$
    select distinct m.tenant_id from (
      ${sales}
      union all
      select g.tenant_id, count(*) >= 50 from orders.funnel_marks g
      where g.begun_at < ((${TODAY} - 31)::timestamp at time zone 'UTC') group by g.tenant_id
    ) m left join orders.sales_folds f on f.tenant_id = m.tenant_id and f.id = m.tenant_id
    where f.id is null or f.asked_at not between kernel.now() - ${wait} and kernel.now() limit most $$`;

/**
 * A sale that changes is marked itself, with what it came to before, so that a report counts the marked orders and not all
 * of their day, and today can be folded as any other day. A mark without an order stands for the whole day, as before.
 */
export class OrdersMarksByOrder1764002590300 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table orders.sales_marks add column order_id uuid, add column order_before jsonb,
      add column seq bigint generated always as identity`);
    await runner.query(`comment on column orders.sales_marks.order_before is 'pii:email'`);
    await runner.query(`create index sales_marks_order on orders.sales_marks (tenant_id, day, order_id, seq)`);
    await runner.query(`drop index orders.sales_marks_day, orders.sales_marks_due`);
    await runner.query(
      MARKS(`declare
        lines jsonb;
      begin
        if tg_op = 'INSERT' or (tg_op = 'UPDATE' and not ${SOLD('old')}) then
          insert into orders.sales_marks (tenant_id, id, day, order_id) values (new.tenant_id, gen_random_uuid(), ${DAY('new')}, new.id);
        elsif tg_op = 'UPDATE' and (old.placed_at, old.source_hash, old.lines_changed_at)
            is not distinct from (new.placed_at, new.source_hash, new.lines_changed_at) then
          select jsonb_agg(${json('l', OF_LINE)}) into lines from orders.order_lines l
            where l.tenant_id = old.tenant_id and l.order_id = old.id;
          insert into orders.sales_marks (tenant_id, id, day, order_id, order_before) values (old.tenant_id, gen_random_uuid(), ${DAY('old')},
            old.id, ${json('old', OF_ORDER)} || jsonb_build_object('lines', lines));
        else
          -- Its lines are others by now: nobody knows what was counted of it.
          insert into orders.sales_marks (tenant_id, id, day) values (old.tenant_id, gen_random_uuid(), ${DAY('old')});
          if tg_op = 'UPDATE' and ${SOLD('new')} and ${DAY('new')} <> ${DAY('old')} then
            insert into orders.sales_marks (tenant_id, id, day) values (new.tenant_id, gen_random_uuid(), ${DAY('new')});
          end if;
        end if;
        return null;
      end`),
    );
    // The release before counts days, and takes marks away that say by how much an order changed. Its jobs fail, and are tried again
    // until a worker of this one takes them; what it reads stays right.
    await runner.query(`create function orders.keep_sales_marks() returns trigger language plpgsql as $$
      begin
        if current_setting('app.sales_folded_by', true) is distinct from 'order' then
          raise exception 'sales are added up by order' using errcode = 'object_not_in_prerequisite_state';
        end if;
        return null;
      end $$`);
    await runner.query(`create trigger keep_sales_marks before delete on orders.sales_marks
      for each statement execute function orders.keep_sales_marks()`);
    await runner.query(
      shopsToFold(
        'select s.tenant_id, count(*) >= 50 or bool_or(s.order_id is null) as much from orders.sales_marks s group by s.tenant_id',
        `case when m.much then interval '2 minutes' else interval '1 hour' end`,
      ),
    );
  }

  /** What is folded of today stays: for the release before it is a day that may be marked, as others are. */
  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      shopsToFold(`select s.tenant_id, true from orders.sales_marks s where s.day < ${TODAY}`, `interval '1 hour'`),
    );
    await runner.query(`drop trigger keep_sales_marks on orders.sales_marks`);
    await runner.query(`drop function orders.keep_sales_marks()`);
    await runner.query(
      MARKS(`begin
        if tg_op <> 'INSERT' and ${SOLD('old')} then
          insert into orders.sales_marks (tenant_id, id, day) values (old.tenant_id, gen_random_uuid(), ${DAY('old')});
          if tg_op = 'UPDATE' and ${DAY('new')} is not distinct from ${DAY('old')} then return null; end if;
        end if;
        if tg_op <> 'DELETE' and ${SOLD('new')} then
          insert into orders.sales_marks (tenant_id, id, day) values (new.tenant_id, gen_random_uuid(), ${DAY('new')});
        end if;
        return null;
      end`),
    );
    await runner.query(`create index sales_marks_day on orders.sales_marks (tenant_id, day)`);
    await runner.query(`create index sales_marks_due on orders.sales_marks (day, tenant_id)`);
    await runner.query(
      `alter table orders.sales_marks drop column order_id, drop column order_before, drop column seq`,
    );
  }
}
