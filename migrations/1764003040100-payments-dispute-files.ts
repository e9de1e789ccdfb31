import type { MigrationInterface, QueryRunner } from 'typeorm';
import { tenantTable } from '../src/kernel/database/migration-kit';

/** Files that are part of the evidence for a dispute, one of each kind; their bytes belong to another context. */
export class PaymentsDisputeFiles1764003040100 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await tenantTable(
      runner,
      'payments.dispute_files',
      `dispute_id uuid not null, kind text not null check (kind ~ '^[a-zA-Z]{3,40}$'), file_id uuid not null,
       name text not null, media_type text not null, added_at timestamptz not null,
       unique (tenant_id, dispute_id, kind),
       foreign key (tenant_id, dispute_id) references payments.disputes (tenant_id, id)`,
    );
    await runner.query(`comment on column payments.dispute_files.name is 'pii:text'`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table payments.dispute_files');
  }
}
