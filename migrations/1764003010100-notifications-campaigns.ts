import type { MigrationInterface, QueryRunner } from 'typeorm';
import { retention, tenantTable } from '../src/kernel/database/migration-kit';

/** News to a segment of an organization's people, which can be paused. */
export class NotificationsCampaigns1764003010100 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await tenantTable(
      runner,
      'notifications.campaigns',
      `name text not null,
       request jsonb not null,
       segment jsonb not null,
       state text not null check (state in ('draft', 'running', 'paused', 'done', 'cancelled')),
       run int not null default 0,
       cursor_user_id uuid,
       recipients int not null default 0,
       skipped int not null default 0,
       fault text,
       created_by uuid,
       created_at timestamptz not null,
       started_at timestamptz,
       finished_at timestamptz,
       check ((state in ('done', 'cancelled')) = (finished_at is not null))`,
    );
    await runner.query(`comment on column notifications.campaigns.request is 'pii:message'`);
    await runner.query(
      `create index campaigns_by_time on notifications.campaigns (tenant_id, created_at desc, id desc)`,
    );
    await retention(runner, 'notifications.campaigns', {
      of: 'campaigns',
      since: 'finished_at',
      where: `finished_at is not null`,
    });
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop function notifications.purge_campaigns(int, int)');
    await runner.query('drop table notifications.campaigns');
  }
}
