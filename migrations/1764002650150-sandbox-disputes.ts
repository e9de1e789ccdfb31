import type { MigrationInterface, QueryRunner } from 'typeorm';
import { tenantTable } from '../src/kernel/database/migration-kit';

/** The sandbox plays disputes. */
export class SandboxDisputes1764002650150 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await tenantTable(
      runner,
      'sandbox.disputes',
      `account_id uuid not null,
       payment_id uuid not null,
       amount bigint not null check (amount > 0),
       fee bigint not null check (fee >= 0),
       currency char(3) not null,
       reason text not null,
       status text not null check (status in ('needs_response', 'under_review', 'won', 'lost')),
       due_at timestamptz not null,
       created_at timestamptz not null,
       closed_at timestamptz,
       unique (tenant_id, payment_id),
       foreign key (tenant_id, payment_id) references sandbox.payments (tenant_id, id)`,
      { grants: ['select', 'insert', 'update'] },
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table sandbox.disputes');
  }
}
