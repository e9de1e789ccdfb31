import type { MigrationInterface, QueryRunner } from 'typeorm';
import { createSchema, tenantTable } from '../src/kernel/database/migration-kit';

export class SandboxProvider1764000750000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await createSchema(runner, 'sandbox');
    await tenantTable(
      runner,
      'sandbox.accounts',
      `webhook_secret text not null,
       created_at timestamptz not null`,
    );
    await tenantTable(
      runner,
      'sandbox.payments',
      `account_id uuid not null,
       key text not null,
       amount bigint not null check (amount > 0),
       currency char(3) not null,
       capture text not null check (capture in ('automatic', 'manual')),
       token text not null,
       status text not null check (status in ('requires_action', 'authorized', 'succeeded', 'failed', 'canceled')),
       captured bigint not null default 0 check (captured between 0 and amount),
       refunded bigint not null default 0 check (refunded between 0 and captured),
       error_code text,
       error_message text,
       action_secret text,
       return_url text not null,
       created_at timestamptz not null,
       updated_at timestamptz not null,
       unique (tenant_id, account_id, key),
       unique (tenant_id, action_secret),
       foreign key (tenant_id, account_id) references sandbox.accounts (tenant_id, id)`,
    );
    await tenantTable(
      runner,
      'sandbox.refunds',
      `account_id uuid not null,
       payment_id uuid not null,
       key text not null,
       amount bigint not null check (amount > 0),
       currency char(3) not null,
       status text not null check (status in ('succeeded', 'failed')),
       error_code text,
       error_message text,
       created_at timestamptz not null,
       unique (tenant_id, account_id, key),
       foreign key (tenant_id, payment_id) references sandbox.payments (tenant_id, id)`,
    );
    await runner.query(`create index on sandbox.refunds (tenant_id, payment_id)`);
    await tenantTable(
      runner,
      'sandbox.webhooks',
      `account_id uuid not null,
       body jsonb not null,
       created_at timestamptz not null,
       delivered_at timestamptz,
       foreign key (tenant_id, account_id) references sandbox.accounts (tenant_id, id)`,
    );
    await runner.query(`comment on column sandbox.accounts.webhook_secret is 'secret'`);
    await runner.query(`comment on column sandbox.payments.action_secret is 'secret'`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop schema sandbox cascade');
  }
}
