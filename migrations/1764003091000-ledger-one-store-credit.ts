import type { MigrationInterface, QueryRunner } from 'typeorm';

const ACTIVE = `kind = 'store_credit' and state = 'active'`;

/**
 * A customer has one store credit in a currency: what merged customers, or two that were given at once, left as two is one
 * from now on. Which end of a credit its owner was told of is kept with it, so that what is to be told is looked for.
 */
export class LedgerOneStoreCredit1764003091000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`lock table ledger.credits in share row exclusive mode`);
    await this.states(runner, `, 'merged'`);
    await runner.query(`alter table ledger.credits add column told_for timestamptz`);
    await this.fold(runner);
    await runner.query(
      `create unique index credits_one_of_customer on ledger.credits (tenant_id, customer_id, currency) where ${ACTIVE}`,
    );
    await runner.query(`create index credits_to_tell on ledger.credits (tenant_id, expires_at)
      where state = 'active' and expires_at is not null and told_for is distinct from expires_at`);
    await this.due(runner);
  }

  /** The oldest keeps its id, and takes the others' balances, promises to orders and the latest end. */
  private async fold(runner: QueryRunner): Promise<void> {
    const tables = ['credits', 'credit_entries', 'credit_holds'];
    for (const table of tables) await runner.query(`alter table ledger.${table} no force row level security`);
    await runner.query(`create temp table credit_folds on commit drop as
      select tenant_id, id as from_id, into_id, balance, held, expires_at from (
        select c.*, first_value(c.id) over (partition by c.tenant_id, c.customer_id, c.currency order by c.id) as into_id
        from ledger.credits c where ${ACTIVE}) c
      where id <> into_id`);
    // An order that two of a customer's credits are promised to has one promise of their sum.
    await runner.query(`create temp table hold_folds on commit drop as
      select h.tenant_id, h.id, f.into_id, h.amount,
        first_value(h.id) over (partition by h.tenant_id, h.reference_type, h.reference_id, f.into_id order by h.credit_id <> f.into_id, h.id) as kept
      from ledger.credit_holds h
      join (select tenant_id, from_id, into_id from credit_folds
        union select tenant_id, into_id, into_id from credit_folds) f on f.tenant_id = h.tenant_id and f.from_id = h.credit_id
      where h.state = 'held'`);
    await runner.query(`update ledger.credit_holds h set state = 'released' from hold_folds f
      where f.tenant_id = h.tenant_id and f.id = h.id and f.id <> f.kept`);
    await runner.query(`update ledger.credit_holds h set credit_id = f.into_id, amount = f.amount
      from (select tenant_id, kept, into_id, sum(amount) as amount from hold_folds group by tenant_id, kept, into_id) f
      where f.tenant_id = h.tenant_id and f.kept = h.id`);
    await runner.query(`update ledger.credits c set balance = 0, held = 0, state = 'merged', updated_at = kernel.now()
      from credit_folds f where f.tenant_id = c.tenant_id and f.from_id = c.id`);
    await runner.query(`update ledger.credits c set balance = c.balance + f.balance, held = c.held + f.held, updated_at = kernel.now(),
        expires_at = case when c.expires_at is null or f.lasts then null else greatest(c.expires_at, f.expires_at) end
      from (select tenant_id, into_id, sum(balance) as balance, sum(held) as held, bool_or(expires_at is null) as lasts,
          max(expires_at) as expires_at from credit_folds group by tenant_id, into_id) f
      where f.tenant_id = c.tenant_id and f.into_id = c.id`);
    await runner.query(`insert into ledger.credit_entries (tenant_id, id, credit_id, kind, amount, balance_after, at)
      select tenant_id, kernel.uuidv7(), from_id, 'merged', -balance, 0, kernel.now() from credit_folds where balance > 0
      union all
      select f.tenant_id, kernel.uuidv7(), f.into_id, 'merged', f.balance, c.balance, kernel.now()
      from (select tenant_id, into_id, sum(balance) as balance from credit_folds group by tenant_id, into_id) f
      join ledger.credits c on c.tenant_id = f.tenant_id and c.id = f.into_id where f.balance > 0`);
    for (const table of tables) await runner.query(`alter table ledger.${table} force row level security`);
  }

  /** Which tenants have credit that ends soon and nobody told of; asked by workers, for all tenants at once. */
  private async due(runner: QueryRunner): Promise<void> {
    await runner.query(`create function ledger.tenants_to_remind(usual_days int, most int) returns table (tenant_id uuid)
      language sql stable security definer set search_path = pg_catalog as $$
        with recursive tenants as (
          (select c.tenant_id from ledger.credits c where c.state = 'active' and c.expires_at is not null
             and c.told_for is distinct from c.expires_at order by c.tenant_id limit 1)
          union all
          select (select c.tenant_id from ledger.credits c where c.state = 'active' and c.expires_at is not null
             and c.told_for is distinct from c.expires_at and c.tenant_id > t.tenant_id order by c.tenant_id limit 1)
          from tenants t where t.tenant_id is not null)
        select t.tenant_id from tenants t
          left join ledger.gift_card_rules g on g.tenant_id = t.tenant_id
          left join ledger.store_credit_rules s on s.tenant_id = t.tenant_id
        where t.tenant_id is not null and exists (select from ledger.credits c
          where c.tenant_id = t.tenant_id and c.state = 'active' and c.told_for is distinct from c.expires_at
            and c.expires_at > kernel.now() and c.expires_at <= kernel.now() + make_interval(days => greatest(
              case when g.id is null then usual_days else g.remind_days end,
              case when s.id is null then usual_days else s.remind_days end)))
        limit most $$`);
    await runner.query(`revoke execute on function ledger.tenants_to_remind(int, int) from public`);
    await runner.query(`grant execute on function ledger.tenants_to_remind(int, int) to mainstay_app`);
  }

  private async states(runner: QueryRunner, more: string): Promise<void> {
    await runner.query(`alter table ledger.credits drop constraint credits_state_check,
      add constraint credits_state_check check (state in ('active', 'expired', 'voided'${more}))`);
    await runner.query(`alter table ledger.credit_entries drop constraint credit_entries_kind_check,
      add constraint credit_entries_kind_check
        check (kind in ('issued', 'redeemed', 'refunded', 'expired', 'voided'${more}))`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop function ledger.tenants_to_remind(int, int)`);
    await runner.query(`drop index ledger.credits_to_tell, ledger.credits_one_of_customer`);
    await runner.query(`alter table ledger.credits drop column told_for`);
    for (const table of ['credits', 'credit_entries'])
      await runner.query(`alter table ledger.${table} no force row level security`);
    await runner.query(`update ledger.credits set state = 'voided' where state = 'merged'`);
    await runner.query(
      `update ledger.credit_entries set kind = case when amount > 0 then 'issued' else 'voided' end where kind = 'merged'`,
    );
    for (const table of ['credits', 'credit_entries'])
      await runner.query(`alter table ledger.${table} force row level security`);
    await this.states(runner, '');
  }
}
