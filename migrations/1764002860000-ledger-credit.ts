import type { MigrationInterface, QueryRunner } from 'typeorm';
import { tenantTable } from '../src/kernel/database/migration-kit';

/**
 * Gift cards and store credit: what the shop owes in goods, by card or customer. `balance` is never below what is held for
 * orders that are not paid yet, and each change of it has its entry, which is only ever added.
 */
export class LedgerCredit1764002860000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await tenantTable(
      runner,
      'ledger.credits',
      `kind text not null check (kind in ('gift_card', 'store_credit')), currency char(3) not null,
       balance bigint not null check (balance >= 0), held bigint not null default 0,
       state text not null check (state in ('active', 'expired', 'voided')), origin text not null check (origin in ('given', 'paid', 'order', 'refund')),
       customer_id uuid, code_hash bytea, tail text, recipient text, note text, order_id uuid,
       expires_at timestamptz, created_by uuid, created_at timestamptz not null, updated_at timestamptz not null,
       constraint credits_held check (held between 0 and balance),
       constraint credits_code check ((kind = 'gift_card') = (code_hash is not null) and (code_hash is null) = (tail is null)),
       constraint credits_customer check (kind = 'gift_card' or customer_id is not null),
       unique (tenant_id, code_hash)`,
      { grants: ['select', 'insert', 'update'] },
    );
    await runner.query(`comment on column ledger.credits.recipient is 'pii:email'`);
    await runner.query(`comment on column ledger.credits.note is 'pii:text'`);
    await runner.query(`create index credits_by_kind on ledger.credits (tenant_id, kind, created_at, id)`);
    await runner.query(
      `create index credits_by_customer on ledger.credits (tenant_id, customer_id, id) where customer_id is not null`,
    );
    await tenantTable(
      runner,
      'ledger.credit_entries',
      `credit_id uuid not null, kind text not null check (kind in ('issued', 'redeemed', 'refunded', 'expired', 'voided')),
       amount bigint not null check (amount <> 0), balance_after bigint not null check (balance_after >= 0),
       reference_type text, reference_id uuid, actor_id uuid, note text, at timestamptz not null,
       foreign key (tenant_id, credit_id) references ledger.credits (tenant_id, id)`,
      { grants: ['select', 'insert'] },
    );
    await runner.query(`comment on column ledger.credit_entries.note is 'pii:text'`);
    await runner.query(`create index credit_entries_of on ledger.credit_entries (tenant_id, credit_id, id)`);
    await tenantTable(
      runner,
      'ledger.credit_holds',
      `credit_id uuid not null, reference_type text not null, reference_id uuid not null, position int not null,
       amount bigint not null check (amount > 0), refunded bigint not null default 0,
       state text not null check (state in ('held', 'redeemed', 'released')), created_at timestamptz not null,
       constraint credit_holds_refunded check (refunded between 0 and case when state = 'redeemed' then amount else 0 end),
       unique (tenant_id, reference_type, reference_id, credit_id),
       foreign key (tenant_id, credit_id) references ledger.credits (tenant_id, id)`,
      { grants: ['select', 'insert', 'update'] },
    );
    await runner.query(
      `create index credit_holds_open on ledger.credit_holds (tenant_id, credit_id) where state = 'held'`,
    );
    await tenantTable(
      runner,
      'ledger.gift_card_rules',
      `valid_days int check (valid_days between 1 and 36500), updated_at timestamptz not null`,
    );
    await tenantTable(
      runner,
      'ledger.code_tries',
      `hour timestamptz not null, wrong int not null check (wrong > 0), key bytea not null, unique (tenant_id, key)`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['code_tries', 'gift_card_rules', 'credit_holds', 'credit_entries', 'credits'])
      await runner.query(`drop table ledger.${table}`);
  }
}
