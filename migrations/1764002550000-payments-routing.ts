import type { MigrationInterface, QueryRunner } from 'typeorm';
import { tenantTable } from '../src/kernel/database/migration-kit';

/**
 * Which account takes which payment is said by rules, kept by version so that a choice can be made again; a try that its
 * gateway surely did not take is made again at another, at most once.
 */
export class PaymentsRouting1764002550000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await tenantTable(
      runner,
      'payments.routings',
      `version int not null check (version > 0),
       rules jsonb not null,
       created_at timestamptz not null,
       created_by uuid,
       unique (tenant_id, version)`,
      { grants: ['select', 'insert'] },
    );
    await runner.query(`alter table payments.attempts
      add route jsonb,
      add failover_of uuid,
      add repeated_at timestamptz,
      add foreign key (tenant_id, failover_of) references payments.attempts (tenant_id, id)`);
    await runner.query(`create unique index attempts_one_failover on payments.attempts (tenant_id, failover_of)
      where failover_of is not null`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table payments.attempts drop route, drop failover_of, drop repeated_at`);
    await runner.query(`drop table payments.routings`);
  }
}
