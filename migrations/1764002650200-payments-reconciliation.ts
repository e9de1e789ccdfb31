import type { MigrationInterface, QueryRunner } from 'typeorm';
import { tenantTable } from '../src/kernel/database/migration-kit';

/** What providers report of their balance, and how it compares with what is known here. */
export class PaymentsReconciliation1764002650200 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table payments.gateways add reconciled_daily_since timestamptz`);
    await runner.query(`create index refunds_by_provider_id on payments.refunds (tenant_id, provider_refund_id)
      where provider_refund_id is not null`);
    await runner.query(`create index attempts_by_settlement on payments.attempts (tenant_id, gateway_id, settled_at)
      where captured > 0`);
    await tenantTable(
      runner,
      'payments.settlement_entries',
      `gateway_id uuid not null,
       provider_entry_id text not null,
       type text not null check (type in ('charge', 'refund', 'dispute', 'fee', 'payout', 'other')),
       provider_payment_id text,
       attempt_id uuid,
       object_id text,
       amount bigint not null,
       fee bigint not null,
       currency char(3) not null,
       at timestamptz not null,
       unique (tenant_id, gateway_id, provider_entry_id),
       foreign key (tenant_id, gateway_id) references payments.gateways (tenant_id, id)`,
      { grants: ['select', 'insert'] },
    );
    await runner.query(
      `create index settlement_entries_by_time on payments.settlement_entries (tenant_id, gateway_id, at)`,
    );
    await runner.query(`create index settlement_entries_payouts on payments.settlement_entries (tenant_id, at, id)
      where type = 'payout'`);
    await runner.query(
      `create index settlement_entries_by_object on payments.settlement_entries (tenant_id, gateway_id, object_id)`,
    );
    await runner.query(`create index settlement_entries_by_payment
      on payments.settlement_entries (tenant_id, gateway_id, provider_payment_id)`);
    await tenantTable(
      runner,
      'payments.reconciliations',
      `gateway_id uuid not null,
       period_from timestamptz not null,
       period_to timestamptz not null,
       state text not null check (state in ('running', 'done', 'failed')),
       runs int not null default 0,
       last_error text,
       created_at timestamptz not null,
       finished_at timestamptz,
       check (period_from < period_to),
       unique (tenant_id, gateway_id, period_from, period_to),
       foreign key (tenant_id, gateway_id) references payments.gateways (tenant_id, id)`,
      { grants: ['select', 'insert', 'update'] },
    );
    await runner.query(`create index reconciliations_by_time on payments.reconciliations (tenant_id, period_from, id)`);
    await tenantTable(
      runner,
      'payments.reconciliation_rows',
      `reconciliation_id uuid not null,
       key text not null,
       status text not null check (status in ('matched', 'missing_here', 'missing_there', 'amount_differs')),
       kind text not null check (kind in ('charge', 'refund', 'dispute')),
       provider_entry_id text,
       provider_object_id text,
       intent_id uuid,
       expected bigint,
       reported bigint,
       currency char(3) not null,
       at timestamptz not null,
       note text,
       resolved_at timestamptz,
       resolved_by uuid,
       unique (tenant_id, reconciliation_id, key),
       foreign key (tenant_id, reconciliation_id) references payments.reconciliations (tenant_id, id)`,
    );
    await runner.query(`comment on column payments.reconciliation_rows.note is 'pii:text'`);
    await runner.query(
      `create index reconciliation_rows_by_time on payments.reconciliation_rows (tenant_id, reconciliation_id, at, id)`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['reconciliation_rows', 'reconciliations', 'settlement_entries'])
      await runner.query(`drop table payments.${table}`);
    await runner.query('drop index payments.refunds_by_provider_id, payments.attempts_by_settlement');
    await runner.query('alter table payments.gateways drop reconciled_daily_since');
  }
}
