import type { MigrationInterface, QueryRunner } from 'typeorm';
import { tenantTable } from '../src/kernel/database/migration-kit';

/**
 * What sealed journals moved on each account, by day (UTC) and by what reports tell apart: reports over years read a row
 * for thousands of postings. Written by the sealer in the transaction that takes a journal out of `ledger.unsealed`, so
 * that the totals and the journals that still wait there are the whole journal in any one statement.
 */
export class LedgerDayTotals1764002850000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await tenantTable(
      runner,
      'ledger.day_totals',
      `account_id uuid not null, day date not null, purpose text not null, sku text not null default '',
       channel text not null default '', country text not null default '', provider text not null default '',
       product text, debits bigint not null check (debits >= 0), credits bigint not null check (credits >= 0),
       unique (tenant_id, account_id, day, purpose, sku, channel, country, provider),
       foreign key (tenant_id, account_id) references ledger.accounts (tenant_id, id)`,
      { grants: ['select', 'insert', 'update'], suffix: 'with (fillfactor = 80)' },
    );
    // The owner is not above the wall: it is let down for what was sealed before.
    await runner.query(`alter table ledger.day_totals no force row level security`);
    await runner.query(`insert into ledger.day_totals (tenant_id, id, account_id, day, purpose, sku, channel, country, provider, product, debits, credits)
      select j.tenant_id, kernel.uuidv7(), p.account_id, (j.effective_at at time zone 'UTC')::date, j.purpose,
        coalesce(p.dimensions->>'sku', ''), coalesce(p.dimensions->>'channel', ''), coalesce(p.dimensions->>'country', ''),
        coalesce(p.dimensions->>'provider', ''), max(p.dimensions->>'product'),
        sum(greatest(p.amount, 0)), sum(greatest(-p.amount, 0))
      from ledger.seals s
        join ledger.journals j on j.tenant_id = s.tenant_id and j.id = s.id
        join ledger.postings p on p.tenant_id = j.tenant_id and p.journal_id = j.id
      where j.kind in ('posted', 'post')
      group by j.tenant_id, p.account_id, (j.effective_at at time zone 'UTC')::date, j.purpose,
        coalesce(p.dimensions->>'sku', ''), coalesce(p.dimensions->>'channel', ''), coalesce(p.dimensions->>'country', ''),
        coalesce(p.dimensions->>'provider', '')`);
    await runner.query(`alter table ledger.day_totals force row level security`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop table ledger.day_totals`);
  }
}
