import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Drafts of campaigns are changed, and two who do so at once see each other. */
export class NotificationsCampaignVersions1764003037000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      'alter table notifications.campaigns add column version int not null default 1 check (version >= 1)',
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('alter table notifications.campaigns drop column version');
  }
}
