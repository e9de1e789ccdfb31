import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Who has credit of which the end is to be told, from a tenant on: rounds go on where the last one ended, so that however
 * many are due, each has its turn. Credit that is spent or promised ends without a word.
 */
export class LedgerTenantsToRemind1764003091200 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`drop function ledger.tenants_to_remind(int, int)`);
    await this.make(
      runner,
      ['usual_days int', 'most int', 'after uuid'],
      'and c.tenant_id > after',
      'and c.balance > c.held',
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop function ledger.tenants_to_remind(int, int, uuid)`);
    await this.make(runner, ['usual_days int', 'most int'], '', '');
  }

  /** @param from where the walk over tenants begins @param worth what credit must be, besides, to be told of */
  private async make(runner: QueryRunner, params: string[], from: string, worth: string): Promise<void> {
    await runner.query(`create function ledger.tenants_to_remind(${params.join(', ')}) returns table (tenant_id uuid)
      language sql stable security definer set search_path = pg_catalog as $$
        with recursive tenants as (
          (select c.tenant_id from ledger.credits c where c.state = 'active' and c.expires_at is not null
             and c.told_for is distinct from c.expires_at ${from} order by c.tenant_id limit 1)
          union all
          select (select c.tenant_id from ledger.credits c where c.state = 'active' and c.expires_at is not null
             and c.told_for is distinct from c.expires_at and c.tenant_id > t.tenant_id order by c.tenant_id limit 1)
          from tenants t where t.tenant_id is not null)
        select t.tenant_id from tenants t
          left join ledger.gift_card_rules g on g.tenant_id = t.tenant_id
          left join ledger.store_credit_rules s on s.tenant_id = t.tenant_id
        where t.tenant_id is not null and exists (select from ledger.credits c
          where c.tenant_id = t.tenant_id and c.state = 'active' ${worth} and c.told_for is distinct from c.expires_at
            and c.expires_at > kernel.now() and c.expires_at <= kernel.now() + make_interval(days => greatest(
              case when g.id is null then usual_days else g.remind_days end,
              case when s.id is null then usual_days else s.remind_days end)))
        limit most $$`);
    const types = params.map((param) => param.split(' ')[1]).join(', ');
    await runner.query(`revoke execute on function ledger.tenants_to_remind(${types}) from public`);
    await runner.query(`grant execute on function ledger.tenants_to_remind(${types}) to mainstay_app`);
  }
}
