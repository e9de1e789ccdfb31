import type { MigrationInterface, QueryRunner } from 'typeorm';

const TODAY = `(kernel.now() at time zone 'UTC')::date`;
const MIDNIGHT = (day: string): string => `(${day}::timestamp at time zone 'UTC')`;
/** Carts of which changes are marked: those of days that are over, and so may be added up. */
const OVER = (row: string): string => `${row}.created_at < ${MIDNIGHT(TODAY)}`;
const OLD = (row: string): string => `${row}.created_at < kernel.now() - interval '30 days'`;

const markCart = (
  gone: string,
): string => `create or replace function orders.mark_cart() returns trigger language plpgsql as $$
  begin
    if tg_op = 'DELETE' then
      insert into orders.funnel_marks (tenant_id, id, begun_at, carts, filled)
      select old.tenant_id, gen_random_uuid(), old.created_at, 1,
        exists (select from orders.cart_lines l where l.tenant_id = old.tenant_id and l.cart_id = old.id)::int;
      ${gone}
      return old;
    end if;
    insert into orders.funnel_marks (tenant_id, id, begun_at) values (new.tenant_id, gen_random_uuid(), new.created_at);
    return null;
  end $$`;

const markPaidCart = (
  old: (row: string) => string,
): string => `create or replace function orders.mark_paid_cart() returns trigger
  language plpgsql as $$
    begin
      insert into orders.funnel_marks (tenant_id, id, begun_at)
      select c.tenant_id, gen_random_uuid(), c.created_at from orders.carts c
      where c.tenant_id = new.tenant_id and c.id = new.cart_id and ${old('c')};
      return null;
    end $$`;

const shopsToFold = (carts: string): string => `create or replace function orders.shops_to_fold(most int)
  returns table (tenant_id uuid) language sql stable security definer set search_path = pg_catalog as $$
    select distinct m.tenant_id from (
      select s.tenant_id, count(*) >= 50 or bool_or(s.order_id is null) as much from orders.sales_marks s group by s.tenant_id
      union all
      select g.tenant_id, count(*) >= 50 from orders.funnel_marks g where ${carts} group by g.tenant_id
    ) m left join orders.sales_folds f on f.tenant_id = m.tenant_id and f.id = m.tenant_id
    where f.id is null
      or f.asked_at not between kernel.now() - case when m.much then interval '2 minutes' else interval '1 hour' end and kernel.now()
    limit most $$`;

/**
 * Carts are added up an hour after their day, not after a month. What is gone stays in its mark, by the moment, for as long as
 * carts are told by the moment: so a cart that goes leaves a second mark, by which its day is counted anew.
 */
export class OrdersFunnelDays1764002590400 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    // Days from `until` to `recent` are folded or marked too, but for what is gone of them. The release before reads and writes the
    // days before `until`, as it did.
    await runner.query(`alter table orders.funnel_folds add column recent date not null default '-infinity'`);
    await runner.query(`create function orders.forget_recent_carts() returns trigger language plpgsql as $$
      begin
        new.recent := '-infinity';
        return new;
      end $$`);
    await runner.query(`create trigger forget_recent_carts before update of until on orders.funnel_folds for each row
      when (new.until = '-infinity') execute function orders.forget_recent_carts()`);
    await runner.query(
      markCart(
        `insert into orders.funnel_marks (tenant_id, id, begun_at) values (old.tenant_id, gen_random_uuid(), old.created_at);`,
      ),
    );
    await runner.query(markPaidCart(OVER));
    await this.markChanged(runner, OVER('new'));
    await runner.query(
      shopsToFold(
        `g.begun_at < ${MIDNIGHT(`(${TODAY} - 31)`)} or (g.carts = 0 and g.begun_at < ${MIDNIGHT(
          `(kernel.now() at time zone 'UTC' - interval '1 hour')::date`,
        )})`,
      ),
    );
  }

  private async markChanged(runner: QueryRunner, when: string): Promise<void> {
    await runner.query(`create or replace trigger mark_old_cart after insert or update on orders.carts for each row
      when (${when}) execute function orders.mark_cart()`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(shopsToFold(`g.begun_at < ${MIDNIGHT(`(${TODAY} - 31)`)}`));
    await this.markChanged(runner, OLD('new'));
    await runner.query(markPaidCart(OLD));
    await runner.query(markCart(''));
    await runner.query(`drop trigger forget_recent_carts on orders.funnel_folds`);
    await runner.query(`drop function orders.forget_recent_carts()`);
    await runner.query(`alter table orders.funnel_folds drop column recent`);
  }
}
