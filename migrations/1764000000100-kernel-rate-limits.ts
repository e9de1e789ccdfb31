import type { MigrationInterface, QueryRunner } from 'typeorm';
import { platformTable } from '../src/kernel/database/migration-kit';

/** Counters of the rate limits where several processes count together without Redis. */
export class KernelRateLimits1764000000100 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await platformTable(
      runner,
      'kernel.rate_limits',
      `key varchar(255) primary key, points int not null default 0, expire bigint`,
      'counters by principal or address, of windows of a minute; kept before a tenant is known',
    );
    // Counters need not survive a crash, and are written on every request.
    await runner.query(`alter table kernel.rate_limits set unlogged`);
    await runner.query(`alter table kernel.rate_limits set (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05)`);
    // Readiness compares what is applied with what the code carries.
    await runner.query(`grant select on public.migrations to mainstay_app`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`revoke select on public.migrations from mainstay_app`);
    await runner.query(`drop table kernel.rate_limits`);
  }
}
