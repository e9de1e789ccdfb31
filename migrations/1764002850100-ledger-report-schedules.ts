import type { MigrationInterface, QueryRunner } from 'typeorm';
import { retention, tenantTable } from '../src/kernel/database/migration-kit';

/** Reports that are mailed by themselves: when, to whom, and what was sent for each period. */
export class LedgerReportSchedules1764002850100 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await tenantTable(
      runner,
      'ledger.report_schedules',
      `report text not null, group_by text[] not null default '{}', currency char(3), format text not null check (format in ('csv', 'pdf')),
       every text not null check (every in ('day', 'week', 'month', 'quarter', 'year')), day smallint not null check (day between 1 and 28),
       hour smallint not null check (hour between 0 and 23), time_zone text not null, enabled boolean not null,
       due_at timestamptz not null, version int not null default 1, created_at timestamptz not null, updated_at timestamptz not null`,
    );
    await tenantTable(
      runner,
      'ledger.report_recipients',
      `schedule_id uuid not null, email text not null, unsubscribed_at timestamptz,
       foreign key (tenant_id, schedule_id) references ledger.report_schedules (tenant_id, id) on delete cascade`,
    );
    await runner.query(`comment on column ledger.report_recipients.email is 'pii:email'`);
    await runner.query(
      `create unique index report_recipients_once on ledger.report_recipients (tenant_id, schedule_id, lower(email))`,
    );
    await tenantTable(
      runner,
      'ledger.report_runs',
      `schedule_id uuid not null, period_from timestamptz not null, period_to timestamptz not null,
       state text not null check (state in ('due', 'sent', 'failed', 'skipped')), error text, file_name text, file bytea,
       recipients int not null default 0, created_at timestamptz not null, done_at timestamptz,
       unique (tenant_id, schedule_id, period_from),
       foreign key (tenant_id, schedule_id) references ledger.report_schedules (tenant_id, id) on delete cascade`,
    );
    await retention(runner, 'ledger.report_runs', { of: 'report_runs', since: 'created_at' });
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop function ledger.purge_report_runs(int, int)`);
    for (const table of ['report_runs', 'report_recipients', 'report_schedules'])
      await runner.query(`drop table ledger.${table}`);
  }
}
