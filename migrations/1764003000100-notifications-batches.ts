import type { MigrationInterface, QueryRunner } from 'typeorm';
import { retention, tenantTable } from '../src/kernel/database/migration-kit';

/** What was asked for at once for many people, and how far it has come. */
export class NotificationsBatches1764003000100 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await tenantTable(
      runner,
      'notifications.batches',
      `request jsonb not null,
       segment jsonb,
       state text not null check (state in ('running', 'done', 'cancelled')),
       cursor_user_id uuid,
       recipients int not null default 0,
       skipped int not null default 0,
       created_by uuid,
       created_at timestamptz not null,
       finished_at timestamptz`,
    );
    await runner.query(`comment on column notifications.batches.request is 'pii:message secret'`);
    await runner.query(`create index batches_by_time on notifications.batches (tenant_id, created_at desc, id desc)`);
    await retention(runner, 'notifications.batches', {
      of: 'batches',
      since: 'created_at',
      where: `state <> 'running'`,
    });
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop function notifications.purge_batches(int, int)');
    await runner.query('drop table notifications.batches');
  }
}
